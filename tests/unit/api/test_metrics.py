"""The figures: who may read them, what they count, and that nothing of a patient is in them."""

import pytest

from monitor.access.roles import Role
from monitor.telemetry import CONTENT_TYPE
from tests.unit.api.house import METRICS_TOKEN, House
from tests.unit.ingest.frames import frame, measurement

PATH = "/metrics"


def one_frame(home: House) -> dict[str, object]:
    return dict(frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now())]))


async def figures(home: House) -> dict[str, float]:
    answer = await home.get(PATH, Role.ADMIN)
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    }


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.AUDITOR, 200), (Role.CLINICIAN, 403)])
async def test_people_read_them_by_role(home: House, role: Role, status: int) -> None:
    answer = await home.get(PATH, role)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["content-type"] == CONTENT_TYPE
        assert answer.headers["cache-control"] == "no-store"


async def test_nobody_reads_them_without_a_name(home: House) -> None:
    assert (await home.http.get(PATH)).status_code == 401


async def test_the_token_opens_them_and_nothing_else(home: House) -> None:
    headers = {"authorization": f"Bearer {METRICS_TOKEN.decode()}"}
    assert (await home.http.get(PATH, headers=headers)).status_code == 200
    for path in ("/api/v1/me", "/api/v1/sessions", "/openapi.json", "/api/v1/people"):
        assert (await home.http.get(path, headers=headers)).status_code == 401, path
    assert (await home.http.post("/api/v1/ingest", headers=headers, json=one_frame(home))).status_code == 401
    assert (await home.http.post(PATH, headers=headers)).status_code == 401


@pytest.mark.parametrize("token", ["", "a-token-for-figure", "a-token-for-figuresx", "A-TOKEN-FOR-FIGURES", "ä", "x" * 5_000])
async def test_another_token_opens_nothing(home: House, token: str) -> None:
    answer = await home.http.get(PATH, headers={"authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401


async def test_a_device_s_token_does_not_open_them(home: House) -> None:
    assert (await home.http.get(PATH, headers=await home.device())).status_code == 403


async def test_what_was_taken_is_counted(home: House) -> None:
    _, headers = await home.bound()
    before = await figures(home)
    assert (await home.send(headers, one_frame(home))).status_code == 200
    assert (await home.send(headers, b"nonsense")).status_code == 422
    await home.registry.settled()
    after = await figures(home)
    assert after["infusion_measurements_total"] - before["infusion_measurements_total"] == 1
    assert after["infusion_readings_total"] > before["infusion_readings_total"]
    assert after["infusion_refused_total"] - before["infusion_refused_total"] == 1
    assert after["infusion_sessions_open"] == 1
    assert after["infusion_commit_seconds_count"] > 0
    assert after["infusion_screens_watching"] == after["infusion_screens_connected"] == after["infusion_entries_waiting"] == 0


async def test_alerts_are_counted_by_rule_and_priority(home: House) -> None:
    session, _ = await home.bound()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "test"})
    for _ in range(41):
        home.clock.advance(1_000)
        await home.get(f"/api/v1/sessions/{session}")
    found = await figures(home)
    assert found['infusion_alerts_raised_total{priority="medium",rule="INF-M2"}'] == 1
    assert found['infusion_notifications_total{channel="none",result="failed"}'] >= 1


async def test_no_figure_names_a_patient_a_person_or_a_session(home: House) -> None:
    session, headers = await home.bound()
    await home.send(headers, one_frame(home))
    text = (await home.get(PATH, Role.ADMIN)).text
    assert not any(word in text for word in ("A.B.", "1980", session, "clinician", "sim-room-1", "Room of"))
