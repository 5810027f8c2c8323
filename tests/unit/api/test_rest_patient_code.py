"""A mistyped patient code, corrected over REST: whose course the session is in, what the record says, who may, and when not."""

import asyncio
from typing import Any

import pytest

from monitor.access.brought_in import note_of
from monitor.access.ports import AccessKind, AccessLogRow
from monitor.access.roles import Role
from monitor.core.replay import replay
from schemas.instant import from_ms
from schemas.log import Entry
from schemas.patient import PatientCorrected
from tests.unit.api.house import SESSION, House
from tests.unit.api.test_rest_again import infusing

WRONG, RIGHT = "K-0071", "K-0017"
PATIENT = {**SESSION["patient"], "code": WRONG}
BODY = {"code": RIGHT, "instead_of": WRONG, "reason": "read wrongly"}


async def course(home: House, code: str) -> list[str]:
    found = (await home.get(f"/api/v1/patients/{code}")).json()
    return [each["session"] for each in found.get("sessions", [])]


async def said(home: House, session: str) -> list[Entry]:
    return await home.store.events(session, kinds=frozenset({"patient_corrected"}))


async def correct(home: House, session: str, role: Role = Role.CLINICIAN, **fields: Any) -> Any:
    return await home.post(f"/api/v1/sessions/{session}/patient-code", {**BODY, **fields}, role)


async def ended(home: House, session: str) -> None:
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "aborted"})


@pytest.mark.parametrize("is_over", [False, True])
async def test_the_session_leaves_the_wrong_course_and_joins_the_right_one(home: House, is_over: bool) -> None:
    session = await home.session(patient=PATIENT)
    if is_over:
        await ended(home, session)
    assert await course(home, WRONG) == [session]
    done = await correct(home, session)
    assert done.status_code == 200, done.text
    assert await course(home, WRONG) == []
    assert await course(home, RIGHT) == [session]
    assert (await home.get(f"/api/v1/sessions/{session}")).json()["patient"]["code"] == RIGHT
    assert (await home.get(f"/api/v1/sessions/{session}/figures")).json()["patient"]["code"] == RIGHT
    journal = (await home.get(f"/api/v1/sessions/{session}/journal")).json()["entries"]
    late = ", after the session was signed for or had ended" if is_over else ""
    assert f"Patient code {RIGHT}, not {WRONG}, corrected by clinician{late}: read wrongly" in [line["text"] for line in journal]


async def test_scores_under_the_wrong_code_can_still_be_taken_back_and_nothing_more_be_entered(home: House) -> None:
    session = await home.session(patient=PATIENT)
    score = {"instrument": "phq9", "value": 14, "taken_on": from_ms(home.clock.now_ms()).date().isoformat()}
    entered = (await home.post(f"/api/v1/patients/{WRONG}/outcomes", score)).json()
    await correct(home, session)
    assert [row["no"] for row in (await home.get(f"/api/v1/patients/{WRONG}")).json()["outcomes"]] == [entered["no"]]
    assert (await home.post(f"/api/v1/patients/{WRONG}/outcomes", score)).status_code == 404
    taken_back = {**score, "value": None, "corrects": entered["no"], "reason": "of K-0017"}
    assert (await home.post(f"/api/v1/patients/{WRONG}/outcomes", taken_back)).status_code == 201
    assert (await home.post(f"/api/v1/patients/{RIGHT}/outcomes", score)).status_code == 201
    assert (await home.post("/api/v1/patients/K-9999/outcomes", taken_back)).status_code == 404
    assert (await home.get("/api/v1/patients/K-9999")).status_code == 404


async def test_what_was_said_first_stays_and_the_log_still_replays_under_its_seals(home: House) -> None:
    session = await home.session(patient=PATIENT)
    await ended(home, session)
    head = (await home.store.seals(session))[-1]
    home.clock.advance(3_600)
    await correct(home, session)
    entries = [entry async for chunk in home.store.entries(session) for entry in chunk]
    assert list(replay(entries)) == []
    assert entries[0].body.patient.code == WRONG  # type: ignore[union-attr]
    last, seals = entries[-1], await home.store.seals(session)
    assert (seals[-2], seals[-1].first_seq, seals[-1].last_seq) == (head, last.seq, last.seq)
    figures = (await home.get(f"/api/v1/sessions/{session}/figures")).json()
    assert figures["last_at_ms"] == entries[-2].at_ms, "the session did not last until somebody corrected it"
    assert home.registry.get(session) is None, "it is watched no more"


