"""A request whose answer was lost is sent again: it is done once, whatever was cut and whoever was restarted in between."""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest

from monitor.access.roles import Role
from tests.unit.api.house import SESSION, House, house
from tests.unit.api.stuck_store import StuckStore

BOLUS = {"kind": "bolus", "amount_mg": 5}


async def ask(home: House, path: str, body: object, key: str | None) -> httpx2.Response:
    headers = home._headers[Role.CLINICIAN] | ({} if key is None else {"idempotency-key": key})
    return await home.http.post(path, headers=headers, json=body)


async def infusing(home: House, **fields: Any) -> str:
    """The path of a session in its infusion, everything overridden."""
    path = f"/api/v1/sessions/{await home.session(**fields)}"
    await home.post(f"{path}/phase", {"phase": "baseline"})
    started = await home.post(f"{path}/phase", {"phase": "infusing", "override": "not what this is about"})
    assert started.status_code == 200, started.text
    return path


async def given_mg(home: House, path: str) -> float:
    return float((await home.get(path)).json()["given_ug"]) / 1000


async def test_a_bolus_sent_twice_under_one_key_is_given_once(home: House) -> None:
    path = await infusing(home)
    first = await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")
    again = await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")
    assert [answer.json()["was_done"] for answer in (first, again)] == [False, True]
    assert again.json()["entries"][0] == first.json()["entries"][0]
    assert await given_mg(home, path) == 5
    await ask(home, f"{path}/doses", BOLUS, "bbbb-2222")
    await ask(home, f"{path}/doses", BOLUS, None)
    await ask(home, f"{path}/doses", BOLUS, None)
    assert await given_mg(home, path) == 20, "another key, or none, is another bolus"


async def test_one_key_stands_for_one_thing(home: House) -> None:
    path = await infusing(home)
    await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")
    other = await ask(home, f"{path}/doses", {"kind": "bolus", "amount_mg": 6}, "aaaa-1111")
    assert (other.status_code, other.json()["reason"]) == (409, "request_reused")
    assert await given_mg(home, path) == 5


async def test_what_was_refused_may_be_asked_again_under_its_key(home: House) -> None:
    path = f"/api/v1/sessions/{await home.session()}"
    early = await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")
    assert early.json()["reason"] == "not_infusing"
    await home.post(f"{path}/phase", {"phase": "baseline"})
    await home.post(f"{path}/phase", {"phase": "infusing", "override": "not what this is about"})
    assert (await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")).json()["was_done"] is False


async def test_what_is_charted_together_is_repeated_together(home: House) -> None:
    path = f"/api/v1/sessions/{await home.session()}"
    body = {"items": [{"sign": "sedation", "value": 5}, {"sign": "nausea", "value": 0}]}
    first, again = [await ask(home, f"{path}/observations", body, "aaaa-1111") for _ in range(2)]
    assert [len(answer.json()["entries"]) for answer in (first, again)] == [2, 2]
    kinds = Counter(entry["kind"] for entry in (await home.get(f"{path}/journal")).json()["entries"])
    assert kinds["observation_charted"] == 2


async def test_an_end_that_was_sent_twice_is_no_refusal(home: House) -> None:
    path = f"/api/v1/sessions/{await home.session()}"
    assert (await ask(home, f"{path}/phase", {"phase": "aborted"}, "aaaa-1111")).status_code == 200
    again = await ask(home, f"{path}/phase", {"phase": "aborted"}, "aaaa-1111")
    assert (again.status_code, again.json()["was_done"]) == (200, True)
    assert (await ask(home, f"{path}/phase", {"phase": "aborted"}, "bbbb-2222")).status_code == 409


async def test_a_session_is_opened_once(home: House) -> None:
    first, again = [await ask(home, "/api/v1/sessions", SESSION, "aaaa-1111") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert (await ask(home, "/api/v1/sessions", SESSION, "bbbb-2222")).json()["reason"] == "room_in_use"


@pytest.mark.parametrize("key", ["short", "with space in it", "x" * 65, "új-azonosító"])
async def test_a_key_is_plain_text_of_some_length(home: House, key: str) -> None:
    path = f"/api/v1/sessions/{await home.session()}"
    headers = {**home._headers[Role.CLINICIAN], "idempotency-key": key.encode()}
    refused = await home.http.post(f"{path}/notes", headers=headers, json={"text": "x"})
    assert refused.status_code in (400, 422)


async def test_two_at_once_are_one(tmp_path: Path) -> None:
    """The second comes while the first is on its way to the disk: both are answered when it is there, and not before."""
    async with house(tmp_path, store=StuckStore()) as home:
        path = await infusing(home)
        store = home.store
        assert isinstance(store, StuckStore)
        store.is_stuck = True
        both = [asyncio.ensure_future(ask(home, f"{path}/doses", BOLUS, "aaaa-1111")) for _ in range(2)]
        for _ in range(50):
            await asyncio.sleep(0)
        assert not any(one.done() for one in both)
        await store.release()
        assert [answer.status_code for answer in await asyncio.gather(*both)] == [200, 200]
        assert await given_mg(home, path) == 5


async def test_after_a_restart_the_log_remembers(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        path = await infusing(home)
        await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")
        store = home.store
    async with house(tmp_path, store=store) as home:
        again = await ask(home, f"{path}/doses", BOLUS, "aaaa-1111")
        assert again.json()["was_done"] is True
        assert await given_mg(home, path) == 5


@pytest.mark.parametrize("seed", range(8))
async def test_over_a_line_that_loses_requests_and_answers_everything_is_done_exactly_once(home: House, seed: int) -> None:
    rng = random.Random(seed)
    path = await infusing(home)
    wanted = [rng.randint(1, 9) for _ in range(12)]
    for number, amount in enumerate(wanted):
        while True:  # the screen tries until an answer has come
            if rng.random() < 0.3:
                continue  # the request was lost
            await ask(home, f"{path}/doses", {"kind": "bolus", "amount_mg": amount}, f"entry-{number:04}")
            if rng.random() < 0.6:
                break  # its answer was not lost
    assert await given_mg(home, path) == sum(wanted)
