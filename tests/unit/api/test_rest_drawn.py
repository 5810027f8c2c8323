"""What the record is drawn with: the model's curve from the doses on record, and the limits that held."""

import pytest

from monitor.access.roles import Role
from tests.unit.api.house import SESSION, House


async def test_nothing_is_predicted_before_the_first_dose_and_the_course_after_it(home: House) -> None:
    id_ = (await home.post("/api/v1/sessions", SESSION)).json()["id"]
    before = (await home.get(f"/api/v1/sessions/{id_}/effect-site")).json()
    assert [site["ng_per_ml"] for site in before["sites"]] == [[], []]
    for phase in ("baseline", "infusing"):
        answer = await home.post(f"/api/v1/sessions/{id_}/phase", {"phase": phase, "override": "no cuff at hand"})
        assert answer.is_success, answer.text
    home.clock.advance(600_000)
    found = (await home.get(f"/api/v1/sessions/{id_}/effect-site", Role.AUDITOR)).json()
    brain = next(site for site in found["sites"] if site["site"] == "brain")
    assert round(brain["ng_per_ml"][40]) == 174  # ten minutes at 0.875 mg/min, 70 kg
    assert "not measured" in found["note"]
    assert brain["source"]
    await home.post(f"/api/v1/sessions/{id_}/phase", {"phase": "aborted"})
    home.clock.advance(3_600_000)
    ended = (await home.get(f"/api/v1/sessions/{id_}/effect-site")).json()
    assert ended["at_ms"] == found["at_ms"], "an ended session ends when it was ended"


async def test_the_limits_are_those_of_the_rule_set_and_the_patients_own_also_after_the_end(home: House) -> None:
    id_ = (await home.post("/api/v1/sessions", SESSION)).json()["id"]
    moved = {"rule": "HR-M1", "vital": "heart_rate", "direction": "high", "limit": 120, "reason": "a runner"}
    assert (await home.post(f"/api/v1/sessions/{id_}/limits", moved)).is_success
    held = (await home.get(f"/api/v1/sessions/{id_}/limits-in-force")).json()
    by = {(one["rule"], one["vital"]): (one["limit"], one["ordinary"]) for one in held}
    assert by["BP-H1", "systolic_bp"] == (180, 180)
    assert by["BP-H1", "diastolic_bp"] == (110, 110)
    assert by["HR-M1", "heart_rate"] == (120, 111)
    now = (await home.get(f"/api/v1/sessions/{id_}/limits")).json()["limits"]
    assert {(one["rule"], one["vital"]): (one["limit"], one["ordinary"]) for one in now}.items() <= by.items()
    await home.post(f"/api/v1/sessions/{id_}/phase", {"phase": "aborted"})
    assert (await home.get(f"/api/v1/sessions/{id_}/limits-in-force")).json() == held


@pytest.mark.parametrize("what", ["effect-site", "limits-in-force"])
async def test_an_unknown_session_is_404(home: House, what: str) -> None:
    assert (await home.get(f"/api/v1/sessions/S-000099/{what}")).status_code == 404
