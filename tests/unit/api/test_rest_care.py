"""Charting, gates, a patient's own limits and the pause of the sound over REST: what is recorded, and what is refused with which name."""

import asyncio
from typing import Any

import pytest

from monitor.access.roles import Role
from schemas.limits import Before
from schemas.signs import SIGNS, Charted
from tests.unit.api.house import House
from tests.unit.ingest.frames import frame, measurement

READY = dict.fromkeys(("consent", "escort", "supervisor", "airway_kit", "weight_recent", "dose_checked"), 1)
CALM = ("brain_bleed_risk", "allergy", "uncontrolled_hypertension", "unstable_heart", "psychosis", "substance_use", "severe_liver_disease")
ANSWERS = {**READY, **dict.fromkeys((*CALM, "raised_pressure", "pregnancy"), 0)}
RISE = {"rule": "BP-H1", "vital": "systolic_bp", "direction": "high", "limit": 200, "reason": "known hypertension, agreed"}


def items(values: dict[str, int]) -> dict[str, Any]:
    return {"items": [{"sign": sign, "value": value} for sign, value in values.items()]}


def bodies(answer: Any) -> list[dict[str, Any]]:
    return [entry["body"] for entry in answer.json()["entries"]]


async def observations(home: House, session: str) -> dict[str, int]:
    now = (await home.get(f"/api/v1/sessions/{session}")).json()
    return {row["sign"]: row["value"] for row in now["observations"]}


# --- charting ---------------------------------------------------------------------------------------------------------------------------


async def test_what_is_charted_together_stands_in_the_log_in_its_order(home: House) -> None:
    session = await home.session()
    body = {**items({"sedation": 4, "nausea": 0, "agitation": -1}), "note": "opens eyes to voice"}
    done = await home.post(f"/api/v1/sessions/{session}/observations", body)
    assert done.status_code == 200, done.text
    assert [(entry["sign"], entry["value"], entry["by"], entry["note"]) for entry in bodies(done)] == [
        ("sedation", 4, "clinician", "opens eyes to voice"),
        ("nausea", 0, "clinician", "opens eyes to voice"),
        ("agitation", -1, "clinician", "opens eyes to voice"),
    ]
    assert await observations(home, session) == {"sedation": 4, "nausea": 0, "agitation": -1}
    seqs = [entry["seq"] for entry in done.json()["entries"]]
    assert seqs == list(range(seqs[0], seqs[0] + 3))


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ({"items": [{"sign": "nausea", "value": 1}, {"sign": "sedation", "value": 6}]}, "body.items.1"),
        ({"items": [{"sign": "nausea", "value": 1}, {"sign": "consent", "value": 2}]}, "body.items.1"),
        ({"items": [{"sign": "nausea", "value": 1}, {"sign": "spo2", "value": 97}]}, "body.items.1.sign"),
        ({"items": [{"sign": "nausea", "value": 1}, {"sign": "pain", "value": True}]}, "body.items.1.value"),
        ({"items": [{"sign": "nausea", "value": 1}, {"sign": "pain", "value": 1.5}]}, "body.items.1.value"),
        ({"items": [{"sign": "nausea", "value": 1}, {"sign": "nausea", "value": 2}]}, "body"),
        ({"items": []}, "body.items"),
        ({"items": [{"sign": "nausea", "value": 1, "unit": "1"}]}, "body.items.0.unit"),
        ({"items": [{"sign": "nausea", "value": 1}], "note": ""}, "body.note"),
    ],
)
async def test_one_wrong_sign_and_none_is_recorded(home: House, bad: dict[str, Any], where: str) -> None:
    session = await home.session()
    refused = await home.post(f"/api/v1/sessions/{session}/observations", bad)
    assert (refused.status_code, refused.json()["reason"]) == (422, "malformed")
    assert refused.json()["errors"][0]["where"] == where
    assert await observations(home, session) == {}


async def test_nothing_comes_between_what_is_charted_together(home: House) -> None:
    session = await home.session()
    path = f"/api/v1/sessions/{session}"
    three = items({"sedation": 5, "nausea": 0, "pain": 0})
    notes = [home.post(f"{path}/notes", {"text": str(number)}) for number in range(6)]
    await asyncio.gather(*notes[:3], home.post(f"{path}/observations", three), *notes[3:])
    kinds = [event["kind"] for event in (await home.get(f"{path}/journal")).json()["entries"]]
    first = kinds.index("observation_charted")
    assert kinds[first : first + 3] == ["observation_charted"] * 3


