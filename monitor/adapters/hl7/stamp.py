"""HL7's date and time: `YYYYMMDDHHMM[SS[.S[S[S[S]]]]][+/-ZZZZ]`. A day without an hour is no instant."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

from monitor.adapters.device_time import NO_TIME, DeviceTime, device_time
from monitor.adapters.said import clipped

_STAMP: Final = re.compile(  # milliseconds without a point: Mindray
    r"(\d{8})(\d{4})(?:(\d\d)(?:\.(\d{1,6})|(\d{3}))?)?([+-](?:0\d|1[0-5])[0-5]\d)?", re.ASCII
)
_LONGEST: Final = 26  # characters of a stamp
_FORM: Final = "%Y%m%d%H%M%S"


def stamp_time(text: str, of_message: tzinfo | None, configured: tzinfo | None) -> DeviceTime:
    """The zone is the stamp's own, else the message's (that of MSH-7 holds for all), else the one set for the device."""
    if not text:
        return NO_TIME
    return _time(text, of_message, configured)[0] if len(text) <= _LONGEST else device_time(clipped(text), None, configured)


def time_of_message(text: str, configured: tzinfo | None) -> tuple[DeviceTime, tzinfo | None]:
    """With the offset that it carries."""
    return _time(text, None, configured) if 0 < len(text) <= _LONGEST else (stamp_time(text, None, configured), None)


@lru_cache(maxsize=256)  # a cuff's is told again with every message
def _time(text: str, of_message: tzinfo | None, configured: tzinfo | None) -> tuple[DeviceTime, tzinfo | None]:
    moment = _read(text)
    own = None if moment is None else moment.tzinfo
    if moment is not None and own is None and of_message is not None:
        moment = moment.replace(tzinfo=of_message)
    return device_time(text, moment, configured), own


def written(at_ms: int) -> str:
    """A stamp of ours, in UTC."""
    return _second(at_ms // 1000)


@lru_cache(maxsize=4)  # of all connections: what comes in one second is answered with one stamp
def _second(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):{_FORM}}+0000"


def _read(text: str) -> datetime | None:
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    day, minute, seconds, fraction, milliseconds, offset = match.groups("")
    try:
        return datetime.fromisoformat(f"{day}T{minute}{seconds or '00'}.{fraction or milliseconds or '0'}{offset}")
    except ValueError:
        return None
