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


@pytest.mark.parametrize("role", list(Role))
async def test_every_read_is_in_the_access_log(home: House, role: Role) -> None:
    session = await over(home)
    for path in (PAST, f"/api/v1/sessions/{session}/figures", f"/api/v1/sessions/{session}"):
        before = len(await reads(home))
        assert (await home.get(path, role)).status_code == 200
        rows = await reads(home)
        assert len(rows) == before + 1, path
        assert rows[-1].who == role
    assert {row.what for row in await reads(home)} == {"past sessions", session}


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
