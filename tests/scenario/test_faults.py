"""What the monitor makes of each fault of sensor, device and way: a calm patient, one fault, and exactly the alerts that follow."""

import msgspec
import pytest

from monitor.ingest.codec import measurements_of
from monitor.ingest.naming import Refusal
from schemas.device_wire import RefusedReason
from schemas.log import Entry, Measured
from schemas.measurement import Reason, Validity
from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.events import Averaging, ClockStep, Disordered, Event, LeadsOff, LowPerfusion, SameLimb, Stuck
from simulators.scenario import load_scenario
from simulators.wire_events import (
    ClockDrift,
    CounterRollsOver,
    Duplicated,
    Flapping,
    Flood,
    Late,
    Restarted,
    Sentinel,
    UnitError,
    UnitMistake,
)
from tests.scenario.course import START_MS, course
from tests.scenario.test_scenarios import raised

SPO2, HEART_RATE = Vital.SPO2, Vital.HEART_RATE
PRESSURES = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP)
SPELL = {"from_min": 15, "to_min": 17}
LOST_SPO2 = {"TEC-L3", "TEC-M2"}
LOST_ALL = LOST_SPO2 | {"TEC-L2", "TEC-M1", "TEC-H1"}
SHORT = {"timeline": msgspec.structs.replace(load_scenario("uneventful").timeline, infusion_min=20, recovery_min=5)}


def _log(*events: Event) -> list[Entry]:
    return course(msgspec.structs.replace(load_scenario("uneventful"), event=events, expects=(), **SHORT), 1)


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        (Sentinel(**SPELL, vitals=(SPO2,), value=0), LOST_SPO2),
        (Sentinel(**SPELL, vitals=(SPO2,), value=-1), LOST_SPO2),
        (Sentinel(**SPELL, vitals=(SPO2,), value=-999), LOST_SPO2),
        (Sentinel(**SPELL, vitals=(SPO2,), value=127), LOST_SPO2),
        (Sentinel(**SPELL, vitals=(HEART_RATE,), value=-1), {"TEC-L2", "TEC-M1"}),
        (Sentinel(**SPELL, vitals=(HEART_RATE,), value=0), {"TEC-L2", "TEC-M1", "HR-H3", "INF-M1"}),  # on, and says 0: no pulse
        (UnitMistake(**SPELL, vitals=(SPO2,), mistake=UnitError.FRACTION), LOST_SPO2),
        (UnitMistake(from_min=10, to_min=23, vitals=PRESSURES, mistake=UnitError.KILOPASCAL), {"TEC-L7", "TEC-M4", "TEC-L1", "TEC-M3"}),
        (Duplicated(**SPELL), set()),
        (Flood(**SPELL, per_s=50), set()),
        (LeadsOff(**SPELL), {"TEC-L2", "TEC-M1"}),
        (Stuck(**SPELL, vital=SPO2), set()),  # a number that stands still cannot be told from one that does not change
        (LowPerfusion(**SPELL), {"TEC-L3"}),
        (Averaging(**SPELL, vital=SPO2, over_s=30), set()),
        (SameLimb(from_min=10, to_min=13), LOST_SPO2),
        (Late(**SPELL, delay_s=3), set()),
        (Disordered(**SPELL, longest_s=8), {"TEC-L1", "TEC-M3"}),  # the one cuff of it came late: history, and the next is waited for
        (Late(**SPELL, delay_s=40), LOST_ALL | {"TEC-M5", "TEC-L8"}),
        (ClockDrift(from_min=8, to_min=25, ppm=-500), set()),
        (CounterRollsOver(**SPELL, modulus=256), LOST_ALL | {"TEC-L1", "TEC-M3"}),
        (Flapping(**SPELL, every_s=20, down_s=3), set()),
        (Flapping(**SPELL, every_s=30, down_s=12), {"TEC-L2", "TEC-L3", "TEC-M6"}),
        (Restarted(**SPELL), LOST_ALL | {"TEC-M6", "TEC-L1", "TEC-M3"}),
        (ClockStep(**SPELL, step_s=4e9), {"TEC-L8", "TEC-L2", "TEC-L3"}),
    ],
    ids=lambda value: f"{value.__struct_config__.tag}" if isinstance(value, msgspec.Struct) else "",
)
def test_a_fault_raises_what_it_should_and_nothing_else(event: Event, rules: set[str]):
    """A patient who is well: any physiological alert but that of a measured 0 would be false."""
    assert set(raised(_log(event))) == rules


def test_without_a_fault_nothing_is_raised():
    """Negative control."""
    assert raised(_log()) == {}


@pytest.mark.parametrize("value", [0, -1, -999, 127])
def test_a_sentinel_is_kept_and_counts_as_no_value(value: int):
    log = _log(Sentinel(**SPELL, vitals=(SPO2,), value=value))
    said = [
        reading
        for entry in log
        if isinstance(entry.body, Measured) and 15 * 60_000 <= entry.at_ms - START_MS < 17 * 60_000
        for reading in entry.body.readings
        if reading.vital is SPO2
    ]
    assert {(reading.value_milli, reading.validity, reading.reason) for reading in said} == {
        (value * 1000, Validity.INVALID, Reason.OUT_OF_RANGE)
    }


def test_a_wrong_label_is_refused_by_name():
    event = UnitMistake(from_min=0, to_min=2, vitals=(SPO2,), mistake=UnitError.LABEL)
    bed = Bed(msgspec.structs.replace(load_scenario("uneventful"), event=(event,)), 1, START_MS)
    script = BedScript(bed)
    script.step()
    answer = measurements_of("bed", bed.next_frame())
    assert isinstance(answer, Refusal)
    assert answer.reason is RefusedReason.WRONG_UNIT
    assert answer.where == "measurements[0].readings[1].unit"
