"""What goes to the monitor of what a device said, and what stays behind."""

from decimal import Decimal

import msgspec
import pytest

from monitor.adapters.device_time import DeviceTime, TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import (
    Condition,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    DeviceValue,
    Fault,
    Kind,
    Origin,
    Phase,
    Sender,
    Told,
    Unmapped,
    measured,
    missing,
    undecoded,
)
from monitor.gateway.telling import Addressee, Telling
from monitor.store.spool import Kept
from schemas.device_wire import WireReading
from schemas.measurement import Mode
from schemas.vitals import Unit, Vital

AT = 1_763_800_000_000
MINUTE = 60_000


def spo2(number: int | None, *doubts: Doubt) -> DeviceValue:
    origin = Origin("SPO2", "---" if number is None else str(number), "%")
    if number is None:
        return missing(Quantity.SPO2, origin, frozenset(doubts))
    return measured(Quantity.SPO2, Decimal(number), "%", origin, frozenset(doubts))


def systolic(number: int) -> DeviceValue:
    return measured(Quantity.SYSTOLIC_BP, Decimal(number), "mm[Hg]", Origin("SYS", str(number), "mm[Hg]"))


def clock(at_ms: int | None) -> DeviceTime:
    text = "no zone" if at_ms is None else str(at_ms)
    return DeviceTime(text, at_ms, TimeBasis.NO_ZONE if at_ms is None else TimeBasis.WIRE)


def said(*values: DeviceValue, at: int = AT, **more: object) -> DeviceMeasurement:
    return DeviceMeasurement(at, **({"mode": Mode.REAL, "values": values} | more))


def telling(*addressees: Addressee, mode: Mode = Mode.REAL) -> Telling:
    return Telling(addressees or (Addressee("oxi-1", mode),), MINUTE)


def took(items: list[Told], by: Telling | None = None) -> tuple[list[Kept], list[str]]:
    rows, notes = (by or telling()).take(items)
    return rows, [note.kind for note in notes]


def test_a_vital_sign_goes_out_in_its_own_unit_stamped_at_its_arrival() -> None:
    rows, kinds = took([said(spo2(97), time=clock(AT - 5 * MINUTE))])
    told = (("SPO2 of /", str(AT - 5 * MINUTE)),)
    assert rows == [Kept("oxi-1", AT, AT, (WireReading(Vital.SPO2, 97.0, Unit.PERCENT),), told=told)]
    assert kinds == []


@pytest.mark.parametrize(
    ("time", "tells"),
    [(clock(AT), True), (clock(None), True), (DeviceTime(), False), (DeviceTime("00/00/00 00:00:00", None, TimeBasis.IMPOSSIBLE), False)],
)
def test_a_stream_whose_own_clock_stands_has_nothing_new_to_tell(time: DeviceTime, tells: bool) -> None:
    """A monitor that hangs goes on sending its last line: the spool keeps it once, and the silence is told. A device without a clock, or
    with one that was never set, cannot be found out so."""
    rows, _ = took([said(spo2(97), time=time), said(spo2(97), time=time, at=AT + 1_000)])
    assert [bool(row.told) for row in rows] == [tells, tells]
    assert rows[0].told == rows[1].told


@pytest.mark.parametrize(
    ("value", "sent", "kinds"),
    [
        (spo2(97), 97.0, []),
        (spo2(None), None, []),
        (spo2(None, Doubt.SENSOR_OFF), None, ["doubt"]),
        (spo2(88, Doubt.SENSOR_OFF), None, ["doubt"]),
        (spo2(88, Doubt.AGE_UNKNOWN, Doubt.LOW_PERFUSION), None, ["doubt"]),
    ],
)
def test_what_is_invalid_or_may_be_old_goes_out_as_null_and_stays_in_a_note(
    value: DeviceValue, sent: float | None, kinds: list[str]
) -> None:
    rows, noted = took([said(value)])
    assert [row.readings for row in rows] == [(WireReading(Vital.SPO2, sent, Unit.PERCENT),)]
    assert noted == kinds


def test_what_the_device_doubts_goes_out_with_its_doubt_and_stays_in_a_note() -> None:
    rows, noted = took([said(spo2(88, Doubt.POOR_SIGNAL, Doubt.LOW_PERFUSION))])
    assert [row.readings for row in rows] == [(WireReading(Vital.SPO2, 88.0, Unit.PERCENT, "low_perfusion"),)]
    assert noted == ["doubt"]


def test_a_note_holds_the_original() -> None:
    _, [note] = telling().take([said(spo2(88, Doubt.LOW_PERFUSION))])
    kept = msgspec.json.decode(note.item, type=DeviceMeasurement)
    assert kept.values[0].origin.value == "88"


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (said(spo2(97), mode=Mode.SIMULATED), "demo"),
        (said(spo2(97), kind=Kind.SETTING), "setting"),
        (said(spo2(97), kind=Kind.MANUAL), "setting"),
        (said(measured(Quantity.TEMPERATURE, Decimal(37), "Cel", Origin("T", "37"))), "other"),
        (DeviceEvent(AT, Mode.REAL, "k", Phase.START, "SpO2 low"), "event"),
        (DeviceStatus(AT, Condition.BATTERY_LOW, holds=True), "status"),
        (Unmapped(AT, Mode.REAL, Origin("150017", "97")), "unmapped"),
        (undecoded(Fault.MALFORMED, b"\xff", AT), "undecoded"),
    ],
)
def test_what_has_no_place_on_the_wire_becomes_a_note(item: Told, kind: str) -> None:
    assert took([item]) == ([], [kind])