async def test_charting_beside_the_end_of_the_session_is_all_or_nothing(home: House) -> None:
    for number in range(4):
        session = await home.session(room=f"Room {number}")
        path = f"/api/v1/sessions/{session}"
        chart, end = (
            home.post(f"{path}/observations", items({"sedation": 5, "nausea": 0})),
            home.post(f"{path}/phase", {"phase": "aborted"}),
        )
        await asyncio.gather(*((chart, end) if number % 2 else (end, chart)))
        kinds = [event["kind"] for event in (await home.get(f"{path}/journal")).json()["entries"]]
        assert kinds.count("observation_charted") in {0, 2}


async def test_every_sign_can_be_charted_at_both_ends_of_its_range(home: House) -> None:
    session, charted = await home.session(), {}
    for sign in Charted:
        for value in (int(SIGNS[sign].low), int(SIGNS[sign].high)):
            charted[sign] = value
            assert (await home.post(f"/api/v1/sessions/{session}/observations", items({sign: value}))).status_code == 200, sign
            assert await observations(home, session) == charted


async def test_the_table_of_signs_says_what_a_form_needs(home: House) -> None:
    signs = {row["sign"]: row for row in (await home.get("/api/v1/signs", Role.AUDITOR)).json()}
    assert set(signs) == set(Charted)
    assert signs["sedation"] == {"sign": "sedation", "label": "MOAA/S", "unit": "{score}", "low": 0, "high": 5, "is_yes_no": False}
    assert signs["agitation"]["low"] == -5
    assert signs["consent"]["is_yes_no"] is True


async def test_a_charted_symptom_raises_its_alert(home: House) -> None:
    session, _ = await home.bound()
    await home.post(f"/api/v1/sessions/{session}/observations", items(ANSWERS))
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "test"})
    done = await home.post(f"/api/v1/sessions/{session}/observations", items({"chest_pain": 1}))
    assert next(body["alert"]["id"] for body in bodies(done) if body["kind"] == "alert_changed") == "SYM-H1.1"
    (presented,) = (await home.get(f"/api/v1/sessions/{session}")).json()["presented"]
    assert presented == {"alert": "SYM-H1.1", "also": [], "is_flashing": True, "sound": True}


# --- gates ------------------------------------------------------------------------------------------------------------------------------


async def gates(home: House, session: str, before: Before) -> dict[str, Any]:
    answer = await home.get(f"/api/v1/sessions/{session}/gates", before=before)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_start_asks_its_questions_and_opens_as_they_are_answered(home: House) -> None:
    session, _ = await home.bound()
    found = await gates(home, session, Before.START)
    assert {finding["gate"]: finding["effect"] for finding in found["findings"]} == {
        "G-CI0": "override",
        "G-CI2": "override",
        "G-ADM": "override",
        "G-BASE": "override",
    }
    asked = {row["form"]["sign"]: row for row in found["asked"]}
    assert {sign for sign, row in asked.items() if row["is_required"]} == set(ANSWERS)
    assert {"maoi", "stimulant"} <= set(asked)
    assert all(row["now"] is None for row in asked.values())
    refused = await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "gate_closed")

    await home.post(f"/api/v1/sessions/{session}/observations", items(ANSWERS))
    found = await gates(home, session, Before.START)
    assert [finding["gate"] for finding in found["findings"]] == ["G-BASE"], "no cuff yet"
    assert {row["form"]["sign"]: row["now"]["value"] for row in found["asked"] if row["is_required"]} == ANSWERS
    assert {row["now"]["by"] for row in found["asked"] if row["now"]} == {"clinician"}


async def test_a_contraindication_cannot_be_overridden(home: House) -> None:
    session, _ = await home.bound()
    await home.post(f"/api/v1/sessions/{session}/observations", items({**ANSWERS, "allergy": 1}))
    finding, _ = (await gates(home, session, Before.START))["findings"]
    assert (finding["gate"], finding["effect"], finding["reason"]) == ("G-CI1", "hard", "allergy to ketamine")
    refused = await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "I insist"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "gate_hard")


