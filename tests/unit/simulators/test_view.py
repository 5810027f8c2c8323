"""The terminal's table: what was sent last, what is wrong now, and nothing that was not sent."""

import io
from types import SimpleNamespace

import msgspec
from rich.console import Console

from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.bed_feed import Line
from simulators.events import ProbeOff
from simulators.outbox import Counts
from simulators.scenario import load_scenario
from simulators.view import Seat, cells, shown, table


class Client:
    """Keeps what it is given to send."""

    def __init__(self) -> None:
        self.counts = Counts(put=7, acked=5, dropped=1)
        self.hello = SimpleNamespace(device="d")

    def send(self, measurements: object) -> None:
        self.measurements = measurements


def _seat(seconds: int) -> Seat:
    scenario = msgspec.structs.replace(load_scenario("uneventful"), event=(ProbeOff(from_min=2, to_min=4),))
    bed, line = Bed(scenario, 1, 0), Line(Client())
    script = BedScript(bed)
    for _ in range(seconds):
        script.step()
        line.send(bed.next_frame().measurements)
    return Seat("Room 1", bed, line)


def test_a_row_says_what_was_sent_last():
    seat = _seat(90)
    row = cells(seat)
    assert row[:3] == ("Room 1", "uneventful", "baseline")
    assert row[4] == f"{seat.line.sent[Vital.HEART_RATE]:g}"
    assert row[8] == f"{seat.line.sent[Vital.SYSTOLIC_BP]:g}/{seat.line.sent[Vital.DIASTOLIC_BP]:g}"
    assert row[11] == ""
    assert row[12] == "5 of 7, 1 DROPPED"


def test_a_lost_value_is_not_shown_as_the_last_one():
    row = cells(_seat(150))
    assert row[5] == "---"
    assert row[11] == "probe_off"
    assert shown({}, Vital.ETCO2) == "---"


def test_the_table_says_that_it_is_simulated():
    text = io.StringIO()
    Console(file=text, width=160).print(table([_seat(90)]))
    assert "SIMULATED" in text.getvalue()
    assert "Room 1" in text.getvalue()