async def test_a_screen_that_is_behind_corrects_nothing(home: House) -> None:
    session = await home.session(patient=PATIENT)
    await correct(home, session)
    for _ in range(2):
        late = await correct(home, session, code="K-0099")
        assert (late.status_code, late.json()["reason"]) == (409, "code_differs")
        same = await correct(home, session, instead_of=RIGHT)
        assert (same.status_code, same.json()["reason"]) == (409, "same_code")
        await ended(home, session)
    assert len(await said(home, session)) == 1


async def test_of_many_at_once_after_the_end_one_is_on_record(home: House) -> None:
    session = await home.session(patient=PATIENT)
    await ended(home, session)
    answers = await asyncio.gather(*(correct(home, session, code=f"K-100{number}") for number in range(6)))
    assert sorted(each.status_code for each in answers) == [200, *[409] * 5]
    assert len(await said(home, session)) == 1
    assert home.registry.checks["recording"]


@pytest.mark.parametrize("is_over", [False, True])
async def test_the_same_request_is_done_once(home: House, is_over: bool) -> None:
    session = await home.session(patient=PATIENT)
    if is_over:
        await ended(home, session)
    body = b'{"code":"K-0017","instead_of":"K-0071","reason":"read wrongly"}'
    path, key = f"/api/v1/sessions/{session}/patient-code", {"idempotency-key": "0a1b2c3d-e4f5"}
    first, again = [(await home.post_raw(path, body, **key)).json() for _ in range(2)]
    assert first["entries"] == again["entries"]
    assert (first["was_done"], again["was_done"]) == (False, True)
    assert len(await said(home, session)) == 1


async def test_a_code_can_be_taken_away_and_given(home: House) -> None:
    session = await home.session(patient=PATIENT)
    assert (await correct(home, session, code=None)).status_code == 200
    assert await course(home, WRONG) == []
    assert (await correct(home, session, code=RIGHT, instead_of=None)).status_code == 200
    assert await course(home, RIGHT) == [session]


async def test_after_the_signature_it_says_so(home: House) -> None:
    path = await infusing(home)
    session = path.rsplit("/", 1)[1]
    assert (await home.post(f"{path}/phase", {"phase": "recovery"})).status_code == 200
    assert (await home.post(f"{path}/patient-code", {**BODY, "instead_of": None})).status_code == 200
    shown = (await home.get(f"{path}/sign-off")).json()["under"]
    signed = await home.post(f"{path}/sign-off", {"meaning": "fit to leave", "under": shown})
    assert signed.status_code == 200, signed.text
    assert (await home.post(f"{path}/patient-code", {**BODY, "instead_of": RIGHT, "code": WRONG})).status_code == 200
    assert [entry.body.is_late for entry in await said(home, session) if isinstance(entry.body, PatientCorrected)] == [False, True]


@pytest.mark.parametrize("fields", [{"reason": " "}, {"code": "mr smith"}, {"instead_of": "x"}, {"code": 7}])
async def test_a_code_has_its_form_and_a_reason_is_asked_for(home: House, fields: dict[str, Any]) -> None:
    session = await home.session(patient=PATIENT)
    assert (await correct(home, session, **fields)).status_code == 422
    assert await said(home, session) == []


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.DISPLAY])
async def test_it_is_for_clinicians(home: House, role: Role) -> None:
    session = await home.session(patient=PATIENT)
    assert (await correct(home, session, role)).status_code == 403
    assert (await home.post("/api/v1/sessions/S-009999/patient-code", BODY)).status_code == 404
    assert await said(home, session) == []


async def test_what_was_recorded_elsewhere_is_corrected_there(home: House) -> None:
    session = await home.session(patient=PATIENT)
    await ended(home, session)
    note = note_of("34750f98bd59fcfc", "ab" * 32, is_deidentified=False)
    await home.access.log.store.log_access(
        [AccessLogRow(at_ms=home.clock.now_ms(), kind=AccessKind.IMPORT, who="vera", address=None, what=session, detail=note)]
    )
    refused = await correct(home, session)
    assert (refused.status_code, refused.json()["reason"]) == (409, "brought_in")
    assert await said(home, session) == []
    (row,) = (await home.get("/api/v1/past-sessions")).json()["sessions"]
    assert row["brought_in"] == {"at_ms": home.clock.now_ms(), "by": "vera", "installation": "34750f98bd59fcfc"}
