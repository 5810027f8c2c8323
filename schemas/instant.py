"""Instants: integers of UTC milliseconds since 1970 inside, RFC 3339 text with `Z` at the edges. Naive and zoned times are refused."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)  # the zone is judged apart
MAX_INSTANT_MS: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z, the last instant the text form can hold


class InstantError(ValueError):
    """A time that is not an aware UTC time; `reason` is the name used on the wire."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def to_ms(moment: datetime) -> int:
    """Aware UTC datetime -> integer milliseconds. Raises InstantError (`time_not_aware`, `time_not_utc`)."""
    offset = moment.utcoffset()
    if offset is None:
        raise InstantError("time_not_aware", "a time needs its zone: write it in UTC with a Z")
    if offset:
        raise InstantError("time_not_utc", f"a time must be in UTC, this one is offset by {offset}: write it with a Z")
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(at_ms: int) -> datetime:
    """Integer milliseconds -> aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def format_ms(at_ms: int) -> str:
    """Integer milliseconds -> '2026-11-22T10:41:07.123Z'."""
    return from_ms(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_ms(text: str) -> int:
    """'2026-11-22T10:41:07.123Z' -> integer milliseconds. Raises InstantError for anything else."""
    try:
        moment = datetime.fromisoformat(text) if _RFC_3339.fullmatch(text) else None
    except ValueError:  # the form is right, the day or the hour does not exist
        moment = None
    if moment is None:
        raise InstantError("time_malformed", f"{text[:40]!r} is not an RFC 3339 time")
    return to_ms(moment)
