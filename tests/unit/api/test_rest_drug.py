"""The drug's account and the signature over REST: drawn, wasted, witnessed under another sign-in, signed with the printed name."""

from typing import Any

import pytest

from monitor.access.roles import Role
from tests.unit.api.house import House
from tests.unit.api.test_rest_again import infusing

DRAWN = {"kind": "drawn", "lot": "A17", "concentration_mg_per_ml": 50, "amount_mg": 50}


async def test_a_waste_counts_once_another_person_has_seen_it(home: House) -> None:
    path = await infusing(home)
    await home.post(f"{path}/drug", DRAWN)
    waste = await home.post(f"{path}/drug", {"kind": "wasted", "amount_mg": 15.5, "note": "rest of the syringe"})
    seq = waste.json()["entries"][0]["seq"]
    now = (await home.get(path)).json()
    (vial,), (wasted,) = now["vials"], now["wastes"]
    assert (vial["lot"], vial["drawn_ug"], vial["concentration_ug_per_ml"], vial["by"]) == ("A17", 50_000, 50_000, "clinician")
    assert (wasted["seq"], wasted["wasted_ug"], wasted["witness"]) == (seq, 15_500, None)
    own = await home.post(f"{path}/drug/{seq}/witness")
    assert (own.status_code, own.json()["reason"]) == (409, "second_person_needed")
    other = await home.person("ben")
    seen = await home.http.post(f"{path}/drug/{seq}/witness", headers=other)
    assert seen.status_code == 200, seen.text
    assert (await home.get(path)).json()["wastes"][0]["witness"] == "ben"
    assert (await home.post(f"{path}/drug/{seq}/witness", role=Role.AUDITOR)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {**DRAWN, "amount_mg": 0},
        {**DRAWN, "lot": " "},
        {**DRAWN, "concentration_mg_per_ml": 0},
        {"kind": "wasted"},
        {**DRAWN, "kind": "lost"},
    ],
)
async def test_an_amount_is_more_than_nothing_and_a_lot_has_a_name(home: House, body: dict[str, Any]) -> None:
    path = await infusing(home)
    assert (await home.post(f"{path}/drug", body)).status_code == 422


async def test_the_signature_holds_the_printed_name_and_what_it_means(home: House) -> None:
    path = await infusing(home)
    early = await home.post(f"{path}/sign-off", {"meaning": "fit to leave"})
    assert early.json()["reason"] == "not_in_recovery"
    await home.post(f"{path}/phase", {"phase": "recovery"})
    assert (await home.post(f"{path}/sign-off", {"meaning": "fit to leave"})).status_code == 200
    signed = (await home.get(path)).json()["signed_off"]
    assert (signed["by"], signed["name"], signed["meaning"]) == ("clinician", "clinician", "fit to leave")
