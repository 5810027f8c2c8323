"""HL7's date and time: `YYYYMMDDHHMM[SS[.S[S[S[S]]]]][+/-ZZZZ]`. A day without an hour is no instant."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from monitor.adapters.device_time import NO_TIME, DeviceTime, device_time
from monitor.adapters.said import clipped

_STAMP: Final = re.compile(r"(\d{12})(?:(\d\d)(?:\.(\d{1,6})|(\d{3}))?)?([+-]\d{4})?", re.ASCII)  # milliseconds without a point: Mindray
_FORM: Final = "%Y%m%d%H%M%S"


def stamp_time(text: str, of_message: tzinfo | None, configured: tzinfo | None) -> DeviceTime:
    """The zone is the stamp's own, else the message's (that of MSH-7 holds for all), else the one set for the device."""
    if not text:
        return NO_TIME
    moment = _moment(text)
    if moment is not None and moment.tzinfo is None and of_message is not None:
        moment = moment.replace(tzinfo=of_message)
    return device_time(clipped(text), moment, configured)


def zone_of(text: str) -> tzinfo | None:
    """The offset that a stamp carries."""
    moment = _moment(text)
    return None if moment is None else moment.tzinfo


def written(at_ms: int) -> str:
    """A stamp of ours, in UTC."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):{_FORM}}+0000"


def _moment(text: str) -> datetime | None:
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    minutes, seconds, fraction, milliseconds, offset = match.groups()
    if offset is not None and (int(offset[1:3]) > 15 or int(offset[3:]) > 59):
        return None
    try:
        moment = datetime.strptime(minutes + (seconds or "00"), _FORM)  # noqa: DTZ007 - `device_time` gives it its zone
    except ValueError:
        return None
    moment += timedelta(microseconds=int((fraction or milliseconds or "0").ljust(6, "0")))
    if offset is None:
        return moment
    span = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    return moment.replace(tzinfo=timezone(-span if offset[0] == "-" else span))
