"""Sessions over REST: from planned to closed, who may, and what is refused with which name."""

from pathlib import Path
from typing import Any

import pytest

from monitor.access.roles import Role
from monitor.api import rest_refusals
from monitor.api.policy import routes_without_row
from schemas.measurement import Mode
from tests.unit.api.house import SESSION, House, house
from tests.unit.api.stuck_store import StuckStore
from tests.unit.ingest.frames import frame, measurement


def command(entries: dict[str, Any]) -> str:
    """Kind of the first entry that a command wrote."""
    return str(entries["entries"][0]["body"]["kind"])


async def test_a_session_from_plan_to_end(home: House) -> None:
    made = await home.post("/api/v1/sessions", SESSION)
    assert made.status_code == 201
    assert made.json()["id"] == "S-000001"
    assert made.json()["order"] == {"dose_ug": 35_000, "duration_ms": 2_400_000, "treatment": "ketamine_iv"}
    assert made.json()["patient"] == {"birth_year": 1980, "label": "A.B.", "weight_g": 70_000}
    path = "/api/v1/sessions/S-000001"
    await home.device()
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("bindings", {"device": "sim-room-1"}, "device_bound"),
        ("phase", {"phase": "baseline"}, "phase_ordered"),
        ("notes", {"text": "IV in the left arm"}, "note_added"),
        ("phase", {"phase": "infusing", "override": "no cuff yet"}, "baseline_set"),
        ("doses", {"kind": "rate", "rate_mg_per_min": 0.875}, "rate_set"),
        ("doses", {"kind": "bolus", "amount_mg": 2.5}, "bolus_given"),
        ("phase", {"phase": "recovery"}, "phase_ordered"),
        ("phase", {"phase": "closed", "override": "transferred"}, "gates_judged"),
    ]
    for where, body, kind in steps:
        done = await home.post(f"{path}/{where}", body)
        assert done.status_code == 200, done.text
        assert kind in {entry["body"]["kind"] for entry in done.json()["entries"]}
        home.clock.advance(1_000)
    assert (await home.get(path)).json()["phase"] == "closed"
    assert (await home.get("/api/v1/sessions", open="true")).json() == []
    (row,) = (await home.get("/api/v1/sessions")).json()
    assert (row["id"], row["phase"], row["room"]) == ("S-000001", "closed", "Room 1")
    journal = (await home.get(f"{path}/journal")).json()
    assert [event["kind"] for event in journal["entries"]][:3] == ["session_created", "screens_changed", "device_bound"]
    assert all("clinician" in event["text"] for event in journal["entries"] if event["kind"] == "note_added")


async def test_what_is_set_is_recorded_in_whole_micrograms(home: House) -> None:
    session = await home.session()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "baseline"})
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "test"})
    done = await home.post(f"/api/v1/sessions/{session}/doses", {"kind": "rate", "rate_mg_per_min": 0.29})
    assert done.json()["entries"][0]["body"] == {"by": "clinician", "kind": "rate_set", "rate_ug_per_min": 290}


async def test_a_binding_takes_the_registered_mode(home: House) -> None:
    session, _ = await home.bound()
    assert (await home.get(f"/api/v1/sessions/{session}")).json()["devices"] == [
        {"device": "sim-room-1", "mode": "simulated", "source": "simulator", "is_connected": False, "says": []}
    ]
    done = await home.delete(f"/api/v1/sessions/{session}/bindings/sim-room-1")
    assert command(done.json()) == "device_unbound"
    assert (await home.get(f"/api/v1/sessions/{session}")).json()["devices"] == []


@pytest.mark.parametrize(
    ("read_back", "status", "reason"),
    [
        (None, 422, "read_back_missing"),
        ("Room 2 = A.B. 1980 = monitor-b7", 409, "read_back_differs"),
        ("Room 1 = A.C. 1980 = monitor-b7", 409, "read_back_differs"),
        ("Room 1 = A.B. 1980 = monitor-b8", 409, "read_back_differs"),
        ("Room 1 = A.B. 1980 = monitor-b7", 200, None),
    ],
)
async def test_a_real_device_is_bound_by_read_back_alone(home: House, read_back: str | None, status: int, reason: str | None) -> None:
    """Whatever sends the request: the page asks for the sentence, and a request without it or about another bed binds nothing."""
    session = await home.session()
    await home.device("monitor-b7", Mode.REAL)
    answer = await home.post(f"/api/v1/sessions/{session}/bindings", {"device": "monitor-b7", "read_back": read_back})
    assert (answer.status_code, answer.json().get("reason")) == (status, reason)
    assert "A.B." not in str(answer.json().get("detail")), "what is wrong is told without the patient"
    assert bool((await home.get(f"/api/v1/sessions/{session}")).json()["devices"]) is (status == 200)


