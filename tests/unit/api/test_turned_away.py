"""Who may not have a page: a person is told so by a page, a program by a problem, both with one status."""

import pytest

from monitor.access.roles import Role
from tests.unit.api.house import House

DENIED = "This is for one of: admin, auditor; you are clinician."


async def test_a_person_is_told_by_a_page_with_the_way_to_the_ward(home: House) -> None:
    asked = await home.http.get("/metrics", headers={**home._headers[Role.CLINICIAN], "Accept": "text/html,*/*"})
    assert (asked.status_code, asked.headers["cache-control"]) == (403, "no-store")
    assert asked.headers["content-type"].startswith("text/html")
    assert DENIED in asked.text
    assert 'href="/"' in asked.text


@pytest.mark.parametrize(("path", "accept"), [("/metrics", "*/*"), ("/api/v1/people", "text/html")])
async def test_a_program_is_told_by_a_problem(home: House, path: str, accept: str) -> None:
    asked = await home.http.get(path, headers={**home._headers[Role.CLINICIAN], "Accept": accept})
    assert asked.status_code == 403
    assert (asked.json()["reason"], asked.json()["detail"]) == ("not_allowed", DENIED)
