"""The presets and the schedule: the file that is shipped can be used, and a row that makes no sense is refused by name."""

import pytest

from monitor.sessions.protocols import ProtocolsError, parse_protocols, protocols
from schemas.session import INFUSED, Treatment

PRESET = '[[preset]]\nid = "one"\ntitle = "One"\ntreatment = "ketamine_iv"\nsource = "a book"\nsure = "P"\n'
DUE = '[[due]]\nwhat = "pain"\nphases = ["recovery"]\nsource = "a book"\nsure = "P"\n'
GOOD = PRESET + "dose_mg_per_kg = 0.5\nduration_min = 40\n"


def test_the_shipped_file_has_a_preset_for_every_treatment_and_each_row_its_source() -> None:
    found = protocols()
    assert {preset.treatment for preset in found.preset} == set(Treatment) - {Treatment.NONE}
    assert all(preset.duration_min for preset in found.preset if preset.treatment in INFUSED)
    esketamine = [preset for preset in found.preset if preset.treatment is Treatment.ESKETAMINE_NASAL]
    assert {(preset.dose_mg, preset.part_mg, preset.parts_every_min) for preset in esketamine} == {(56, 28, 5), (84, 28, 5)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PRESET + DUE + "every_min = 5\n", "exactly one of dose_mg"),
        (PRESET + "dose_mg = 35\n" + DUE + "every_min = 5\n", "an infusion has a duration"),
        (GOOD + "part_mg = 28\n" + DUE + "every_min = 5\n", "go together"),
        (GOOD + GOOD + DUE + "every_min = 5\n", "stands twice"),
        (GOOD + DUE, "exactly one of every_min"),
        (GOOD + DUE + "every_min = 5\nat_min = 5\n", "exactly one of every_min"),
        (GOOD + DUE + 'every_min = 5\nindications = ["two"]\n', "no such preset"),
        (GOOD + DUE.replace("pain", "shock_index") + "every_min = 5\n", "shock_index"),
        (GOOD + "extra = 1\n" + DUE + "every_min = 5\n", "extra"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(ProtocolsError, match=why):
        parse_protocols(text)
    parse_protocols(GOOD + DUE + "every_min = 5\n")
