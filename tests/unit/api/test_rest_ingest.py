"""One frame by HTTP: acknowledged when on disk, refused by the same names as on the WebSocket."""

import asyncio
from pathlib import Path

import pytest

from monitor.access.roles import Role
from monitor.api.ingest_connection import Patience
from schemas.device_wire import MAX_FRAME_BYTES
from tests.unit.api.house import House, house
from tests.unit.api.stuck_store import StuckStore
from tests.unit.ingest.frames import frame, measurement, with_reading


async def test_a_frame_is_acknowledged_and_recorded(home: House) -> None:
    session, device = await home.bound()
    done = await home.send(device, frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now())]))
    assert (done.status_code, done.json()) == (200, {"type": "ack", "seq": 1})
    kinds = [type(entry.body).__struct_config__.tag for entry in home.store.logs[session]]
    assert "measurement" in kinds
    vitals = {now["vital"]: now["value"] for now in (await home.get(f"/api/v1/sessions/{session}")).json()["vitals"]}
    assert (vitals["heart_rate"], vitals["spo2"]) == (72, 97.5)


async def test_invalid_values_are_named(home: House) -> None:
    _, device = await home.bound()
    high = [{"vital": "heart_rate", "value": 999, "unit": "/min"}]
    done = await home.send(device, frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now(), readings=high)]))
    assert done.json()["invalid"] == [{"where": "measurements[0].readings[0]", "reason": "out_of_range"}]


async def test_a_frame_sent_again_is_acknowledged_and_not_recorded_twice(home: House) -> None:
    session, device = await home.bound()
    sent = frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now())])
    answers = await asyncio.gather(*(home.send(device, sent) for _ in range(5)))
    assert [answer.json() for answer in answers] == [{"type": "ack", "seq": 1}] * 5
    kinds = [type(entry.body).__struct_config__.tag for entry in home.store.logs[session]]
    assert kinds.count("measurement") == 1


async def test_a_gap_is_409_and_leaves_the_turn(home: House) -> None:
    _, device = await home.bound()
    refused = await home.send(device, frame(2, boot="b1"))
    assert (refused.status_code, refused.json()["reason"]) == (409, "sequence_gap")
    assert (await home.send(device, frame(1, boot="b1"))).status_code == 200
    assert (await home.send(device, frame(2, boot="b1"))).status_code == 200


async def test_a_refused_frame_takes_its_turn(home: House) -> None:
    _, device = await home.bound()
    refused = await home.send(device, frame(1, boot="b1", measurements="none"))
    assert (refused.status_code, refused.json()["reason"], refused.json()["errors"][0]["where"]) == (422, "malformed", "measurements")
    wrong = with_reading(unit="mm[Hg]").replace('"seq": 7', '"seq": 2, "boot": "b1"')
    refused = await home.send(device, wrong.encode())
    assert (refused.status_code, refused.json()["reason"]) == (422, "wrong_unit")
    assert (await home.send(device, frame(3, boot="b1"))).status_code == 200