async def test_the_discharge_has_gates_of_its_own(home: House) -> None:
    session, _ = await home.bound()
    found = await gates(home, session, Before.DISCHARGE)
    assert {"sedation", "dissociation", "discharge_score", "escort"} <= {
        row["form"]["sign"] for row in found["asked"] if row["is_required"]
    }
    assert {"nausea", "agitation"} <= {row["form"]["sign"] for row in found["asked"] if not row["is_required"]}


async def test_a_session_without_an_infusion_is_asked_nothing(home: House) -> None:
    session = await home.session(order={"treatment": "none"})
    found = await gates(home, session, Before.START)
    assert (found["findings"], found["asked"]) == ([], [])


async def test_asking_for_gates_changes_nothing(home: House) -> None:
    session, _ = await home.bound()
    before = (await home.get(f"/api/v1/sessions/{session}")).json()["last_seq"]
    for _ in range(3):
        home.clock.advance(60_000)
        await gates(home, session, Before.START)
    assert (await home.get(f"/api/v1/sessions/{session}")).json()["last_seq"] == before
    malformed = await home.get(f"/api/v1/sessions/{session}/gates", before="lunch")
    assert malformed.status_code == 422


# --- sound ------------------------------------------------------------------------------------------------------------------------------


async def test_the_sound_is_paused_for_all_and_comes_back(home: House) -> None:
    session, _ = await home.bound()
    done = await home.post(f"/api/v1/sessions/{session}/audio-pause", {"seconds": 90})
    assert bodies(done) == [{"kind": "audio_paused", "by": "clinician", "for_ms": 90_000}]
    now = (await home.get(f"/api/v1/sessions/{session}", Role.AUDITOR)).json()
    assert (now["audio_paused_by"], now["audio_paused_until_ms"]) == ("clinician", home.clock.now_ms() + 90_000)
    done = await home.delete(f"/api/v1/sessions/{session}/audio-pause")
    assert [body["kind"] for body in bodies(done)] == ["audio_pause_ended", "audio_resumed"]
    assert (await home.get(f"/api/v1/sessions/{session}")).json()["audio_paused_until_ms"] is None


@pytest.mark.parametrize("seconds", [0, 121, 1.5, "60"])
async def test_a_pause_is_two_minutes_at_most(home: House, seconds: object) -> None:
    session = await home.session()
    refused = await home.post(f"/api/v1/sessions/{session}/audio-pause", {"seconds": seconds})
    assert (refused.status_code, refused.json()["errors"][0]["where"]) == (422, "body.seconds")


async def test_a_pause_without_a_length_is_the_longest(home: House) -> None:
    session = await home.session()
    assert bodies(await home.post(f"/api/v1/sessions/{session}/audio-pause"))[0]["for_ms"] == 120_000


async def test_a_new_alert_breaks_the_pause_by_name(home: House) -> None:
    session, device = await home.bound()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "infusing", "override": "test"})
    await home.post(f"/api/v1/sessions/{session}/audio-pause")
    home.clock.advance(1_000)
    low = [{"vital": "spo2", "value": 70, "unit": "%"}]
    await home.send(device, frame(1, boot="b1", measurements=[measurement(1, measured_at=home.now(), readings=low)]))
    journal = (await home.get(f"/api/v1/sessions/{session}/journal")).json()["entries"]
    assert [event["text"] for event in journal if event["kind"] == "audio_resumed"] == ["Sound is back (new alert)"]


# --- limits -----------------------------------------------------------------------------------------------------------------------------


async def limit_of(home: House, session: str, rule: str, vital: str) -> dict[str, Any]:
    rows = (await home.get(f"/api/v1/sessions/{session}/limits")).json()["limits"]
    return next(dict(row) for row in rows if (row["rule"], row["vital"]) == (rule, vital))


async def test_the_limits_that_may_be_moved_are_listed_with_their_bounds(home: House) -> None:
    session = await home.session()
    row = await limit_of(home, session, "BP-H1", "systolic_bp")
    assert (row["limit"], row["ordinary"], row["lowest"], row["highest"]) == (180, 180, 160, 220)
    assert (row["label"], row["unit"], row["direction"], row["priority"], row["needs_second"]) == ("SBP", "mm[Hg]", "high", "high", True)
    checks = (await home.get(f"/api/v1/sessions/{session}/limits")).json()["checks"]
    assert checks == [{"rule": "SED-L1", "sign": "sedation", "every_ms": 600_000, "phases": ["infusing"]}]
    assert (await home.get("/api/v1/ward/checks")).json() == {session: checks}


