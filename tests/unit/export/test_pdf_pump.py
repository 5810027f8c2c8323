"""What a pump said, on paper beside the charted doses: its alarms among what happened, its figures in a table of few rows."""

import re

import pytest

from schemas.alert import Priority
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import PhaseOrdered
from schemas.measurement import Mode
from schemas.session import Phase
from tests.unit.export.paper_log import HOSTILE, MINUTE, streams
from tests.unit.export.session_log import Log
from tests.unit.export.test_pdf_report import made, pages_of

PUMP = "sim-pump-1"
FIGURES = "Figures of pumps and other devices"


def say(log: Log, *facts: Fact, text: str | None = None, ago_ms: int = 0) -> int:
    at_ms = log.at_ms + 1_000
    return log.say(DeviceAnnounced(PUMP, facts, Mode.SIMULATED, at_ms, at_ms - ago_ms, text)).seq


def running(log: Log, seconds: int, ml_per_h: float, ml: float) -> float:
    """Every five seconds, as pumps do; how much it has delivered then."""
    for _ in range(seconds // 5):
        streams(log, 5)
        ml += ml_per_h * 5 / 3600
        rates = (Fact(name, unit="mL/h", value_milli=round(ml_per_h * 1000)) for name in ("infusion_rate_set", "infusion_rate"))
        say(log, *rates, Fact("volume_infused", unit="mL", value_milli=round(ml * 1000)), Fact("dose_given", unit="mg"))
    return ml


def pump_log() -> Log:
    log = Log()
    log.create()
    log.bind()
    log.bind(PUMP)
    say(log, Fact("drug"), text=f"Ketamin {HOSTILE}")
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.INFUSING))
    ml = running(log, 300, 12.5, 0.0)
    say(log, Fact("11:INA2", priority=Priority.HIGH, turn=Turn.START), text="downstream occlusion")
    ml = running(log, 60, 0, ml)
    say(log, Fact("11:INA2", priority=Priority.HIGH, turn=Turn.END), text="downstream occlusion")
    ml = running(log, 300, 18, ml)
    say(log, Fact("battery_low", turn=Turn.START), ago_ms=2 * MINUTE)
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.RECOVERY))
    running(log, 30, 0, ml)
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED))
    return log


@pytest.fixture(scope="module")
def text() -> str:
    return " ".join(pages_of(made(pump_log())))


def test_the_first_the_last_and_each_change_of_a_rate_stand_in_the_table_and_nothing_else(text: str) -> None:
    rows = re.findall(
        r"sim-pump-1 (first|last|rate changed|first, last) infusion rate set ([0-9.]+) mL/h, .*?volume infused ([0-9.]+) mL", text
    )
    assert rows == [
        ("first", "12.5", "0.017"),
        ("rate changed", "0", "1.042"),
        ("rate changed", "18", "1.067"),
        ("rate changed", "0", "2.542"),
        ("last", "0", "2.542"),
    ]
    assert text.count(FIGURES) == 1


def test_what_began_and_ended_stands_among_what_happened(text: str) -> None:
    happened = text[text.index("Observations, notes and everything else") : text.index("Alert journal")]
    assert happened.count("sim-pump-1 says: downstream occlusion (high priority, ") == 2
    assert "sim-pump-1 says: battery low (begins) (said 120 s before it came)" in happened
    assert "infusion rate" not in happened


def test_words_of_a_device_are_inert(text: str) -> None:
    assert "[U+202E RIGHT-TO-LEFT OVERRIDE]" in text
    assert "\u202e" not in text


def test_a_session_without_a_pump_has_none(text: str) -> None:
    log = Log()
    log.create()
    pages = " ".join(pages_of(made(log)))
    assert re.search(rf"{FIGURES}[^.]*? which what it said none", pages)
