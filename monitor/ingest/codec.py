"""Bytes of a device to typed frames, and frames to measurements. Pure; strict: what is not exactly of the wire form is refused by name.

One msgspec decode and one loop on the way of a good frame; everything that explains a bad one is in `naming.py`, off that way. A unit is
compared, never converted; a number is finite and fits an integer of thousandths exactly; a time is aware and in UTC; a key or a vital
sign given twice is ambiguous and refused.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from monitor.ingest.naming import MAX_LENIENT, Refusal, doubled_key, explain
from schemas.device_wire import MAX_FRAME_BYTES, Bye, DeviceSays, Frame, Hello, RefusedReason, WireMeasurement, WireReading
from schemas.instant import InstantError, to_ms
from schemas.measurement import Measurement, Value
from schemas.vitals import MILLI, VITAL_SIGNS, Unit, Vital

MAX_VALUE_MILLI: Final = 2**53 - 1  # the largest integer that JSON readers keep exactly (RFC 8785); far outside any plausible range

_decode: Final = msgspec.json.Decoder(DeviceSays).decode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROFILE: Final[dict[Vital, tuple[Unit, int]]] = {vital: (sign.unit, 1 << bit) for bit, (vital, sign) in enumerate(VITAL_SIGNS.items())}


def decode(raw: bytes | str) -> Hello | Frame | Bye | Refusal:
    """One frame of a device. At most MAX_FRAME_BYTES; a longer one is refused unread. Never raises, whatever the bytes are."""
    if len(raw) > MAX_FRAME_BYTES:
        return Refusal(RefusedReason.TOO_LARGE, "", f"a frame is at most {MAX_FRAME_BYTES} bytes, this one has {len(raw)}")
    try:
        said: Hello | Frame | Bye = _decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return explain(raw, error)
    if type(said) is not Frame:
        return said
    if said.announcements and len(raw) > MAX_LENIENT:
        detail = f"a frame with announcements is at most {MAX_LENIENT} bytes: send them in a frame of their own"
        return Refusal(RefusedReason.TOO_LARGE, "announcements", detail, said.seq)
    if said.announcements or not _is_plain(raw, said):
        doubled = doubled_key(raw)
        if doubled is not None:
            return Refusal(RefusedReason.MALFORMED, "", doubled, said.seq)
    return said


def measurements_of(device: str, frame: Frame) -> list[Measurement] | Refusal:
    """The measurements of a frame, in order; the first fault refuses the whole frame."""
    if frame.sent_at is not None and frame.sent_at.tzinfo is not UTC:
        return wrong_time(frame.sent_at, "sent_at", frame.seq)
    if not frame.measurements and not frame.announcements:
        return Refusal(RefusedReason.MALFORMED, "measurements", "a frame holds at least one measurement or announcement", frame.seq)
    made: list[Measurement] = []
    profile, least, most, per_unit = _PROFILE, -float(MAX_VALUE_MILLI), float(MAX_VALUE_MILLI), float(MILLI)  # floats compare fastest
    for index, wire in enumerate(frame.measurements):
        moment = wire.measured_at
        if moment.tzinfo is not UTC:  # msgspec gives this very object for `Z` and for `+00:00`
            return wrong_time(moment, f"measurements[{index}].measured_at", frame.seq)
        seen = 0
        values: list[Value] = []
        for reading in wire.readings:
            vital, value = reading.vital, reading.value
            unit, bit = profile[vital]
            if reading.unit is not unit or seen & bit:
                return _wrong_reading(wire, index, frame.seq)
            seen |= bit
            if value is None:
                values.append(Value(vital, None))
                continue
            milli = value * per_unit
            if not least <= milli <= most:
                return _wrong_reading(wire, index, frame.seq)
            values.append(Value(vital, round(milli), reading.doubt != ""))  # schemas.vitals.to_milli, without the call
        since = moment - _EPOCH
        measured_at_ms = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000  # instant.to_ms, three times as fast
        made.append(Measurement(device, wire.counter, measured_at_ms, tuple(values)))
    return made


def sent_at_ms(frame: Frame) -> int | None:
    """Of a frame whose measurements were taken."""
    return None if frame.sent_at is None else to_ms(frame.sent_at)


def _is_plain(raw: bytes | str, frame: Frame) -> bool:
    """Whether the quotation marks of a frame are just as many as those of its keys and texts, each key once: then none stands twice.

    No text of a valid frame can hold an escaped quotation mark, so the count is exact. Where it does not fit, a close look follows.
    """
    expected = 8 + 8 * len(frame.measurements)  # "type" "frame" "seq" "measurements"; "counter" "measured_at" "..." "readings"
    for wire in frame.measurements:
        expected += 10 * len(wire.readings)  # "vital" "..." "value" "unit" "..."
    if isinstance(raw, str):
        extra, names_boot, names_sent, names_doubt = raw.count('"') - expected, '"boot"' in raw, '"sent_at"' in raw, '"doubt"' in raw
    else:
        extra, names_boot, names_sent, names_doubt = (
            raw.count(b'"') - expected,
            b'"boot"' in raw,
            b'"sent_at"' in raw,
            b'"doubt"' in raw,
        )
    if names_doubt:  # "doubt" "..."
        extra -= 4 * sum(reading.doubt != "" for wire in frame.measurements for reading in wire.readings)
    return extra == (names_boot and (2 if frame.boot is None else 4)) + (names_sent and (2 if frame.sent_at is None else 4))


def wrong_time(moment: datetime, where: str, seq: int) -> Refusal:
    """Name what is wrong with a time that is not in UTC."""
    try:
        to_ms(moment)
    except InstantError as error:
        return Refusal(RefusedReason(error.reason), where, str(error), seq)
    return Refusal(RefusedReason.TIME_NOT_UTC, where, "write the time in UTC with a Z", seq)


def _wrong_reading(wire: WireMeasurement, index: int, seq: int) -> Refusal:
    """Name the first reading of a measurement that cannot be taken, and what is wrong with it."""
    seen: set[Vital] = set()
    for place, reading in enumerate(wire.readings):
        where = f"measurements[{index}].readings[{place}]"
        fault = _fault(reading, seen)
        if fault is not None:
            return Refusal(fault[0], f"{where}.{fault[1]}", fault[2], seq)
        seen.add(reading.vital)
    raise AssertionError("called for a measurement without a fault")


def _fault(reading: WireReading, seen: set[Vital]) -> tuple[RefusedReason, str, str] | None:
    unit = VITAL_SIGNS[reading.vital].unit
    if reading.unit is not unit:
        return RefusedReason.WRONG_UNIT, "unit", f"{reading.vital} is measured in {unit}, not in {reading.unit}; nothing is converted"
    if reading.vital in seen:
        return RefusedReason.MALFORMED, "vital", f"{reading.vital} is given twice in one measurement"
    if reading.value is not None and not -MAX_VALUE_MILLI <= reading.value * MILLI <= MAX_VALUE_MILLI:
        return RefusedReason.NOT_A_NUMBER, "value", f"a value is at most {MAX_VALUE_MILLI // MILLI} either way"
    return None