async def test_a_stricter_limit_counts_at_once(home: House) -> None:
    session = await home.session()
    done = await home.post(f"/api/v1/sessions/{session}/limits", {**RISE, "limit": 165.5})
    assert [body["kind"] for body in bodies(done)] == ["limit_proposed", "limit_changed"]
    assert (await limit_of(home, session, "BP-H1", "systolic_bp"))["limit"] == 165.5
    (own,) = (await home.get(f"/api/v1/sessions/{session}")).json()["own_limits"]
    assert (own["limit"], own["ordinary"], own["by"], own["proposal"]) == (165.5, 180, "clinician", None)


async def test_a_looser_high_limit_waits_for_another_clinician(home: House) -> None:
    session = await home.session()
    done = await home.post(f"/api/v1/sessions/{session}/limits", RISE)
    assert bodies(done)[1] == {"kind": "limit_awaits_confirmation", "proposal": 1, "rule": "BP-H1"}
    assert (await limit_of(home, session, "BP-H1", "systolic_bp"))["limit"] == 180
    own = await home.post(f"/api/v1/sessions/{session}/limits/1/confirmation")
    assert (own.status_code, own.json()["reason"]) == (409, "second_person_needed")

    second = await home.person("second")
    done = await home.http.post(f"/api/v1/sessions/{session}/limits/1/confirmation", headers=second)
    assert done.status_code == 200, done.text
    assert bodies(done)[1]["confirmed_by"] == "second"
    assert (await limit_of(home, session, "BP-H1", "systolic_bp"))["limit"] == 200


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"limit": 221}, 409, "out_of_bounds"),
        ({"limit": 180}, 409, "same_limit"),
        ({"direction": "low"}, 409, "not_adjustable"),
        ({"vital": "spo2"}, 409, "not_adjustable"),
        ({"rule": "XX-H9"}, 409, "unknown_rule"),
        ({"rule": "nonsense"}, 422, "malformed"),
        ({"reason": " "}, 422, "malformed"),
        ({"limit": "200"}, 422, "malformed"),
    ],
)
async def test_a_limit_that_may_not_be_moved_so_is_refused_by_name(home: House, change: dict[str, Any], status: int, reason: str) -> None:
    session = await home.session()
    refused = await home.post(f"/api/v1/sessions/{session}/limits", {**RISE, **change})
    assert (refused.status_code, refused.json()["reason"]) == (status, reason), refused.text


@pytest.mark.parametrize(("proposal", "status"), [("1", 409), ("0", 422), ("x", 422), ("9999999999999999999999", 422)])
async def test_a_proposal_that_is_not_there_cannot_be_confirmed(home: House, proposal: str, status: int) -> None:
    session = await home.session()
    assert (await home.post(f"/api/v1/sessions/{session}/limits/{proposal}/confirmation")).status_code == status


# --- who, and where ---------------------------------------------------------------------------------------------------------------------

COMMANDS = [
    ("post", "/observations", items({"nausea": 0})),
    ("post", "/audio-pause", {"seconds": 5}),
    ("delete", "/audio-pause", None),
    ("post", "/limits", RISE),
    ("post", "/limits/1/confirmation", None),
]


@pytest.mark.parametrize(("method", "path", "body"), COMMANDS)
async def test_only_clinicians_act(home: House, method: str, path: str, body: object) -> None:
    session = await home.session()
    for role in (Role.AUDITOR, Role.ADMIN):
        target = f"/api/v1/sessions/{session}{path}"
        refused = await (home.delete(target, role) if method == "delete" else home.post(target, body, role))
        assert refused.status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), [*COMMANDS, ("get", "/gates", None), ("get", "/limits", None)])
async def test_an_unknown_session_is_404_and_an_ended_one_409(home: House, method: str, path: str, body: object) -> None:
    session = await home.session()
    await home.post(f"/api/v1/sessions/{session}/phase", {"phase": "aborted"})
    for name, status, reason in [("S-000099", 404, "unknown_session"), (session, 409, "session_ended")]:
        target = f"/api/v1/sessions/{name}{path}"
        refused = await (
            home.get(target, before="start") if method == "get" else home.delete(target) if method == "delete" else home.post(target, body)
        )
        assert (refused.status_code, refused.json()["reason"]) == (status, reason)
