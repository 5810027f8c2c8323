"""The auditor's questions over REST: verdicts in the background, kept by head, and who has looked."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.access.ports import AccessKind, AccessLogRow
from monitor.access.roles import Role
from tests.unit.api.house import House
from tests.unit.api.test_rest_export import recorded

AUDITS = "/api/v1/audits"


async def over(home: House, session: str) -> dict[str, Any]:
    """The verdict, when there is one."""
    states = {"waiting", "reading", "writing", "verifying"}
    while (now := (await home.get(AUDITS, Role.AUDITOR, session=session)).json()[0])["state"] in states:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)
    return dict(now)


async def test_a_record_is_verified_in_the_background_and_says_what_is_missing(home: House) -> None:
    session = await recorded(home)
    assert (await home.get(AUDITS, Role.AUDITOR, session=session)).json() == []
    asked = await home.post(AUDITS, {"sessions": [session]}, Role.AUDITOR)
    assert (asked.status_code, asked.json()[0]["state"]) == (202, "waiting")
    now = await over(home, session)
    assert now["state"] == "verified", now
    assert now["lines"][0] == f"VERIFIED {session}.bundle.zip"
    assert any(line.startswith("All ") for line in now["lines"]), "every file of the bundle, not the record alone"
    assert "Signed by the given key." in now["lines"]
    assert now["written"] > 10_000
    assert now["received"] > 0
    assert "had not ended" in now["says"][0]
    assert (now["is_complete"], now["why_incomplete"]) == (False, "open")
    again = await home.post(AUDITS, {"sessions": [session]}, Role.AUDITOR)
    assert again.json()[0]["state"] == "verified"  # kept: the record has not grown
    await home.post(f"/api/v1/sessions/{session}/notes", {"text": "more"})
    assert (await home.post(AUDITS, {"sessions": [session]}, Role.AUDITOR)).json()[0]["state"] == "waiting"
    assert (await over(home, session))["entries"] > now["entries"]


async def test_a_record_that_was_changed_is_refused(home: House) -> None:
    session = await recorded(home)
    entries = home.store.logs[session]
    entries[0] = replace(entries[0], body=replace(entries[0].body, by="mallory"))
    await home.post(AUDITS, {"sessions": [session]}, Role.AUDITOR)
    now = await over(home, session)
    assert (now["state"], now["lines"][0][:7]) == ("refused", "REFUSED")


async def test_what_is_asked_stands_in_the_access_log_and_is_told_to_those_who_may_see_it(home: House) -> None:
    session, other = await recorded(home), await home.session(room="Room 9")
    await home.get(f"/api/v1/sessions/{session}/export")
    opened = AccessLogRow(at_ms=home.clock.now_ms(), kind=AccessKind.PAGE_OPENED, who="clinician", address=None, what=f"/record/{session}")
    await home.accesses.log_access([opened])
    await home.post(AUDITS, {"sessions": [session]}, Role.AUDITOR)
    rows = (await home.get(f"/api/v1/sessions/{session}/accesses", Role.AUDITOR)).json()
    assert [(row["kind"], row["who"], row["detail"]) for row in rows] == [
        (AccessKind.READ, "auditor", "accesses"),
        (AccessKind.READ, "auditor", "audit"),
        (AccessKind.PAGE_OPENED, "clinician", f"page /record/{session}"),
        (AccessKind.EXPORT, "clinician", "jsonl"),
    ]
    assert len((await home.get(f"/api/v1/sessions/{other}/accesses", Role.ADMIN)).json()) == 1
    assert (await home.get(f"/api/v1/sessions/{session}/accesses", Role.CLINICIAN)).status_code == 403
    await over(home, session)


@pytest.mark.parametrize("sessions", [[], ["../etc"], ["S-000001"] * 51])
async def test_wrong_questions(home: House, sessions: list[str]) -> None:
    assert (await home.post(AUDITS, {"sessions": sessions}, Role.AUDITOR)).status_code == 422


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.CLINICIAN])
async def test_an_unknown_session(home: House, role: Role) -> None:
    assert (await home.post(AUDITS, {"sessions": ["S-000999"]}, role)).status_code == 404
