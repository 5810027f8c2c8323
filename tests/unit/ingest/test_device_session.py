"""The protocol of one connection, step by step."""

import asyncio
from collections.abc import Iterator

import pytest

from monitor.access.roles import Device
from monitor.ingest.device_line import MAX_BOOTS, MAX_FAULTS, DeviceLine
from monitor.ingest.device_session import DeviceSession
from monitor.ingest.todo import Close, Closing, Join, Keep, Say, Skip, Take, Todo
from schemas.device_wire import Ack, Invalid, Refused, RefusedReason, Welcome
from schemas.log import Interval
from schemas.measurement import Mode
from schemas.vitals import Vital
from tests.unit.ingest.fake_recorder import FakeRecorder
from tests.unit.ingest.frames import frame, hello, measurement, text, with_reading

R = RefusedReason
DEVICE = Device("sim-room-1", Mode.SIMULATED, "simulator")
AT = 1_763_800_000_000


@pytest.fixture
def recorder() -> Iterator[FakeRecorder]:
    loop = asyncio.new_event_loop()
    yield FakeRecorder(loop)
    loop.close()


def opened(*, last_seq: int = 0, line: DeviceLine | None = None, max_in_flight: int = 64, max_measurements: int = 4_000) -> DeviceSession:
    session = DeviceSession(DEVICE, line or DeviceLine(), max_in_flight=max_in_flight, max_measurements=max_measurements)
    assert session.feed(hello(), AT) == [Join("b1", (Interval(1000, Vital.SPO2),))]
    session.joined("b1", last_seq, "S-000001", AT, 1.0)
    return session


def said(todo: list[Todo]) -> Refused:
    """The one refusal among what is to be done."""
    (refused,) = [do.what for do in todo if isinstance(do, Say) and isinstance(do.what, Refused)]
    return refused


def closed(todo: list[Todo]) -> Closing | None:
    return next((do.code for do in todo if isinstance(do, Close)), None)


def test_hello_is_answered_with_the_last_frame_on_disk() -> None:
    session = DeviceSession(DEVICE, DeviceLine(), max_in_flight=3)
    session.feed(hello(), AT)
    (welcome,) = session.joined("b1", 41, None, AT, 60.0)
    assert isinstance(welcome, Say)
    assert isinstance(welcome.what, Welcome)
    assert (welcome.what.last_seq, welcome.what.max_in_flight, welcome.what.clock_speed, welcome.what.session) == (41, 3, 60.0, None)
    assert session.next_seq == 42


@pytest.mark.parametrize(
    ("raw", "reason", "where", "code"),
    [
        (hello(protocol=2), R.PROTOCOL, "protocol", Closing.MALFORMED),
        (hello(device="sim-room-2"), R.UNKNOWN_DEVICE, "device", Closing.NOT_YOURS),
        (hello(mode="real"), R.WRONG_MODE, "mode", Closing.NOT_YOURS),
        (hello(mode="replayed"), R.WRONG_MODE, "mode", Closing.NOT_YOURS),
        (hello(intervals=[{"vital": "spo2", "interval_s": 1}] * 2), R.MALFORMED, "intervals", Closing.MALFORMED),
        (hello(boot="b 1"), R.MALFORMED, "boot", None),
        (hello(mode="pretended"), R.MALFORMED, "mode", None),
        (text(frame()), R.PROTOCOL, "type", None),
    ],
)
def test_a_wrong_first_frame_is_refused_by_name(raw: str, reason: RefusedReason, where: str, code: Closing | None) -> None:
    session = DeviceSession(DEVICE, DeviceLine())
    todo = session.feed(raw, AT)
    assert (said(todo).reason, said(todo).where, closed(todo)) == (reason, where, code)
    assert isinstance(todo[0], Keep)
    assert not session.is_open


def test_a_second_hello_is_refused_and_the_connection_goes_on() -> None:
    session = opened()
    assert said(session.feed(hello(), AT)).reason is R.PROTOCOL
    assert isinstance(session.feed(text(frame(1)), AT)[0], Take)


