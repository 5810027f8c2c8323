"""What should have come, what did, and the gaps between: against readings that were taken away on purpose."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.limits import encode_limits
from monitor.export.selection import Selection, select
from monitor.export.views.completeness import MAX_LISTED, Completeness, Statement
from monitor.store.ports import Aside
from schemas.log import DeviceJoined, DeviceUnbound, Interval, Measured, MonitorRestarted, NoteAdded, PhaseOrdered
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Phase
from schemas.vitals import Vital
from tests.unit.core.bedside import default_limits
from tests.unit.export.played import course, log_of
from tests.unit.export.session_log import FakeStore, Log

HR = Vital.HEART_RATE


def bed(*, interval_ms: int | None = 1_000) -> Log:
    """A device that has just joined and renews its heart rate each second."""
    log = Log()
    log.create(limits=encode_limits(default_limits())[0])
    log.bind()
    if interval_ms is not None:
        log.say(DeviceJoined(boot="b1", device="sim-room-1", intervals=(Interval(interval_ms=interval_ms, vital=HR),)), after_ms=0)
    return log


def beat(log: Log, *, after_ms: int = 1_000, value_milli: int | None = 60_000, reason: Reason = Reason.NONE) -> None:
    validity = Validity.VALID if value_milli is not None else Validity.INVALID
    at_ms = log.at_ms + after_ms
    readings = (Reading(reason=reason, validity=validity, value_milli=value_milli, vital=HR),)
    log.say(Measured(1, "sim-room-1", at_ms, Mode.SIMULATED, readings, at_ms), after_ms=after_ms)


def statement_of(log: Log, aside: tuple[Aside, ...] = (), *, has_ended: bool = True) -> Statement:
    judge = Completeness()
    for entry in log.entries:
        judge.add(entry)
    last_seal = log.seals[-1] if log.seals else None
    return judge.statement(Selection(log.id, log.last_seq, (), len(log.seals), last_seal, has_ended=has_ended), aside)


def refused(at_ms: int, device: str | None = "sim-room-1") -> Aside:
    return Aside(at_ms=at_ms, device=device, reason="wrong_unit", where="x", detail="y", raw=b"z")


def test_a_session_in_which_everything_came_lacks_nothing():
    found = statement_of(log_of(course("uneventful")))
    assert found.says == []
    assert found.gaps == []
    assert any("canary" in line for line in found.not_recorded), "silence of the alert path is in no log"
    (device,) = found.devices
    assert all(row.received >= (row.expected or 0) > 0 for row in device.vitals)
    assert device.measurements == sum(isinstance(entry.body, Measured) for entry in course("uneventful").entries)


@given(kept=st.lists(st.booleans(), min_size=1, max_size=60))
def test_what_was_taken_away_is_what_is_missing(kept: list[bool]):
    """Each second a value or none: expected are all of them, received those that came, and a gap is each silence past 5 s."""
    log = bed()
    silent_s, gaps = 0, []
    for is_there in kept:
        if is_there:
            beat(log, after_ms=(silent_s + 1) * 1_000)
            gaps += [silent_s + 1] if silent_s + 1 > 5 else []
            silent_s = 0
        else:
            silent_s += 1
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED), after_ms=silent_s * 1_000)
    gaps += [silent_s] if silent_s > 5 else []
    found = statement_of(log)
    (row,) = found.devices[0].vitals
    assert (row.expected, row.received) == (len(kept), sum(kept))
    assert (row.gaps, row.gap_s) == (len(gaps), sum(gaps))
    assert [gap.length_s for gap in found.gaps] == gaps
    assert bool(found.says) is bool(gaps)


def test_a_gap_has_its_device_vital_sign_and_times():
    log = bed()
    beat(log)
    beat(log, after_ms=20_000)
    (gap,) = statement_of(log).gaps
    assert (gap.device, gap.vital, gap.length_s) == ("sim-room-1", HR, 20)
    assert (gap.since, gap.until) == ("2026-11-18T11:06:43.123Z", "2026-11-18T11:07:03.123Z")


def test_a_sensor_without_a_value_and_a_value_that_came_late_close_no_gap():
    log = bed()
    beat(log)
    for _ in range(10):
        beat(log, value_milli=None, reason=Reason.NOT_MEASURED)
    beat(log, reason=Reason.LATE)
    beat(log)
    found = statement_of(log)
    (row,) = found.devices[0].vitals
    assert (row.received, row.late, row.invalid, row.gaps, row.gap_s) == (2, 1, 10, 1, 12)
    assert found.devices[0].reasons == {"late": 1, "not_measured": 10}


def test_nothing_is_due_while_the_device_is_not_bound():
    log = bed()
    beat(log)
    log.say(DeviceUnbound(by="anna", device="sim-room-1"), after_ms=0)
    log.say(NoteAdded(by="anna", text="x-ray"), after_ms=600_000)
    log.bind()
    beat(log)
    found = statement_of(log)
    assert (found.devices[0].vitals[0].expected, found.devices[0].vitals[0].received, found.gaps) == (2, 2, [])
    assert [span.until is None for span in found.devices[0].bound] == [False, True]


def test_a_device_that_says_nothing_more_is_a_gap_to_the_end():
    log = bed()
    beat(log)
    log.say(NoteAdded(by="anna", text="x"), after_ms=60_000)
    assert [gap.length_s for gap in statement_of(log).gaps] == [60]


def test_a_device_that_declares_another_rhythm_is_counted_by_each_in_its_time():
    log = bed()
    for _ in range(10):
        beat(log)
    log.say(DeviceJoined(boot="b2", device="sim-room-1", intervals=(Interval(interval_ms=5_000, vital=HR),)), after_ms=0)
    for _ in range(4):
        beat(log, after_ms=5_000)
    (row,) = statement_of(log).devices[0].vitals
    assert (row.expected, row.received, row.gaps) == (14, 14, 0)


def test_input_that_was_refused_is_counted_where_it_was_of_this_session():
    log = bed()
    beat(log)
    rows = (refused(log.at_ms), refused(log.at_ms, "other"), refused(log.at_ms, None), refused(0), refused(log.at_ms + 1))
    found = statement_of(log, rows)
    assert found.devices[0].refused == {"wrong_unit": 1}
    assert any("1 inputs were refused" in line for line in found.says)


def test_the_time_in_which_the_monitor_did_not_run_is_said():
    log = bed()
    beat(log)
    log.say(MonitorRestarted(version="1.2.3"), after_ms=4_000)
    found = statement_of(log)
    assert [(span.since, span.until) for span in found.unwatched] == [("2026-11-18T11:06:43.123Z", "2026-11-18T11:06:47.123Z")]
    assert any("was not running" in line for line in found.says)


def test_without_a_rule_set_nothing_is_expected_and_that_is_said():
    log = Log()
    log.create()
    log.bind()
    log.measure(seal=True)
    found = statement_of(log)
    assert {row.expected for row in found.devices[0].vitals} == {None}
    assert all("cannot be said" in line for line in found.says)


def test_an_open_session_says_so():
    assert "had not ended" in statement_of(bed(), has_ended=False).says[0]


def test_gaps_past_the_bound_are_counted():
    log = bed()
    for _ in range(MAX_LISTED + 7):
        beat(log, after_ms=6_000)
    found = statement_of(log)
    assert (len(found.gaps), found.gaps_unlisted, found.devices[0].vitals[0].gaps) == (MAX_LISTED, 7, MAX_LISTED + 7)


async def test_the_selection_knows_whether_the_session_is_over():
    store = FakeStore(log_of(course("uneventful")))
    selection = await select(store, "S-000001")
    assert selection.is_complete
    assert not msgspec.structs.replace(selection, last_seq=selection.last_seq + 1).is_complete
