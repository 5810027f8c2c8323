"""Where the values of a session come from: the devices bound to it, and of each vital sign the newest value and its one source."""

import msgspec

from monitor.core.admission import doubt, judge_cuff, judge_value
from monitor.core.channel import Channel
from monitor.core.device_track import DeviceTrack
from monitor.core.refused import Refused
from schemas.announcement import LINE, MAX_STANDING, DeviceAnnounced, Fact, Turn
from schemas.limits import Limits
from schemas.log import DeviceBound, DeviceJoined, DeviceLeft, DeviceUnbound, MonitorRestarted
from schemas.measurement import Measurement, Mode, Reading, Reason, Validity, Value
from schemas.signs import SIGNS, Derived, Sign
from schemas.vitals import VITAL_SIGNS, Vital

_OF_ONE_CUFF = (Derived.SHOCK_INDEX, Derived.RATE_PRESSURE, Derived.SYSTOLIC_PROJECTED)  # old, they say as little as the cuff itself
_NONE, _SECOND_SOURCE, _NOT_ADVANCING, _DEVICE_DOUBT = Reason.NONE, Reason.SECOND_SOURCE, Reason.NOT_ADVANCING, Reason.DEVICE_DOUBT
_VALID, _QUESTIONABLE, _INVALID = Validity.VALID, Validity.QUESTIONABLE, Validity.INVALID


class Standing(msgspec.Struct, frozen=True):
    """Of what a device announced, what holds: since `said_at_ms`, in these words."""

    fact: Fact
    said_at_ms: int
    text: str | None


class BoundDevice:
    """A device bound to this session, since when, whether it is connected, and what is known of its counter."""

    __slots__ = ("_lost_at_ms", "_said", "boot", "bound_at_ms", "intervals", "is_connected", "mode", "source", "track")

    def __init__(self, mode: Mode, source: str, track: DeviceTrack, bound_at_ms: int) -> None:
        self.bound_at_ms = bound_at_ms
        self.mode = mode
        self.source = source
        self.boot: str | None = None
        self.is_connected = False
        self.intervals: dict[Sign, int] = {}
        self._said: dict[str, Standing] = {}  # the newest of each name, ended or not
        self._lost_at_ms = 0
        self.track = track

    @property
    def says(self) -> dict[str, Standing]:
        """Of what it announced what holds, by name."""
        return {name: last for name, last in self._said.items() if last.fact.turn is not Turn.END}

    def announce(self, body: DeviceAnnounced) -> None:
        """What was said before the newest of the same name changes nothing; nor does what was said before the line was lost, for without it
        nothing is known of a device. An end is remembered: its beginning may come after it."""
        if body.said_at_ms < self._lost_at_ms:
            return
        for fact in body.facts:
            last = self._said.get(fact.name)
            if last is not None and last.said_at_ms > body.said_at_ms:
                continue
            if fact.name == LINE and fact.turn is Turn.END:
                self._said.clear()
                self._lost_at_ms = body.said_at_ms
                continue
            self._said.pop(fact.name, None)
            self._said[fact.name] = Standing(fact, body.said_at_ms, body.text)
        while len(self._said) > MAX_STANDING:
            ended = (name for name, last in self._said.items() if last.fact.turn is Turn.END)
            del self._said[next(ended, next(iter(self._said)))]


