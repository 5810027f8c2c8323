"""A device's own time, as text and, where that can be known, as an instant. What cannot be known stays null: a zone is never guessed."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

import msgspec

from schemas.instant import to_ms


class TimeBasis(StrEnum):
    """How `at_ms` came about, or why it is null."""

    WIRE = "wire"  # the device wrote its zone
    CONFIGURED = "configured"  # local time, in the zone the clinic set for this device
    NONE = "none"  # the device gave no time
    NO_ZONE = "no_zone"  # local time, and no zone was set for the device
    AMBIGUOUS = "ambiguous"  # the hour that summer time's end repeats
    IMPOSSIBLE = "impossible"  # not a date, or the hour that summer time's start leaves out

    __hash__ = str.__hash__


class DeviceTime(msgspec.Struct, frozen=True, cache_hash=True):
    """`text`: as on the wire. `at_ms`: UTC milliseconds, null unless `basis` is wire or configured; a reader then goes by the arrival."""

    text: str = ""
    at_ms: int | None = None
    basis: TimeBasis = TimeBasis.NONE


NO_TIME = DeviceTime()


def device_time(text: str, moment: datetime | None, zone: tzinfo | None) -> DeviceTime:
    """`moment` as the codec read it from `text`: aware or local, None where it is no date. `zone`: of the device's clock, if set."""
    if moment is None:
        return DeviceTime(text, None, TimeBasis.IMPOSSIBLE)
    if moment.tzinfo is not None:
        return _instant(text, moment, TimeBasis.WIRE)
    if zone is None:
        return DeviceTime(text, None, TimeBasis.NO_ZONE)
    early, late = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():  # both readings of one local time: it happened twice, or never
        is_gap = (early.utcoffset() or timedelta()) < (late.utcoffset() or timedelta())
        return DeviceTime(text, None, TimeBasis.IMPOSSIBLE if is_gap else TimeBasis.AMBIGUOUS)
    return _instant(text, early, TimeBasis.CONFIGURED)


def _instant(text: str, moment: datetime, basis: TimeBasis) -> DeviceTime:
    try:
        at_ms = to_ms(moment.astimezone(UTC))
    except OverflowError:  # the first and the last day of the calendar, moved by their offset
        return DeviceTime(text, None, TimeBasis.IMPOSSIBLE)
    return DeviceTime(text, at_ms, basis)