def test_frames_in_turn_are_taken_and_acknowledged_together() -> None:
    session = opened()
    for seq in (1, 2, 3):
        (take,) = session.feed(text(frame(seq)), AT + seq)
        assert isinstance(take, Take)
        assert (take.seq, take.received_at_ms, take.measurements[0].counter) == (seq, AT + seq, seq)
    assert session.answers() == []
    session.settled(2)
    assert session.answers() == []  # 1 is not on disk yet
    session.settled(1)
    assert session.answers() == [Ack(2)]
    session.settled(3)
    assert session.answers() == [Ack(3)]
    assert session.answers() == []


def test_an_acknowledgement_with_invalid_values_is_of_its_own_frame() -> None:
    session = opened()
    for seq in (1, 2, 3, 4):
        session.feed(text(frame(seq)), AT)
    invalid = (Invalid("measurements[0].readings[0]", "out_of_range"),)
    for seq in (1, 2, 3, 4):
        session.settled(seq, invalid if seq == 2 else ())
    assert session.answers() == [Ack(2, invalid), Ack(4)]


def test_many_invalid_values_are_named_up_to_a_bound() -> None:
    session = opened()
    session.feed(text(frame(1)), AT)
    session.settled(1, tuple(Invalid(f"measurements[{i}].readings[0]", "out_of_range") for i in range(5000)))
    (ack,) = session.answers()
    assert isinstance(ack, Ack)
    assert len(ack.invalid) == 100
    assert ack.invalid[-1].reason == "and 4901 more"


def test_a_gap_is_refused_with_where_to_go_on() -> None:
    session = opened(last_seq=10)
    refused = said(session.feed(text(frame(13)), AT))
    assert (refused.seq, refused.reason) == (13, R.SEQUENCE_GAP)
    assert "send from 11" in refused.detail
    assert isinstance(session.feed(text(frame(11)), AT)[0], Take)


def test_a_duplicate_is_dropped_and_acknowledged_when_it_is_on_disk() -> None:
    session = opened()
    session.feed(text(frame(1)), AT)
    assert session.feed(text(frame(1)), AT) == []
    session.settled(1)
    assert session.answers() == [Ack(1)]
    assert session.feed(text(frame(1)), AT) == [Say(Ack(1))]


def test_a_refused_frame_takes_its_turn_and_is_told_when_that_is_on_disk() -> None:
    session = opened()
    session.feed(text(frame(1)), AT)
    keep, skip = session.feed(text(frame(2, measurements=[measurement(measured_at="noon")])), AT)
    assert isinstance(keep, Keep)
    assert (keep.aside.reason, keep.aside.where, keep.aside.device) == ("time_malformed", "measurements[0].measured_at", "sim-room-1")
    assert skip == Skip(2)
    assert isinstance(session.feed(text(frame(3)), AT)[0], Take)
    session.settled(2)
    session.settled(3)
    assert session.answers() == []
    session.settled(1)
    first, second, third = session.answers()
    assert (first, third) == (Ack(1), Ack(3))
    assert isinstance(second, Refused)
    assert (second.seq, second.reason) == (2, R.TIME_MALFORMED)


def test_a_refused_frame_out_of_turn_does_not_take_a_turn() -> None:
    session = opened()
    bad = text(frame(5, measurements=[measurement(measured_at="noon")]))
    assert said(session.feed(bad, AT)).reason is R.SEQUENCE_GAP
    assert session.next_seq == 1


def test_a_frame_without_a_readable_seq_is_refused_at_once() -> None:
    session = opened()
    todo = session.feed("{]", AT)
    assert (said(todo).seq, said(todo).reason) == (None, R.MALFORMED)
    assert session.next_seq == 1


def test_a_refusal_of_the_recorder_takes_its_turn() -> None:
    session = opened()
    session.feed(text(frame(1)), AT)
    assert session.not_taken(1, R.DEVICE_UNBOUND, "bound to no open session") == [Skip(1)]
    session.settled(1)
    assert session.answers() == [Refused(1, R.DEVICE_UNBOUND, "", "bound to no open session")]
    assert isinstance(session.feed(text(frame(2)), AT)[0], Take)