async def test_a_device_is_bound_to_one_session(home: House) -> None:
    await home.bound()
    other = await home.session(room="Room 2")
    refused = await home.post(f"/api/v1/sessions/{other}/bindings", {"device": "sim-room-1"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "device_in_use")


async def test_an_unregistered_or_revoked_device_cannot_be_bound(home: House) -> None:
    session = await home.session()
    refused = await home.post(f"/api/v1/sessions/{session}/bindings", {"device": "ghost"})
    assert (refused.status_code, refused.json()["reason"]) == (404, "unknown_device")
    await home.device("gone")
    await home.access.revoke_device("gone", by="test")
    refused = await home.post(f"/api/v1/sessions/{session}/bindings", {"device": "gone"})
    assert (refused.status_code, refused.json()["reason"]) == (404, "unknown_device")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "/journal"),
        ("get", "/alerts"),
        ("get", "/readings"),
        ("get", "/export"),
        ("post", "/phase"),
        ("post", "/notes"),
        ("post", "/doses"),
        ("post", "/bindings"),
        ("delete", "/bindings/sim-room-1"),
        ("post", "/alerts/BP-H1.1/acknowledgement"),
    ],
)
async def test_an_unknown_session_is_404_everywhere(home: House, method: str, path: str) -> None:
    await home.device()
    body = {
        "/phase": {"phase": "baseline"},
        "/notes": {"text": "x"},
        "/doses": {"kind": "bolus", "amount_mg": 1},
        "/bindings": {"device": "sim-room-1"},
    }.get(path)
    target = f"/api/v1/sessions/S-000099{path}"
    answer = await (home.get(target) if method == "get" else home.delete(target) if method == "delete" else home.post(target, body))
    assert (answer.status_code, answer.json()["reason"]) == (404, "unknown_session"), answer.text


async def test_an_ended_session_takes_nothing_more(home: House) -> None:
    session = await home.session()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "aborted"})
    refused = await home.post(f"/api/v1/sessions/{session}/notes", {"text": "late"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "session_ended")


async def test_a_refused_command_says_why(home: House) -> None:
    session = await home.session()
    refused = await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "closed"})
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["reason"] == "phase_step"
    taken = await home.post("/api/v1/sessions", SESSION)
    assert (taken.status_code, taken.json()["reason"]) == (409, "room_in_use")
    unknown = await home.post(f"/api/v1/sessions/{session}/alerts/BP-H1.1/acknowledgement")
    assert unknown.status_code == 409


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
async def test_only_clinicians_act(home: House, role: Role) -> None:
    session = await home.session()
    for path, body in [
        ("/api/v1/sessions", SESSION),
        (f"/api/v1/sessions/{session}/phase", {"phase": "baseline"}),
        (f"/api/v1/sessions/{session}/notes", {"text": "x"}),
    ]:
        assert (await home.post(path, body, role)).status_code == 403
    assert (await home.get(f"/api/v1/sessions/{session}", role)).status_code == 200


async def test_an_alert_is_listed_and_acknowledged(home: House) -> None:
    session, device = await home.bound()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "test"})
    low = [{"vital": "spo2", "value": 70, "unit": "%"}]
    for seq in range(1, 61):
        home.clock.advance(1_000)
        sent = frame(seq, boot="b1", measurements=[measurement(seq, measured_at=home.now(), readings=low)])
        assert (await home.send(device, sent)).status_code == 200
    alerts = (await home.get(f"/api/v1/sessions/{session}/alerts")).json()
    raised = [alert["id"] for alert in alerts if alert["state"] == "active" and alert["vital"] == "spo2"]
    assert raised, alerts
    done = await home.post(f"/api/v1/sessions/{session}/alerts/{raised[0]}/acknowledgement", {"comment": "seen"})
    assert command(done.json()) == "alert_acknowledged"
    after = {alert["id"]: alert for alert in (await home.get(f"/api/v1/sessions/{session}/alerts")).json()}
    assert after[raised[0]]["acknowledged_by"] == "clinician"
    points = (await home.get(f"/api/v1/sessions/{session}/readings", vitals="spo2")).json()
    assert points["spo2"]["value"] == [70.0] * 60
    ward = (await home.get("/api/v1/ward/trend", minutes=1, vitals="spo2,heart_rate")).json()["sessions"]
    assert set(ward[session]) == {"spo2", "heart_rate"}


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/sessions/S-000001/readings", {"vitals": "temperature"}),
        ("/sessions/S-000001/readings", {"max_points": 1}),
        ("/sessions/S-000001/readings", {"since_ms": 5, "until_ms": 4}),
        ("/sessions/S-000001/readings", {"since_ms": "noon"}),
        ("/sessions/S-000001/readings", {"since_ms": -1}),
        ("/sessions/S-000001/journal", {"since_seq": -1}),
        ("/sessions/S-000001/journal", {"limit": 100_000}),
        ("/ward/trend", {"minutes": 0}),
        ("/sessions", {"open": "perhaps"}),
    ],
)
async def test_a_malformed_question_is_422_with_its_place(home: House, path: str, params: dict[str, Any]) -> None:
    await home.session()
    refused = await home.get(f"/api/v1{path}", **params)
    assert (refused.status_code, refused.json()["reason"]) == (422, "malformed")
    assert refused.json()["errors"][0]["where"].startswith("query.")