async def test_an_unbound_device_is_told_so_and_counted(home: House) -> None:
    device = await home.device()
    refused = await home.send(device, frame(1, boot="b1"))
    assert (refused.status_code, refused.json()["reason"]) == (409, "device_unbound")
    (unbound,) = home.registry.system().unbound
    assert (unbound.device, unbound.mode, unbound.readings) == ("sim-room-1", "simulated", 3)
    assert (await home.send(device, frame(2, boot="b1"))).json()["reason"] == "device_unbound"  # not a gap
    (listed,) = (await home.get("/api/v1/devices")).json()
    assert {row["vital"]: row["value"] for row in listed["newest"]} == {"heart_rate": 72, "spo2": 97.5, "systolic_bp": None}
    assert listed["newest_at_ms"] == home.clock.now_ms()
    session = await home.session()
    sentence = "Room 1 = A.B. 1980 = sim-room-1"
    bound = await home.post(f"/api/v1/sessions/{session}/bindings", {"device": "sim-room-1", "read_back": sentence})
    assert bound.json()["entries"][0]["body"]["read_back"] == sentence
    assert (await home.get("/api/v1/devices")).json()[0]["newest"] == [], "from here on its values are the patient's, and on record"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 422, "malformed"),
        (b"\xff\xfe\x00", 422, "malformed"),
        (b'{"type":"bye","why":"x"}', 409, "protocol"),
        (b'{"type":"frame","seq":1,"boot":"b1","measurements":[]}', 422, "malformed"),
        (with_reading().encode(), 409, "protocol"),
        (b" " * (MAX_FRAME_BYTES + 1), 413, "too_large"),
        (with_reading(value=float("inf")).encode(), 422, "not_a_number"),
    ],
)
async def test_each_refusal_has_its_status_and_name(home: House, body: bytes, status: int, reason: str) -> None:
    device = await home.device()
    refused = await home.send(device, body)
    assert (refused.status_code, refused.json()["reason"]) == (status, reason)
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_boot_that_ended_does_not_come_back(home: House) -> None:
    _, device = await home.bound()
    assert (await home.send(device, frame(1, boot="b1"))).status_code == 200
    assert (await home.send(device, frame(1, boot="b2"))).status_code == 200
    refused = await home.send(device, frame(2, boot="b1"))
    assert (refused.status_code, refused.json()["reason"]) == (409, "protocol")
    assert (await home.send(device, frame(2, boot="b2"))).status_code == 200


async def test_refused_input_is_kept_aside_for_people(home: House) -> None:
    device = await home.device()
    await home.send(device, b'{"type":"frame","\xff')
    await home.registry.settled()
    (kept,) = (await home.get("/api/v1/aside", Role.AUDITOR)).json()
    assert (kept["device"], kept["reason"], kept["text"]) == ("sim-room-1", "malformed", '{"type":"frame","\\xff')
    assert (await home.get("/api/v1/aside")).status_code == 403
    assert home.registry.system().refused == 1


async def test_a_flood_of_bad_frames_is_told_to_slow_down(home: House) -> None:
    device = await home.device()
    answers = [await home.send(device, b"{]") for _ in range(100)]
    assert {answer.status_code for answer in answers[:-1]} == {422}
    assert (answers[-1].status_code, answers[-1].headers["retry-after"], answers[-1].json()["reason"]) == (429, "10", "malformed")


async def test_people_and_strangers_do_not_ingest(home: House) -> None:
    assert (await home.post("/api/v1/ingest", frame(1, boot="b1"))).status_code in {401, 403}
    assert (await home.http.post("/api/v1/ingest", json=frame(1, boot="b1"))).status_code == 401


async def test_what_does_not_reach_the_disk_in_time_is_busy(tmp_path: Path) -> None:
    store = StuckStore()
    async with house(tmp_path, patience=Patience(durable_s=0.01), store=store) as home, store.released():
        _, device = await home.bound()
        store.is_stuck = True
        refused = await home.send(device, frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now())]))
        assert (refused.status_code, refused.json()["reason"], refused.headers["retry-after"]) == (503, "busy", "1")
        await store.release()
        done = await home.send(device, frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now())]))
        assert done.json() == {"type": "ack", "seq": 1}


async def test_posts_of_one_device_under_way_are_bounded(tmp_path: Path) -> None:
    store = StuckStore()
    async with house(tmp_path, patience=Patience(durable_s=0.2), store=store) as home, store.released():
        _, device = await home.bound()
        store.is_stuck = True
        answers = await asyncio.gather(*(home.send(device, frame(seq, boot="b1")) for seq in range(1, 13)))
        details = [answer.json()["detail"] for answer in answers]
        assert {answer.status_code for answer in answers} == {503}
        assert sum("under way" in detail for detail in details) == 4
