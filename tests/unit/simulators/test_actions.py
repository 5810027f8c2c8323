"""What a scenario's clinician does: at its minute, once, to the patient and in the record."""

from pathlib import Path
from typing import get_args

import pytest

from schemas.session import Phase, Treatment
from schemas.signs import Charted
from simulators.actions import Action, Chart, Give, Oxygen, Push, SetRate, line_of
from simulators.bed import Bed, BedScript
from simulators.events import Event
from simulators.pharmacology import MEDICINES
from simulators.scenario import Scenario, ScenarioError, load_scenario, parse_scenario

HEAD = """
title = "Of a test"
description = "Only for a test."
[patient]
label = "A.B."
weight_kg = 70
"""
USUAL = "[order]\ndose_mg_per_kg = 0.5\nduration_min = 40\n"


def _scenario(rest: str) -> Scenario:
    return parse_scenario("of-a-test", HEAD + rest)


def _act(kind: str, at_min: float, more: str = "") -> str:
    return f'[[act]]\nkind = "{kind}"\nat_min = {at_min}\n{more}\n'


def _played(scenario: Scenario, until_min: float) -> tuple[Bed, list[tuple[float, Action]]]:
    bed, done = Bed(scenario, 1, 0), []
    script = BedScript(bed)
    while bed.elapsed_s < until_min * 60:
        done += [(bed.script_min, action) for action in script.step()]
        bed.next_frame()
    return bed, done


def test_pause_resume_and_stop_move_the_session_on():
    scenario = _scenario(USUAL + _act("pause", 10) + _act("resume", 12) + _act("stop", 20))
    phases = {minute: _played(scenario, minute)[0].phase for minute in (9, 11, 13, 21)}
    assert phases == {9: Phase.INFUSING, 11: Phase.PAUSED, 13: Phase.INFUSING, 21: Phase.RECOVERY}


def test_a_resumed_infusion_has_the_rate_it_was_paused_at():
    bed, _ = _played(_scenario(USUAL + _act("set_rate", 8, "mg_per_min = 0.5") + _act("pause", 10) + _act("resume", 12)), 13)
    assert bed.rate_mg_per_min == 0.5


def test_each_action_is_done_once_at_its_minute():
    bed, done = _played(_scenario(USUAL + _act("push", 9.5, "mg = 5") + _act("oxygen", 11, "l_per_min = 2")), 15)
    assert [(round(minute, 2), action.__struct_config__.tag) for minute, action in done] == [(9.5, "push"), (11.0, "oxygen")]
    assert bed.infused_mg == pytest.approx(5 + 9 * bed.scenario.rate_mg_per_min, abs=0.1)
    assert bed.patient.medicines.oxygen_l_per_min == 2


def test_spray_devices_are_given_five_minutes_apart():
    bed, done = _played(_scenario('[order]\ntreatment = "esketamine_nasal"\ndose_mg = 84\nparts = 3\n'), 20)
    assert [(round(minute, 2), action.mg) for minute, action in done if isinstance(action, Push)] == [
        (6.0, 28.0),
        (11.0, 28.0),
        (16.0, 28.0),
    ]
    assert bed.infused_mg == 84
    assert bed.rate_mg_per_min == 0


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ("[order]\ndose_mg_per_kg = 0.5\n", "an infusion has a duration_min"),
        ('[order]\ntreatment = "ketamine_im"\ndose_mg_per_kg = 0.5\nduration_min = 5\n', "an infusion has a duration_min"),
        ("[order]\nduration_min = 40\n", "one of them"),
        ("[order]\ndose_mg = 35\nduration_min = 40\nparts = 2\n", "no parts"),
        (USUAL + _act("give", 8, 'medicine = "aspirin"\namount = 1'), "aspirin is none of"),
        (USUAL + _act("chart", 8, 'sign = "sedation"\nvalue = 9'), "0 to 5"),
        (USUAL + _act("pause", 200), "after the end"),
        (USUAL + _act("pause", 8, "why = 1"), "why"),
    ],
)
def test_what_cannot_be_done_is_refused_when_the_file_is_read(rest: str, why: str):
    with pytest.raises(ScenarioError, match=why):
        _scenario(rest)


def test_takes_and_kinetics_must_be_known():
    for line, why in (('takes = ["gin"]', "gin is none of"), ('kinetics = "guess"', "guess is none of")):
        with pytest.raises(ScenarioError, match=why):
            parse_scenario("of-a-test", HEAD + line + "\n" + USUAL)


def test_every_model_of_the_table_can_be_chosen():
    for name in ("domino", "clements", "hijazi"):
        bed, _ = _played(parse_scenario("of-a-test", HEAD + f'kinetics = "{name}"\n' + USUAL), 20)
        assert bed.patient.pk.plasma_ng_ml > 50
    assert load_scenario("nasal-esketamine").order.treatment is Treatment.ESKETAMINE_NASAL


def test_what_was_done_can_be_said():
    said = [
        line_of(action)
        for action in (SetRate(at_min=0, mg_per_min=2), Give(at_min=0, medicine="labetalol", amount=20), Oxygen(at_min=0, l_per_min=3))
    ]
    assert said == ["rate set to 2 mg/min", f"labetalol 20 {MEDICINES['labetalol'].unit} given", "oxygen 3 l/min"]
    assert line_of(Chart(at_min=0, sign=Charted.VOMITING, value=1)) == "vomiting: 1"


def test_every_kind_of_event_and_action_is_on_the_page():
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "add-a-scenario.md").read_text()
    assert [
        kind.__struct_config__.tag for kind in (*get_args(Event), *get_args(Action)) if f"`{kind.__struct_config__.tag}`" not in page
    ] == []
