"""What should have come and what did: of each device, vital sign by vital sign, with the gaps by name. Pure.

It is worked out from the log, and from what was refused and kept beside it. It says what is missing; it does not say why.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from monitor.core.channel import Channel
from monitor.core.limits import LimitsError, decode_limits
from monitor.export.cells import time_text
from monitor.export.selection import Selection
from monitor.export.views.stretches import Gap, Streams
from monitor.store.ports import Aside
from schemas.limits import Limits
from schemas.log import DeviceBound, DeviceJoined, DeviceUnbound, Entry, Measured, MonitorRestarted, SessionCreated
from schemas.measurement import Mode
from schemas.patient import is_afterword
from schemas.vitals import VITAL_SIGNS, Vital

NOT_RECORDED: Final = (
    "Minutes in which the test alert (the canary, once a minute) did not come through are in no session's log: that the alert path "
    "answered is shown by no file here. While it does not answer every screen says so, the second channel is told, and the metrics "
    "count it.",
)
MAX_LISTED: Final = 1_000  # gaps by name; those after it are counted alone


class Span(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """UTC times. `until` None: to the end of the record."""

    since: str
    until: str | None


class VitalCount(msgspec.Struct, frozen=True, kw_only=True):
    """`expected`: values due while the device was bound, whole intervals as it declared them (else the rule set's). `received`: values that
    came in time; more than were due where a cuff was taken again on request, or a device is quicker than it declared. `late`: values that
    came as history. `gaps` and `gap_s`: how often and how long none was current."""

    vital: Vital
    unit: str
    interval_s: float | None
    expected: int | None
    received: int
    late: int
    valid: int
    questionable: int
    invalid: int
    gaps: int
    gap_s: float


class DeviceCount(msgspec.Struct, frozen=True, kw_only=True):
    """`reasons`: of readings that were not plainly valid. `refused`: input of this device in this time that was refused, by reason; it is
    not in the record. Only the newest of it is kept, so it may be more."""

    device: str
    mode: Mode
    source: str
    bound: list[Span]
    measurements: int
    vitals: list[VitalCount]
    reasons: dict[str, int]
    refused: dict[str, int]


class NamedGap(msgspec.Struct, frozen=True, rename={"since": "from"}):
    device: str
    vital: Vital
    since: str
    until: str
    length_s: float


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """`says`: what is missing, in words; nothing where nothing is. `unwatched`: the monitor itself was not running. `not_recorded`: what
    this record cannot tell, whatever came."""

    session: str
    is_complete: bool
    entries: int
    first_at: str | None
    last_at: str | None
    says: list[str]
    devices: list[DeviceCount]
    gaps: list[NamedGap]
    gaps_unlisted: int
    unwatched: list[Span]
    not_recorded: tuple[str, ...] = NOT_RECORDED


class _Bound:
    """A device that was ever bound to the session."""

    def __init__(self, body: DeviceBound, streams: Streams) -> None:
        self.mode = body.mode
        self.source = body.source
        self.streams = streams
        self.spans: list[tuple[int, int | None]] = []

    def covers(self, at_ms: int) -> bool:
        return any(since <= at_ms and (until is None or at_ms <= until) for since, until in self.spans)


class Completeness:
    """Fed entry by entry, in order. Memory: devices x vital signs, and at most MAX_LISTED gaps."""

    def __init__(self) -> None:
        self._devices: dict[str, _Bound] = {}
        self._limits: Limits | None = None
        self._gaps: list[Gap] = []
        self._gaps_in_all = 0
        self._unwatched: list[tuple[int, int]] = []
        self._first_ms: int | None = None
        self._last_ms = 0
        self._entries = 0

    def add(self, entry: Entry) -> None:
        body, at_ms = entry.body, entry.at_ms
        self._entries += 1
        if isinstance(body, Measured):
            device = self._devices.get(body.device)
            if device is not None:
                self._list(device.streams.take(body, at_ms))
        else:
            self._event(entry)
        if self._first_ms is None:
            self._first_ms = at_ms
        if not is_afterword(body):
            self._last_ms = at_ms

    def _event(self, entry: Entry) -> None:
        body, at_ms = entry.body, entry.at_ms
        match body:
            case SessionCreated():
                try:
                    self._limits = decode_limits(body.limits)
                except LimitsError:
                    self._limits = None  # of another form: what was due cannot be said
            case DeviceBound():
                device = self._devices.get(body.device)
                if device is None:
                    device = self._devices[body.device] = _Bound(body, Streams(body.device, self._channel, at_ms))
                else:
                    device.streams.bind(at_ms)
                device.spans.append((at_ms, None))
            case DeviceUnbound(device=name) if name in self._devices:
                self._unbind(self._devices[name], at_ms)
            case DeviceJoined(device=name) if name in self._devices:
                self._devices[name].streams.declare({row.vital: row.interval_ms for row in body.intervals}, at_ms)
            case MonitorRestarted():
                self._unwatched.append((self._last_ms, at_ms))

    def _channel(self, vital: Vital) -> Channel | None:
        return None if self._limits is None else Channel(vital, self._limits.admission, self._limits.freshness)

    def _unbind(self, device: _Bound, at_ms: int) -> None:
        self._list(device.streams.unbind(at_ms))
        since, until = device.spans[-1]
        device.spans[-1] = (since, at_ms if until is None else until)

    def _list(self, gaps: Iterable[Gap]) -> None:
        for gap in gaps:
            self._gaps_in_all += 1
            if len(self._gaps) < MAX_LISTED:
                self._gaps.append(gap)

    def statement(self, selection: Selection, aside: Iterable[Aside] = ()) -> Statement:
        """After the last entry; once."""
        for device in self._devices.values():
            self._list(device.streams.unbind(self._last_ms))
        refused = self._refused(aside)
        devices = [self._device(name, device, refused.get(name, {})) for name, device in self._devices.items()]
        return Statement(
            session=selection.session,
            is_complete=selection.is_complete,
            entries=self._entries,
            first_at=None if self._first_ms is None else time_text(self._first_ms),
            last_at=time_text(self._last_ms) if self._entries else None,
            says=_says(selection, devices, self._unwatched),
            devices=devices,
            gaps=[
                NamedGap(gap.device, gap.vital, time_text(gap.since_ms), time_text(gap.until_ms), (gap.until_ms - gap.since_ms) / 1000)
                for gap in self._gaps
            ],
            gaps_unlisted=self._gaps_in_all - len(self._gaps),
            unwatched=[Span(time_text(since), time_text(until)) for since, until in self._unwatched],
        )

    def _refused(self, aside: Iterable[Aside]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for row in aside:
            device = self._devices.get(row.device or "")
            if device is not None and device.covers(row.at_ms) and row.at_ms <= self._last_ms:
                reasons = found.setdefault(row.device or "", {})
                reasons[row.reason] = reasons.get(row.reason, 0) + 1
        return found

    def _device(self, name: str, device: _Bound, refused: dict[str, int]) -> DeviceCount:
        return DeviceCount(
            device=name,
            mode=device.mode,
            source=device.source,
            bound=[Span(time_text(since), None if until is None else time_text(until)) for since, until in device.spans],
            measurements=device.streams.measurements,
            vitals=[
                VitalCount(
                    vital=stream.vital,
                    unit=VITAL_SIGNS[stream.vital].unit.value,
                    interval_s=None if stream.interval_ms is None else stream.interval_ms / 1000,
                    expected=None if stream.interval_ms is None else stream.expected,
                    received=stream.received,
                    late=stream.late,
                    **{validity.value: count for validity, count in stream.counts.items()},
                    gaps=stream.gaps,
                    gap_s=stream.gap_ms / 1000,
                )
                for stream in device.streams
            ],
            reasons=device.streams.reasons,
            refused=refused,
        )


def _says(selection: Selection, devices: list[DeviceCount], unwatched: list[tuple[int, int]]) -> list[str]:
    """What a reader must know at once."""
    said: list[str] = []
    if not selection.has_ended:
        said.append("The session had not ended when this was made: there may be more by now.")
    elif not selection.is_complete:
        said.append("The last entries are under no seal.")
    if not devices:
        said.append("No device was ever bound: there are no measurements.")
    for device in devices:
        for row in device.vitals:
            label = f"{device.device}, {VITAL_SIGNS[row.vital].label}"
            if row.expected is None:
                said.append(f"{label}: how many values were due cannot be said, the log carries no rule set that says so.")
            elif row.gaps:
                said.append(f"{label}: {row.expected} values were due, {row.received} came, {row.gaps} gaps of {row.gap_s:g} s in all.")
        if device.refused:
            said.append(f"{device.device}: {sum(device.refused.values())} inputs were refused; they are kept aside, not in the record.")
    for since_ms, until_ms in unwatched:
        said.append(f"The monitor was not running from {time_text(since_ms)} to {time_text(until_ms)}.")
    return said
