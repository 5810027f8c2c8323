"""Every bad frame has its own name and place, good ones lose nothing."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.codec import MAX_VALUE_MILLI, decode, measurements_of
from monitor.ingest.naming import MAX_TEXT, Refusal
from schemas.device_wire import MAX_FRAME_BYTES, MAX_MEASUREMENTS, Bye, Frame, Hello, RefusedReason, WireMeasurement, WireReading
from schemas.instant import from_ms, to_ms
from schemas.measurement import Measurement, Value
from schemas.vitals import VITAL_SIGNS, Vital, to_milli
from tests.unit.ingest.frames import frame, hello, measurement, text, with_reading

R = RefusedReason
VALUE = "measurements[0].readings[0].value"
TIME = "measurements[0].measured_at"


def read(raw: str | bytes) -> list[Measurement] | Refusal | Hello | Bye:
    said = decode(raw)
    return measurements_of("d1", said) if isinstance(said, Frame) else said


def refused(raw: str | bytes) -> Refusal:
    """The refusal, the same for text and for bytes."""
    refusal = read(raw)
    assert isinstance(refusal, Refusal)
    if isinstance(raw, str):
        assert read(raw.encode("utf-8", "surrogatepass")) == refusal or "UTF-8" in refusal.detail
    return refusal


def test_a_good_frame_becomes_measurements() -> None:
    assert read(text(frame(3))) == [
        Measurement("d1", 3, 1795344067123, (Value(Vital.HEART_RATE, 72000), Value(Vital.SPO2, 97500), Value(Vital.SYSTOLIC_BP, None)))
    ]


def test_the_other_messages_are_read_too() -> None:
    assert isinstance(decode(hello()), Hello)
    assert decode('{"type":"bye","why":"done"}') == Bye("done")


@pytest.mark.parametrize(
    ("raw", "reason", "where"),
    [
        (with_reading(vital="temperature"), R.UNKNOWN_VITAL, "measurements[0].readings[0].vital"),
        (with_reading(vital=3), R.UNKNOWN_VITAL, "measurements[0].readings[0].vital"),
        (with_reading(unit="kPa"), R.UNKNOWN_UNIT, "measurements[0].readings[0].unit"),
        (with_reading(unit=None), R.UNKNOWN_UNIT, "measurements[0].readings[0].unit"),
        (with_reading(unit="mm[Hg]"), R.WRONG_UNIT, "measurements[0].readings[0].unit"),
        (with_reading(vital="etco2", value=16, unit="%"), R.WRONG_UNIT, "measurements[0].readings[0].unit"),
        (with_reading(value=True), R.NOT_A_NUMBER, VALUE),
        (with_reading(value="97"), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=[97]), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=float("nan")), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=float("inf")), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=float("-inf")), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=97).replace("97,", "1e999,"), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=97).replace("97,", "9" * 400 + ","), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=97).replace("97,", "9" * 5000 + ","), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=1e300), R.NOT_A_NUMBER, VALUE),
        (with_reading(value=(MAX_VALUE_MILLI + 1) / 1000), R.NOT_A_NUMBER, VALUE),
        (text(frame(7, measurements=[measurement(measured_at="2026-11-22T10:41:07")])), R.TIME_NOT_AWARE, TIME),
        (text(frame(7, measurements=[measurement(measured_at="2026-11-22T10:41:07+01:00")])), R.TIME_NOT_UTC, TIME),
        (text(frame(7, measurements=[measurement(measured_at="yesterday")])), R.TIME_MALFORMED, TIME),
        (text(frame(7, measurements=[measurement(measured_at=1763808067)])), R.TIME_MALFORMED, TIME),
        (text(frame(7, measurements=[measurement(counter=True)])), R.NOT_A_NUMBER, "measurements[0].counter"),
        (text(frame(7, measurements=[measurement(counter="1")])), R.NOT_A_NUMBER, "measurements[0].counter"),
        (text(frame(7, measurements=[measurement(counter=-1)])), R.MALFORMED, "measurements[0].counter"),
        (text(frame(7, measurements=[measurement(counter=1.5)])), R.MALFORMED, "measurements[0].counter"),
        (text(frame(7, measurements=[])), R.MALFORMED, "measurements"),
        (text(frame(7, measurements=[measurement()] * (MAX_MEASUREMENTS + 1))), R.TOO_LARGE, "measurements"),
        (text(frame(7, measurements=[measurement(readings=[])])), R.MALFORMED, "measurements[0].readings"),
        (with_reading(extra=1), R.MALFORMED, "measurements[0].readings[0]"),
        (text(frame(7, measurements=[measurement(readings=[{"vital": "spo2", "unit": "%"}])])), R.MALFORMED, "measurements[0].readings[0]"),
    ],
)
def test_a_bad_frame_is_named_with_its_place_and_seq(raw: str, reason: RefusedReason, where: str) -> None:
    refusal = refused(raw)
    assert (refusal.reason, refusal.where, refusal.seq) == (reason, where, 7)
    assert refusal.detail


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"frame"',
        "{}",
        '{"type":"frame"}',
        '{"type":"dance"}',
        '{"type":1}',
        "\ufeff{}",
        "[" * 100_000,
        '{"a":' * 50_000,
    ],
)
def test_what_is_no_frame_at_all_is_malformed_without_a_seq(raw: str) -> None:
    refusal = refused(raw)
    assert (refusal.reason, refusal.seq) == (R.MALFORMED, None)


@pytest.mark.parametrize("raw", [b"\xff\xfe{\x00", b'{"type":"frame","seq":1,"boot":"\xff"}', b'{"type":"\xc3\x28"}', b"\x00" * 100])
def test_what_is_no_text_is_malformed(raw: bytes) -> None:
    assert refused(raw).reason is R.MALFORMED


def test_lone_surrogates_are_malformed() -> None:
    assert refused('{"type":"bye","why":"\\ud800"}').reason is R.MALFORMED
    assert refused('{"type":"bye","why":"\ud800"}').reason is R.MALFORMED


@pytest.mark.parametrize(
    "raw",
    [
        with_reading().replace('"value"', '"value": 12, "value"'),
        with_reading().replace('"value"', '"unit": "%", "value"'),
        text(frame(7)).replace('"seq"', '"seq": 6, "seq"'),
        text(frame(7, boot="b1")).replace('"boot"', '"boot": null, "boot"'),
        text(frame(7, boot=None)).replace('"boot"', '"boot": "b1", "boot"'),
        with_reading().replace('"value"', '"\\u0076alue": 12, "value"'),
        text(frame(7, sent_at="2026-11-22T10:41:07Z")).replace('"sent_at"', '"sent_at": null, "sent_at"'),
    ],
)
def test_a_key_given_twice_is_refused(raw: str) -> None:
    assert (refused(raw).reason, refused(raw).seq) == (R.MALFORMED, 7)
    assert "twice" in refused(raw).detail


def test_a_key_given_twice_in_a_long_frame_is_refused_without_a_second_reading() -> None:
    long = text(frame(7, measurements=[measurement(i) for i in range(1000)]))
    assert isinstance(decode(long), Frame)
    assert "twice" in refused(long.replace('"value"', '"value": 1, "value"', 1)).detail


def test_what_the_device_doubts_is_carried_and_a_doubt_given_twice_is_refused() -> None:
    doubting = with_reading(doubt="low_perfusion")
    (made,) = read(doubting)  # type: ignore[misc]
    assert made.values[0].is_doubted
    assert not any(value.is_doubted for value in made.values[1:])
    assert read(doubting.encode()) == [made]
    for raw in (doubting.replace('"doubt"', '"doubt": "x", "doubt"'), with_reading(doubt=""), with_reading(doubt="Not so")):
        assert refused(raw).reason is R.MALFORMED


@pytest.mark.parametrize("boot", [{}, {"boot": None}, {"boot": "b1"}])
def test_boot_may_be_left_out_or_null(boot: dict[str, str | None]) -> None:
    assert isinstance(decode(text(frame(**boot))), Frame)


@pytest.mark.parametrize("sent_at", [{}, {"sent_at": None}, {"sent_at": "2026-11-22T10:41:07Z"}])
def test_sent_at_may_be_left_out_or_null(sent_at: dict[str, str | None]) -> None:
    assert isinstance(read(text(frame(**sent_at))), list)


@pytest.mark.parametrize(("sent_at", "reason"), [("2026-11-22T10:41:07", R.TIME_NOT_AWARE), ("2026-11-22T10:41:07+02:00", R.TIME_NOT_UTC)])
def test_sent_at_in_another_zone_or_none_is_refused(sent_at: str, reason: R) -> None:
    made = read(text(frame(7, sent_at=sent_at)))
    assert isinstance(made, Refusal)
    assert (made.reason, made.where, made.seq) == (reason, "sent_at", 7)


def test_escaped_keys_are_keys_too() -> None:
    assert read(with_reading().replace('"vital"', '"\\u0076ital"')) == read(with_reading())


def test_a_vital_sign_given_twice_in_one_measurement_is_refused() -> None:
    reading = {"vital": "spo2", "value": 97, "unit": "%"}
    refusal = refused(text(frame(7, measurements=[measurement(), measurement(2, readings=[reading, {**reading, "value": 70}])])))
    assert (refusal.reason, refusal.where) == (R.MALFORMED, "measurements[1].readings[1].vital")


def test_too_large_is_refused_unread() -> None:
    assert refused(text(frame()) + " " * MAX_FRAME_BYTES).reason is R.TOO_LARGE


def test_the_label_of_a_bad_frame_is_found() -> None:
    bad = frame(9, boot="b7", measurements=[measurement(readings=[{"vital": "spo2", "value": float("nan"), "unit": "%"}])])
    assert (refused(text(bad)).seq, refused(text(bad)).boot) == (9, "b7")
    worse = frame(9, boot="b7", measurements="none")
    assert (refused(text(worse)).seq, refused(text(worse)).boot) == (9, "b7")
    assert (refused(text(frame(9, boot="b\n"))).seq, refused(text(frame(9, boot="b\n"))).boot) == (9, None)


@pytest.mark.parametrize("cut", [20, 40, 100])
def test_the_seq_of_a_cut_frame_is_read_where_it_stands_in_front(cut: int) -> None:
    assert refused('{"type":"frame","seq":12,"measurements":[{"counter":1,"measured_at":"2026-11-22T10:41:07.123Z","rea'[:cut]).seq == (
        12 if cut > 30 else None
    )


def test_a_long_malformed_frame_is_not_read_a_second_time() -> None:
    raw = text(frame(5, measurements=[measurement(i) for i in range(1000)])).replace("97.5", "NaN")
    assert len(raw) > 100_000
    assert (refused(raw).reason, refused(raw).seq) == (R.MALFORMED, 5)


def test_a_seq_is_never_taken_from_inside() -> None:
    assert refused('{"type":"frame","measurements":[{"seq":3,').seq is None
    assert refused('{"seq":"3","type":"frame"}').seq is None
    assert refused('{"seq":true,"type":"frame"}').seq is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    assert isinstance(read(raw), list | Refusal | Hello | Bye)


_MESSY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["spo2", "%", "frame", "2026-11-22T10:41:07Z"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "seq", "measurements", "counter", "measured_at", "readings", "vital", "value", "unit"]), inner
        )
    ),
    max_leaves=30,
)


@given(_MESSY)
def test_no_json_raises_and_each_refusal_is_short(message: object) -> None:
    made = read(json.dumps(message))
    assert isinstance(made, list | Refusal | Hello | Bye)
    if isinstance(made, Refusal):
        assert made.reason in R
        assert max(len(made.where), len(made.detail)) <= MAX_TEXT


_INSTANTS = st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999)
_VALUES = st.none() | st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    measurements = []
    for _ in range(draw(st.integers(1, 4))):
        vitals = draw(st.lists(st.sampled_from(list(Vital)), min_size=1, max_size=8, unique=True))
        readings = tuple(WireReading(vital, draw(_VALUES), VITAL_SIGNS[vital].unit) for vital in vitals)
        measurements.append(WireMeasurement(draw(st.integers(0, 2**53 - 1)), from_ms(draw(_INSTANTS)), readings))
    boot, sent_at = draw(st.sampled_from([None, "b1", "2026-11-22_a.b-c"])), draw(st.none() | _INSTANTS.map(from_ms))
    return Frame(draw(st.integers(1, 2**53 - 1)), tuple(measurements), boot, sent_at)


@given(frames())
def test_nothing_of_a_good_frame_is_lost(sent: Frame) -> None:
    raw = msgspec.json.encode(sent)
    assert decode(raw) == sent
    made = measurements_of("d1", sent)
    assert not isinstance(made, Refusal)
    for measurement_sent, measurement_made in zip(sent.measurements, made, strict=True):
        assert measurement_made.measured_at_ms == to_ms(measurement_sent.measured_at)
        expected = [(wire.vital, None if wire.value is None else to_milli(wire.value)) for wire in measurement_sent.readings]
        assert [(value.vital, value.value_milli) for value in measurement_made.values] == expected
