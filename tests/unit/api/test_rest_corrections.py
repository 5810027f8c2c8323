"""An entry made in error over REST: who may mark it, what counts after it, what the journal says."""

import pytest

from monitor.access.roles import Role
from tests.unit.api.house import House
from tests.unit.api.test_rest_again import given_mg, infusing


async def test_a_bolus_that_was_a_slip_counts_no_more_and_stays_in_the_journal(home: House) -> None:
    path = await infusing(home)
    bolus = await home.post(f"{path}/doses", {"kind": "bolus", "amount_mg": 50})
    seq = bolus.json()["entries"][0]["seq"]
    assert await given_mg(home, path) == 50
    marked = await home.post(f"{path}/corrections", {"entry": seq, "reason": "meant for room 4"})
    assert marked.status_code == 200, marked.text
    assert await given_mg(home, path) == 0
    journal = (await home.get(f"{path}/journal")).json()["entries"]
    assert [entry["kind"] for entry in journal if entry["seq"] == seq] == ["bolus_given"]
    (mark,) = [entry for entry in journal if entry.get("voids") == seq]
    assert (mark["kind"], mark["text"]) == ("entry_voided", f"Entry {seq} was made in error, marked by clinician: meant for room 4")
    again = await home.post(f"{path}/corrections", {"entry": seq, "reason": "x"})
    assert (again.status_code, again.json()["reason"]) == (409, "already_corrected")


@pytest.mark.parametrize("body", [{"entry": 3}, {"entry": 0, "reason": "x"}, {"entry": 3, "reason": " "}, {"entry": "3", "reason": "x"}])
async def test_a_correction_names_an_entry_and_a_reason(home: House, body: dict[str, object]) -> None:
    path = await infusing(home)
    assert (await home.post(f"{path}/corrections", body)).status_code == 422


async def test_auditors_correct_nothing(home: House) -> None:
    path = await infusing(home)
    assert (await home.post(f"{path}/corrections", {"entry": 3, "reason": "x"}, Role.AUDITOR)).status_code == 403
