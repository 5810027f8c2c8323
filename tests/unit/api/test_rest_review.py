"""Looking back over REST: who may, what is asked, what the access log knows of it."""

from typing import Any

import pytest

from monitor.access.ports import AccessKind
from monitor.access.roles import Role
from tests.unit.api.house import House

PAST = "/api/v1/past-sessions"


async def over(home: House, **fields: Any) -> str:
    """A session that has ended."""
    session = await home.session(**fields)
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "aborted"})
    return session


async def test_past_sessions_are_a_list_with_a_cursor(home: House) -> None:
    names = [await over(home, room=f"Room {number}") for number in range(3)]
    first = (await home.get(PAST, limit=2)).json()
    assert [each["session"] for each in first["sessions"]] == names[:0:-1]
    assert first["next_before"] == names[1]
    rest = (await home.get(PAST, limit=2, before=first["next_before"])).json()
    assert [each["session"] for each in rest["sessions"]] == names[:1]
    assert rest["next_before"] is None


async def test_a_day_is_one_of_the_site(home: House) -> None:
    session = await over(home)
    today = home.now()[:10]
    assert [each["session"] for each in (await home.get(PAST, since=today, until=today)).json()["sessions"]] == [session]
    assert (await home.get(PAST, until="1999-12-31")).json()["sessions"] == []
    assert (await home.get(PAST, since="9999-12-31")).json()["sessions"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"since": "soon"},
        {"before": "x"},
        {"treatment": "tea"},
        {"since": "2026-02-02", "until": "2026-02-01"},
    ],
)
async def test_what_makes_no_sense_is_refused(home: House, params: dict[str, Any]) -> None:
    assert (await home.get(PAST, **params)).status_code == 422


async def test_figures_of_a_session(home: House) -> None:
    session = await over(home)
    found = (await home.get(f"/api/v1/sessions/{session}/figures")).json()
    assert (found["session"], found["phase"], found["given_ug"]) == (session, "aborted", 0)
    assert (await home.get("/api/v1/sessions/S-000009/figures")).status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DISPLAY}))
async def test_every_read_is_in_the_access_log(home: House, role: Role) -> None:
    session = await over(home)
    for path in (PAST, f"/api/v1/sessions/{session}/figures", f"/api/v1/sessions/{session}"):
        before = len(await reads(home))
        assert (await home.get(path, role)).status_code == 200
        rows = await reads(home)
        assert len(rows) == before + 1, path
        assert rows[-1].who == role
    assert {row.what for row in await reads(home)} == {"past sessions", session}


async def test_the_log_says_by_what_was_searched_and_not_for_whom(home: House) -> None:
    for asked in ({}, {"label": "A. B."}, {"room": "Room 1", "since": "2026-11-01", "high": "true"}):
        assert (await home.get(PAST, **asked)).status_code == 200
    assert [row.detail for row in await reads(home)] == ["", "by patient's label", "by days, room, high alerts"]


async def test_what_cannot_be_logged_is_not_shown(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await over(home)

    async def fails(*_: object) -> None:
        from monitor.access.ports import AccessStoreFailed

        raise AccessStoreFailed("io")

    monkeypatch.setattr(home.access._store, "log_access", fails)
    for path in (PAST, f"/api/v1/sessions/{session}/figures", f"/api/v1/sessions/{session}"):
        assert (await home.get(path)).status_code == 503


async def test_an_open_session_is_watched_without_a_line_for_each_look(home: House) -> None:
    session = await home.session()
    assert (await home.get(f"/api/v1/sessions/{session}")).status_code == 200
    assert await reads(home) == []


async def reads(home: House) -> list[Any]:
    rows = await home.access._store.access_log(limit=1_000)
    return [row for row in reversed(rows) if row.kind is AccessKind.READ]


# A patient's course

PATIENT = {"label": "A.B.", "birth_year": 1980, "weight_kg": 70}
SCORE = {"instrument": "phq9", "value": 14, "taken_on": "2025-01-02"}


async def coded(home: House, code: str = "K-0017", **fields: Any) -> str:
    return await over(home, patient={**PATIENT, "code": code}, **fields)


async def test_a_code_joins_sessions_and_initials_do_not(home: House) -> None:
    one = await coded(home)
    await over(home, patient=PATIENT)
    await coded(home, "K-0018")
    two = await coded(home)
    course = (await home.get("/api/v1/patients/K-0017")).json()
    assert [each["session"] for each in course["sessions"]] == [one, two]
    assert course["is_whole"] is True
    patients = (await home.get("/api/v1/patients")).json()["patients"]
    assert [(row["code"], row["sessions"]) for row in patients] == [("K-0017", 2), ("K-0018", 1)]


@pytest.mark.parametrize(("path", "status"), [("K-9999", 404), ("k-17", 422), ("J.S.", 422)])
async def test_who_has_no_course(home: House, path: str, status: int) -> None:
    assert (await home.get(f"/api/v1/patients/{path}")).status_code == status


async def test_a_score_is_entered_and_corrected_by_a_further_row(home: House) -> None:
    await coded(home)
    path = "/api/v1/patients/K-0017/outcomes"
    first = await home.post(path, SCORE)
    assert first.status_code == 201, first.text
    assert (first.json()["no"], first.json()["by"], first.json()["value_milli"]) == (1, "clinician", 14_000)
    second = await home.post(path, {**SCORE, "value": 4, "corrects": 1, "reason": "misread"})
    assert second.json()["corrects"] == 1
    again = await home.post(path, {**SCORE, "value": 5, "corrects": 1, "reason": "misread"})
    assert (again.status_code, again.json()["reason"]) == (409, "corrects_nothing")
    rows = (await home.get("/api/v1/patients/K-0017")).json()["outcomes"]
    assert [row["value_milli"] for row in rows] == [14_000, 4_000]


@pytest.mark.parametrize(
    "bad",
    [
        {"value": 28},
        {"value": -1},
        {"value": 3.5},
        {"value": None},
        {"value": "14"},
        {"instrument": "mood"},
        {"instrument": "gad7", "value": 22},
        {"instrument": "pain_nrs", "value": 11},
        {"instrument": "crp", "value": 1.25},
        {"taken_on": "2999-01-01"},
        {"taken_on": "1899-12-31"},
        {"corrects": 1},
        {"reason": "because"},
        {"unknown": 1},
    ],
    ids=str,
)
async def test_a_value_that_cannot_be_is_refused_and_not_kept(home: House, bad: dict[str, Any]) -> None:
    await coded(home)
    assert (await home.post("/api/v1/patients/K-0017/outcomes", {**SCORE, **bad})).status_code == 422
    assert (await home.get("/api/v1/patients/K-0017")).json()["outcomes"] == []


async def test_only_clinicians_enter_scores_and_only_for_patients_there_are(home: House) -> None:
    await coded(home)
    for role in (Role.AUDITOR, Role.ADMIN):
        assert (await home.post("/api/v1/patients/K-0017/outcomes", SCORE, role)).status_code == 403
    assert (await home.post("/api/v1/patients/K-9999/outcomes", SCORE)).status_code == 404


async def test_alert_figures_count_the_sessions_of_a_range(home: House) -> None:
    await over(home)
    today = home.now()[:10]
    found = (await home.get("/api/v1/alert-figures", since=today)).json()
    assert (found["sessions"], found["total"]["raised"], found["left_out"]) == (1, 0, False)
    assert [day["day"] for day in found["days"]] == [today]
    assert (await home.get("/api/v1/alert-figures", room="Room 9")).json()["sessions"] == 0
    assert [row.what for row in await reads(home)] == ["alert figures", "alert figures"]