class Sources:
    """Devices and channels. As bits of vital signs: `questionable`, whose newest usable value is questionable (past its age or not);
    `doubtful`, whose newest value of all is. An unbound device's value is nobody's, and nobody doubts it."""

    __slots__ = ("_admission", "_vitals", "channels", "devices", "doubtful", "questionable")

    def __init__(self, limits: Limits) -> None:
        self._admission = limits.admission
        self.devices: dict[str, BoundDevice] = {}
        self.channels: dict[Sign, Channel] = {sign: Channel(sign, limits.admission, limits.freshness) for sign in SIGNS}
        self.channels[Vital.SYSTOLIC_BP].lead(tuple(self.channels[sign] for sign in _OF_ONE_CUFF))
        self._vitals = tuple(self.channels[vital] for vital in VITAL_SIGNS)
        self.questionable = 0
        self.doubtful = 0

    # --- the coming and going of devices: each refuses what cannot be, and changes nothing then ----------------------------------------

    def follow(self, body: DeviceBound | DeviceUnbound | DeviceJoined | DeviceLeft | MonitorRestarted, at_ms: int) -> None:
        match body:
            case DeviceBound():
                self._bind(body, at_ms)
            case DeviceUnbound():
                self._unbind(body.device)
            case DeviceJoined():
                self._join(body)
            case DeviceLeft():
                self._bound(body.device).is_connected = False
            case _:  # every connection is gone
                for device in self.devices.values():
                    device.is_connected = False

    def _bind(self, body: DeviceBound, at_ms: int) -> None:
        if body.device in self.devices:
            raise Refused("already_bound", f"{body.device} is already bound to this session")
        self.devices[body.device] = BoundDevice(body.mode, body.source, DeviceTrack(self._admission), at_ms)

    def _unbind(self, name: str) -> None:
        self._bound(name)
        del self.devices[name]
        for channel in self._vitals:
            if channel.device == name:
                channel.release()
                self.questionable &= ~channel.bit
                self.doubtful &= ~channel.bit

    def _join(self, body: DeviceJoined) -> None:
        device = self._bound(body.device)
        if device.boot != body.boot:
            device.boot = body.boot
            device.track = DeviceTrack(self._admission)
        device.is_connected = True
        device.intervals = {interval.vital: interval.interval_ms for interval in body.intervals}
        for channel in self._vitals:
            if channel.device == body.device:
                channel.claim(body.device, device.intervals.get(channel.sign))

    def announce(self, body: DeviceAnnounced) -> None:
        self._bound(body.device).announce(body)

    def _bound(self, name: str) -> BoundDevice:
        device = self.devices.get(name)
        if device is None:
            raise Refused("not_bound", f"{name} is not bound to this session")
        return device

    # --- measurements -----------------------------------------------------------------------------------------------------------------

    def take(
        self, device: BoundDevice, measurement: Measurement, received_at_ms: int, at_ms: int
    ) -> tuple[tuple[Reading, ...] | None, list[Channel], bool]:
        """The readings with their verdicts, the channels that have a usable new value, and whether a channel got its source by it. No
        readings where each is valid for no particular reason (`plain_readings`): most measurements are of that sort, and this is on the
        path of every one."""
        timing = device.track.time(measurement, received_at_ms)
        fresh: list[Channel] = []
        if timing is _NONE and not (self.questionable or self.doubtful):
            name, measured_at_ms, channels = measurement.device, measurement.measured_at_ms, self.channels
            for value in measurement.values:
                channel, value_milli = channels[value.vital], value.value_milli
                before_milli = channel.value_milli
                if value_milli is None or before_milli is None or channel.device != name or value.is_doubted:
                    break
                low, high, step = channel.plain
                if not (low <= value_milli <= high and -step <= value_milli - before_milli <= step):
                    break
                channel.validity = _VALID
                channel.reason = _NONE
                channel.measured_at_ms = measured_at_ms
                channel.received_at_ms = received_at_ms
                channel.value_milli = value_milli
                channel.seen_at_ms = at_ms
                fresh.append(channel)
            else:
                return None, fresh, False
        return self._look_closely(device, measurement, timing, fresh, received_at_ms, at_ms)

    def _look_closely(
        self, device: BoundDevice, measurement: Measurement, timing: Reason, fresh: list[Channel], received_at_ms: int, at_ms: int
    ) -> tuple[tuple[Reading, ...], list[Channel], bool]:
        """As `take`, whose first values may be in `fresh` already."""
        readings = [judge_value(value.vital, value.value_milli) for value in measurement.values]
        sinks = [self.channels[value.vital] for value in measurement.values]
        if any(channel.is_cuff for channel in sinks):
            readings = judge_cuff(readings, self._admission)
        if any(value.is_doubted for value in measurement.values):
            readings = [_doubted(reading, value) for reading, value in zip(readings, measurement.values, strict=True)]
        if timing is not _NONE:
            return tuple([_untimely(reading, timing) for reading in readings]), [], False
        is_claimed = False
        name, measured_at_ms = measurement.device, measurement.measured_at_ms
        for index in range(len(fresh), len(sinks)):
            channel, reading = sinks[index], readings[index]
            validity = reading.validity
            if channel.device != name:
                if channel.device is not None:
                    readings[index] = Reading(_SECOND_SOURCE, validity, reading.value_milli, reading.vital)
                    continue
                if validity is _INVALID:  # a probe that is off does not keep another device's value out
                    continue
                channel.claim(name, device.intervals.get(channel.sign))
                is_claimed = True
            if validity is _VALID:
                reading = readings[index] = self._beside_the_last(reading, channel, at_ms)
                validity = reading.validity
            if validity is _QUESTIONABLE:
                self.questionable |= channel.bit
                self.doubtful |= channel.bit
            else:
                self.doubtful &= ~channel.bit
                if validity is _VALID:
                    self.questionable &= ~channel.bit
            channel.validity = validity
            channel.reason = reading.reason
            channel.measured_at_ms = measured_at_ms
            channel.received_at_ms = received_at_ms
            if validity is not _INVALID:
                channel.value_milli = reading.value_milli
                channel.seen_at_ms = at_ms
                fresh.append(channel)
        return tuple(readings), fresh, is_claimed

    def is_questionable(self, bits: int, at_ms: int) -> bool:
        """Whether the newest usable value of any of these vital signs is questionable."""
        bits &= self.questionable
        return any(channel.bit & bits and channel.usable_milli(at_ms) is not None for channel in self._vitals)

    def _beside_the_last(self, reading: Reading, channel: Channel, at_ms: int) -> Reading:
        value_milli, seen_ms = reading.value_milli, channel.seen_at_ms
        assert value_milli is not None  # a valid reading has a value
        elapsed_ms = at_ms - seen_ms if seen_ms is not None else 0
        reason = doubt(reading.vital, value_milli, channel.value_milli, elapsed_ms, self._admission)
        return reading if reason is _NONE else Reading(reason, _QUESTIONABLE, value_milli, reading.vital)


def plain_readings(measurement: Measurement) -> tuple[Reading, ...]:
    """Each valid, for no particular reason."""
    return tuple([Reading(_NONE, _VALID, value.value_milli, value.vital) for value in measurement.values])


def _doubted(reading: Reading, value: Value) -> Reading:
    """What would be valid is questionable where the device itself doubts it."""
    if not value.is_doubted or reading.validity is not _VALID:
        return reading
    return Reading(_DEVICE_DOUBT, _QUESTIONABLE, reading.value_milli, reading.vital)


def _untimely(reading: Reading, timing: Reason) -> Reading:
    """A frozen counter makes every value invalid; a late value stays what it is, marked as late. Neither is ever "now"."""
    validity = _INVALID if timing is _NOT_ADVANCING else reading.validity
    return Reading(timing, validity, reading.value_milli, reading.vital)