async def test_the_journal_comes_in_pages(home: House) -> None:
    session = await home.session()
    for number in range(5):
        await home.post(f"/api/v1/sessions/{session}/notes", {"text": f"note {number}"})
    first = (await home.get(f"/api/v1/sessions/{session}/journal", limit=4)).json()
    assert [event["seq"] for event in first["entries"]] == [1, 2, 3, 4]
    second = (await home.get(f"/api/v1/sessions/{session}/journal", limit=4, since_seq=first["next_since_seq"])).json()
    assert [event["seq"] for event in second["entries"]] == [5, 6, 7]
    assert second["next_since_seq"] is None


async def test_health_says_what_is_not_ready(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert (await home.http.get("/healthz")).json() == {"status": "ok"}
        ready = await home.http.get("/readyz")
        assert (ready.status_code, set(ready.json()["checks"].values())) == (200, {True})
        await home.registry.stop()
        await home.registry.hub.stop()
        not_ready = await home.http.get("/readyz")
        assert not_ready.status_code == 503
        assert not_ready.json()["checks"]["store"] is True
        assert False in not_ready.json()["checks"].values()


async def test_devices_are_registered_and_shown_without_their_tokens(home: House) -> None:
    body = {"device": "monitor-7", "mode": "real", "source": "bedside monitor, room 7"}
    made = await home.post("/api/v1/devices", body, Role.ADMIN)
    assert made.status_code == 201
    assert made.json()["token"].startswith("inf_dev_")
    assert (await home.post("/api/v1/devices", body)).json()["reason"] == "already_registered"
    assert (await home.post("/api/v1/devices", body, Role.AUDITOR)).status_code == 403
    listed = await home.get("/api/v1/devices")
    assert [row["device"] for row in listed.json()] == ["monitor-7"]
    assert "token" not in listed.text


async def test_a_revoked_device_is_cut_off_and_stays_listed(home: House) -> None:
    device = await home.device("gone")
    assert (await home.delete("/api/v1/devices/gone", Role.CLINICIAN)).status_code == 403
    assert (await home.delete("/api/v1/devices/gone", Role.ADMIN)).status_code == 204
    assert (await home.send(device, frame(1, boot="b1"))).status_code == 401
    (row,) = (await home.get("/api/v1/devices")).json()
    assert row["revoked_at_ms"] is not None
    assert (await home.delete("/api/v1/devices/ghost", Role.ADMIN)).status_code == 404


async def test_who_is_asking(home: House) -> None:
    assert (await home.get("/api/v1/me", Role.AUDITOR)).json() == {"username": "auditor", "name": "auditor", "role": "auditor"}


async def test_every_route_stands_in_the_policy_and_in_the_documentation(home: House) -> None:
    assert routes_without_row(home.api) == []
    document = (await home.get("/openapi.json")).json()
    components = document["components"]["schemas"]
    assert {"SessionNow", "NewSessionBody", "ProblemBody", "Frame", "Ack"} <= set(components)
    text = (await home.get("/openapi.json")).text
    wanted = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert wanted <= set(components)


async def test_a_command_that_does_not_reach_the_disk_says_that_it_is_not_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StuckStore()
    async with house(tmp_path, store=store) as home, store.released():
        session = await home.session()
        monkeypatch.setattr(rest_refusals, "ON_RECORD_WITHIN_S", 0.01)
        store.is_stuck = True
        refused = await home.post(f"/api/v1/sessions/{session}/notes", {"text": "x"})
        assert (refused.status_code, refused.json()["reason"]) == (503, "not_on_record")
        await store.release()
        monkeypatch.undo()
        assert (await home.post(f"/api/v1/sessions/{session}/notes", {"text": "y"})).status_code == 200
        texts = [event["text"] for event in (await home.get(f"/api/v1/sessions/{session}/journal")).json()["entries"]]
        assert texts[-2:] == ["clinician: x", "clinician: y"]


async def test_a_store_that_fails_is_503_by_name(tmp_path: Path) -> None:
    store = StuckStore()
    async with house(tmp_path, store=store) as home:
        session = await home.session()
        store.failure = "io"
        refused = await home.post(f"/api/v1/sessions/{session}/notes", {"text": "x"})
        assert (refused.status_code, refused.json()["reason"]) == (503, "store_failed")
        assert (await home.http.get("/readyz")).status_code == 503
        assert (await home.http.get("/healthz")).status_code == 200