def test_busy_gives_the_turn_back_and_holds_up_what_overtook_it() -> None:
    session = opened()
    for seq in (1, 2, 3):
        session.feed(text(frame(seq)), AT)
    assert said(session.not_taken(2, R.BUSY, "later")).seq == 2
    assert session.not_taken(3, R.SEQUENCE_GAP, "send from 2") == []  # given back together with 2
    refused = said(session.feed(text(frame(4)), AT))
    assert (refused.seq, refused.reason) == (4, R.BUSY)
    assert isinstance(session.feed(text(frame(2)), AT)[0], Take)
    assert said(session.feed(text(frame(4)), AT)).reason is R.SEQUENCE_GAP  # no longer held: the device left 3 out
    session.settled(1)
    session.settled(2)
    assert session.answers() == [Ack(2)]


def test_a_failed_write_is_busy() -> None:
    session = opened()
    session.feed(text(frame(1)), AT)
    assert said(session.failed(1)).reason is R.BUSY
    assert session.next_seq == 1


def test_frames_in_flight_are_bounded() -> None:
    session = opened(max_in_flight=2)
    session.feed(text(frame(1)), AT)
    assert session.has_room
    session.feed(text(frame(2)), AT)
    assert not session.has_room
    assert said(session.feed(text(frame(3)), AT)).reason is R.BUSY
    session.settled(1)
    session.answers()
    assert session.has_room
    assert isinstance(session.feed(text(frame(3)), AT)[0], Take)


def test_measurements_in_flight_are_bounded() -> None:
    session = opened(max_measurements=5)
    session.feed(text(frame(1, measurements=[measurement(i) for i in range(6)])), AT)
    assert not session.has_room
    session.settled(1)
    session.answers()
    assert session.has_room


def test_a_boot_on_the_frame_must_be_that_of_the_hello() -> None:
    session = opened()
    assert isinstance(session.feed(text(frame(1, boot="b1")), AT)[0], Take)
    refused = said(session.feed(text(frame(2, boot="b2")), AT))
    assert (refused.reason, refused.where) == (R.PROTOCOL, "boot")


def test_binary_frames_are_refused_and_kept_up_to_a_bound() -> None:
    session = opened()
    keep, say = session.feed_binary(b"\x01" * 10_000, AT)
    assert isinstance(keep, Keep)
    assert len(keep.aside.raw) == 4096
    assert isinstance(say, Say)


def test_bye_closes() -> None:
    assert closed(opened().feed('{"type":"bye","why":"end of shift"}', AT)) is Closing.NORMAL


def test_a_hundred_bad_frames_in_ten_seconds_end_the_connection() -> None:
    session = opened()
    todo = [session.feed("{]", AT + 100 * index) for index in range(MAX_FAULTS)]
    assert [closed(one) for one in todo] == [None] * (MAX_FAULTS - 1) + [Closing.MALFORMED]


def test_a_hundred_bad_frames_in_more_than_ten_seconds_do_not() -> None:
    session = opened()
    assert {closed(session.feed("{]", AT + 102 * index)) for index in range(3 * MAX_FAULTS)} == {None}


def test_bad_frames_are_counted_over_connections() -> None:
    line = DeviceLine()
    codes = [closed(opened(line=line).feed("{]", AT)) for _ in range(MAX_FAULTS)]
    assert codes[-1] is Closing.MALFORMED


def test_refusals_that_are_not_the_frames_fault_are_not_counted() -> None:
    session = opened()
    todo = [session.feed(text(frame(50)), AT) for _ in range(3 * MAX_FAULTS)]
    assert {said(one).reason for one in todo} == {R.SEQUENCE_GAP}
    assert {closed(one) for one in todo} == {None}


def test_a_boot_that_ended_does_not_come_back() -> None:
    line = DeviceLine()
    assert line.enters("b1")
    assert line.enters("b1")
    assert line.enters("b2")
    todo = DeviceSession(DEVICE, line).feed(hello(boot="b1"), AT)
    assert (said(todo).reason, said(todo).where, closed(todo)) == (R.PROTOCOL, "boot", Closing.MALFORMED)
    for number in range(MAX_BOOTS + 1):
        assert line.enters(f"c{number}")
    assert line.enters("b1")  # forgotten by now


def test_wrong_unit_names_its_place() -> None:
    session = opened(last_seq=6)
    keep, skip = session.feed(with_reading(unit="mm[Hg]"), AT)
    assert skip == Skip(7)
    assert isinstance(keep, Keep)
    assert (keep.aside.reason, keep.aside.where) == ("wrong_unit", "measurements[0].readings[0].unit")
