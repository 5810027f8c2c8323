"""The signature for the discharge is under what the person was shown; what they could not know is shown to them first."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.access.roles import Role
from tests.unit.api.house import House, house
from tests.unit.ingest.frames import frame, measurement


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


async def in_recovery(here: House) -> tuple[str, dict[str, str]]:
    """The address of its signature, and the headers of a device that measures."""
    session, device = await here.bound()
    for phase in ("infusing", "recovery"):
        await here.post(f"/api/v1/sessions/{session}/phase", {"phase": phase, "override": "no device at hand"})
    await here.registry.settled()
    await here.checkpoints.now()
    return f"/api/v1/sessions/{session}/sign-off", device


async def measured(here: House, device: dict[str, str], seq: int) -> None:
    here.clock.advance(1_000)
    sent = await here.send(device, frame(seq, boot="b1", measurements=[measurement(seq, measured_at=here.now())]))
    assert sent.status_code == 200, sent.text


async def test_what_is_signed_is_what_was_shown_though_measurements_came_since(here: House) -> None:
    path, device = await in_recovery(here)
    await measured(here, device, 1)
    shown = (await here.get(path)).json()
    assert (shown["by"], shown["name"], shown["at_ms"]) == ("clinician", "clinician", here.clock.now_ms())
    await measured(here, device, 2)
    signed = await here.post(path, {"meaning": "fit to leave", "under": shown["under"]})
    assert signed.status_code == 200, signed.text
    entry = signed.json()["entries"][0]
    assert entry["body"]["under"] == shown["under"]
    assert entry["seq"] > shown["under"]["seq"] + 1, "the control: something came between"
    now = (await here.get(path.removesuffix("/sign-off"))).json()
    assert now["signed_off"]["under"] == shown["under"]


@pytest.mark.parametrize("what", [("notes", {"text": "dizzy again"}), ("observations", {"items": [{"sign": "sedation", "value": 2}]})])
async def test_what_people_did_since_must_be_seen_before_it_is_signed(here: House, what: tuple[str, dict[str, object]]) -> None:
    path, _ = await in_recovery(here)
    shown = (await here.get(path)).json()
    assert (await here.post(path.replace("sign-off", what[0]), what[1])).status_code == 200
    refused = await here.post(path, {"meaning": "fit to leave", "under": shown["under"]})
    assert (refused.status_code, refused.json()["reason"]) == (409, "record_moved_on")
    again = (await here.get(path)).json()
    assert again["under"]["seq"] > shown["under"]["seq"]
    assert (await here.post(path, {"meaning": "fit to leave", "under": again["under"]})).status_code == 200


async def test_a_state_that_the_record_never_had_is_not_signed(here: House) -> None:
    path, _ = await in_recovery(here)
    under = (await here.get(path)).json()["under"]
    assert under["size"] > 0
    for wrong in ({"digest": "0" * 64}, {"seq": under["seq"] - 1}, {"size": under["size"] + 1}, {"root": "A" * 43 + "="}, {"root": None}):
        refused = await here.post(path, {"meaning": "fit to leave", "under": under | wrong})
        assert (refused.status_code, refused.json()["reason"]) == (409, "no_such_state"), wrong
    assert (await here.get(path, Role.AUDITOR)).status_code == 403