def test_demo_data_goes_out_only_as_what_is_enrolled_as_simulated() -> None:
    rows, kinds = took([said(spo2(97), mode=Mode.SIMULATED)], telling(mode=Mode.SIMULATED))
    assert (len(rows), kinds) == (1, [])


def test_a_sign_twice_in_one_measurement_goes_out_once() -> None:
    rows, kinds = took([said(spo2(None), spo2(97), spo2(96))])
    assert rows[0].readings == (WireReading(Vital.SPO2, 97.0, Unit.PERCENT),)
    assert kinds == ["other"]


def test_each_of_several_speaks_for_its_own_patient_and_a_stranger_for_none() -> None:
    two = telling(Addressee("mon-1", Mode.REAL, "bed 1"), Addressee("mon-2", Mode.REAL, "SN7"))
    senders = (Sender("SN7"), Sender("SN9", place="bed 1"), Sender("SN9", place="bed 9"), Sender())
    rows, kinds = took([said(spo2(97), sender=sender) for sender in senders], two)
    assert [row.device for row in rows] == ["mon-2", "mon-1"]
    assert kinds == ["stranger", "stranger"]


def test_a_second_device_on_a_line_of_one_is_a_stranger_until_the_line_was_lost() -> None:
    one = telling()
    lost = DeviceStatus(AT, Condition.CONNECTED, holds=False)
    first, other = said(spo2(97), sender=Sender("SN1")), said(spo2(60), sender=Sender("SN2"))
    rows, kinds = took([first, other, first], one)
    assert ([row.readings[0].value for row in rows], kinds) == ([97.0, 97.0], ["stranger"])
    rows, kinds = took([lost, other], one)
    assert ([row.readings[0].value for row in rows], kinds) == ([60.0], ["status"])


# --- cuffs: told again and again, by a clock that may be wrong ---------------------------------------------------------------------------


def cuff(told_at: int, measured_at: int | None, **more: object) -> DeviceMeasurement:
    return said(systolic(120), at=told_at, kind=Kind.APERIODIC, time=clock(measured_at), **more)


@pytest.mark.parametrize(("age_ms", "is_old"), [(0, False), (30_000, False), (MINUTE, False), (MINUTE + 1, True), (24 * MINUTE, True)])
def test_a_cuff_value_counts_as_measured_when_told_unless_it_is_old(age_ms: int, is_old: bool) -> None:
    [row], _ = took([cuff(AT, AT - age_ms)])
    assert (row.measured_at_ms, row.is_old, row.is_stream) == (AT - age_ms if is_old else AT, is_old, False)


def test_a_cuff_s_age_is_told_by_the_device_s_own_clock_however_wrong_it_is() -> None:
    """The stream beside it shows that the clock is two hours slow; without a stream the value passes for old: the safe side."""
    slow = 120 * MINUTE
    one = telling()
    rows, _ = took([said(spo2(97), time=clock(AT - slow)), cuff(AT, AT - slow - 10_000), cuff(AT, AT - slow - 20 * MINUTE)], one)
    assert [row.is_old for row in rows] == [False, False, True]
    assert rows[2].measured_at_ms == AT - 20 * MINUTE
    assert took([cuff(AT, AT - slow - 10_000)])[0][0].is_old


def test_a_clock_ahead_makes_no_value_of_the_future() -> None:
    [row], _ = took([cuff(AT, AT + 5 * MINUTE)])
    assert (row.measured_at_ms, row.is_old) == (AT, False)


def test_what_tells_a_repeat_from_news_goes_with_the_value() -> None:
    [row], _ = took([cuff(AT, AT, message_id="M7", sender=Sender("SN1", place="bed 1"))])
    assert row.told == (("SYS of SN1/bed 1", str(AT)), ("message of SN1/bed 1", "M7"))


# --- streams of a device that keeps what it cannot send, though nobody said so: an HL7 gateway's queue, a TCP line that stood still -------


def test_what_a_device_kept_while_its_line_was_cut_is_history() -> None:
    """Its clock is two hours slow, as before the cut. What comes within a minute counts as now: many stamp no finer than that."""
    slow, one = 120 * MINUTE, telling()

    def at(second: int, arrived: int) -> DeviceMeasurement:
        return said(spo2(97), time=clock(AT + second * 1_000 - slow), at=AT + arrived * 1_000, message_id=f"M{second}")

    live, waited = [at(second, second) for second in range(30)], [at(second, 330) for second in range(30, 331)]
    rows, _ = took([*live, *waited], one)
    assert [row.is_old for row in rows] == [False] * 30 + [True] * 240 + [False] * 61
    assert [row.measured_at_ms for row in rows[30:270]] == pytest.approx([AT + second * 1_000 for second in range(30, 270)], abs=100)
    assert all(row.is_stream for row in rows)


def test_cuffs_are_of_now_again_after_the_device_s_clock_was_set_back() -> None:
    one = telling()
    took([said(spo2(97), time=clock(AT + second * 1_000), at=AT + second * 1_000) for second in range(60)], one)
    took([said(spo2(97), time=clock(AT + second * 1_000 - 60 * MINUTE), at=AT + second * 1_000) for second in range(60, 125)], one)
    told_at = AT + 125_000
    assert [row.is_old for row in took([cuff(told_at, told_at - 60 * MINUTE - 10_000)], one)[0]] == [False]


def test_what_is_measured_stays_of_now_while_the_clocks_part() -> None:
    """Two minutes a day for two months."""
    one, day = telling(), 24 * 60 * MINUTE
    for hour in range(0, 24 * 60, 6):
        now = AT + hour * day // 24
        behind = round(hour / 24 * 120_000)
        rows, _ = took([said(spo2(97), time=clock(now - behind), at=now), cuff(now, now - behind - 10_000)], one)
        assert [row.is_old for row in rows] == [False, False]
