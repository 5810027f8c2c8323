"""What is known at an instant: the newest value of every sign, its age and its doubt, and what is worked out from them."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from schemas.log import DeviceBound, DeviceJoined, DeviceLeft, DeviceUnbound, Measured, MonitorRestarted, ObservationCharted, ScreensChanged
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import VITAL_SIGNS
from tests.oracle.rulebook import CUFF_SIGNS, read_file

STEP_MS = 2_000
STEADY_MS = 30_000
NOT_NOW = (Reason.LATE, Reason.SECOND_SOURCE, Reason.NOT_ADVANCING)


CUFFS = {str(vital) for vital, row in VITAL_SIGNS.items() if row.is_cuff}


def is_cuff(vital: str) -> bool:
    return vital in CUFFS


@dataclass(frozen=True)
class Fact:
    at: int
    value: float
    is_doubtful: bool = False


@dataclass
class Device:
    is_connected: bool
    intervals: dict[str, int]
    is_frozen: bool = False
    boot: str = ""


@dataclass
class Clock:
    """A device's: its least delay, and when it last stepped."""

    delay: float
    stepped_at: int | None = None
    step: float = 0  # seconds, until its times have been steady


class Facts:
    """Everything is kept; `tell` gives the signs that have a new usable value by an input."""

    def __init__(self) -> None:
        self.freshness = read_file()["freshness"]
        self.trend = read_file()["trend"]
        self.devices: dict[str, Device] = {}
        self.nobodys: set[str] = set()  # vital signs whose device was unbound: the old value is nobody's
        self.source: dict[str, str] = {}
        self.intervals: dict[str, int] = {}  # kept from one input to the next
        self.vitals: dict[str, list[Fact]] = {}  # usable values of the source
        self.others: dict[tuple[str, str], Fact] = {}  # (device, vital): a second source's newest valid value
        self.standing: dict[str, Fact] = {}  # charted and derived signs
        self.cuffs: list[Fact] = []  # valid systolic values
        self.failed = 0
        self.last_cuff = 0  # when a cuff last gave anything, or failed when it was about due
        self.clocks: dict[str, Clock] = {}
        self.rebooted: set[str] = set()  # their delay is not known; a step stays until their times are steady
        self.newest_validity: dict[str, Validity] = {}  # of the source's newest value

    # --- ages ---------------------------------------------------------------------------------------------------------------------

    def interval_ms(self, vital: str) -> int:
        """How often the source renews it; without one, any bound device that says so."""
        if vital not in self.intervals:
            self.intervals[vital] = self._interval_ms(vital)
        return self.intervals[vital]

    def _interval_ms(self, vital: str) -> int:
        by_cuff = is_cuff(vital)
        most_s = self.freshness["max_cuff_interval_s" if by_cuff else "max_stream_interval_s"]
        usual_s = self.freshness["default_cuff_interval_s"] if by_cuff else 0
        device = self.devices.get(self.source.get(vital, ""))
        declared = device.intervals.get(vital) if device else None
        return min(usual_s * 1000 if declared is None else declared, most_s * 1000)

    def age_limit_ms(self, vital: str) -> float:
        if is_cuff(vital):
            return self.freshness["cuff_gone_intervals"] * self.interval_ms(vital)
        return max(self.freshness["stream_current_s"] * 1000, 5 * self.interval_ms(vital))

    def newest(self, sign: str, at: int) -> Fact | None:
        """The newest usable value."""
        if sign in self.standing:
            fact = self.standing[sign]
            if sign in CUFF_SIGNS and at - fact.at > self.age_limit_ms("systolic_bp"):
                return None
            return fact
        if sign in self.vitals and sign not in self.nobodys:
            fact = self.vitals[sign][-1]
            return fact if at - fact.at <= self.age_limit_ms(sign) else None
        return None

    def has_had(self, sign: str) -> bool:
        return sign in self.standing or sign in self.vitals

    # --- inputs -------------------------------------------------------------------------------------------------------------------

    def tell(self, at: int, body: object) -> set[str]:
        self.intervals.clear()
        match body:
            case Measured():
                return self._measured(at, body)
            case ObservationCharted():
                self.standing[body.sign] = Fact(at, float(body.value))
                return {str(body.sign)}
            case DeviceBound():
                self.devices[body.device] = Device(False, {})
                self.rebooted.add(body.device)
            case DeviceUnbound():
                self.devices.pop(body.device, None)
                for vital in [vital for vital, device in self.source.items() if device == body.device]:
                    del self.source[vital]
                    self.nobodys.add(vital)
                    self.newest_validity.pop(vital, None)
                self.clocks.pop(body.device, None)
                return self._devices(at) | self._doubts(at) | self._largest_step(at) | self._nothing_beside(at)
            case DeviceJoined():
                if body.device in self.devices:
                    device = self.devices[body.device]
                    device.is_connected = True
                    if device.boot != body.boot:
                        device.boot = body.boot
                        self.rebooted.add(body.device)
                    device.intervals = {str(one.vital): one.interval_ms for one in body.intervals}
            case DeviceLeft():
                if body.device in self.devices:
                    self.devices[body.device].is_connected = False
            case MonitorRestarted():
                for device in self.devices.values():
                    device.is_connected = False
            case ScreensChanged():
                return self.work_out("watching_screens", at, float(body.screens))
        if isinstance(body, (DeviceBound, DeviceUnbound, DeviceJoined, DeviceLeft, MonitorRestarted)):
            return self._devices(at)
        return set()

    def work_out(self, sign: str, at: int, value: float, is_doubtful: bool = False) -> set[str]:
        self.standing[sign] = Fact(at, value, is_doubtful)
        return {sign}

    def _devices(self, at: int) -> set[str]:
        lost = sum(not device.is_connected for device in self.devices.values())
        frozen = sum(device.is_frozen for device in self.devices.values())
        return self.work_out("lost_devices", at, lost) | self.work_out("frozen_devices", at, frozen)

    def _measured(self, at: int, body: Measured) -> set[str]:
        new: set[str] = set()
        for reading in body.readings:
            vital = str(reading.vital)
            is_from_source = self.source.get(vital, body.device) == body.device
            if is_from_source and reading.reason not in NOT_NOW:
                self.newest_validity[vital] = reading.validity
                new |= self._look_at(at, vital, reading)
            if reading.validity is Validity.INVALID or reading.reason in NOT_NOW or reading.value_milli is None:
                continue
            self.source[vital] = body.device
            self.nobodys.discard(vital)
            self.intervals.pop(vital, None)
            is_doubtful = reading.validity is Validity.QUESTIONABLE
            self.vitals.setdefault(vital, []).append(Fact(at, reading.value_milli / 1000, is_doubtful))
            new.add(vital)
        self.devices[body.device].is_frozen = any(reading.reason is Reason.NOT_ADVANCING for reading in body.readings)
        new |= self._devices(at)
        new |= self._of_cuff(at, new) | self._doubts(at) | self._steps(at, body) | self._failures(at, body)
        return new | (self._difference(at) if new & {"heart_rate", "pulse_rate"} else set())

    def _difference(self, at: int) -> set[str]:
        rates = [self.newest("heart_rate", at), self.newest("pulse_rate", at)]
        if rates[0] is None or rates[1] is None:
            return set()
        return self.work_out("rate_difference", at, round(abs(rates[0].value - rates[1].value), 6), False)

    def _nothing_beside(self, at: int) -> set[str]:
        """A rate without its device differs from nothing."""
        if "rate_difference" not in self.standing or not self.nobodys & {"heart_rate", "pulse_rate"}:
            return set()
        return self.work_out("rate_difference", at, 0)

    def _steps(self, at: int, body: Measured) -> set[str]:
        reasons = {reading.reason for reading in body.readings}
        delay = body.received_at_ms - body.measured_at_ms
        if reasons & {Reason.LATE, Reason.NOT_ADVANCING}:
            return set()
        clock = self.clocks.setdefault(body.device, Clock(delay))
        if body.device in self.rebooted:
            self.rebooted.remove(body.device)
            clock.delay = delay
        step = clock.delay - delay
        if step > STEP_MS or -step > read_file()["admission"]["late_after_s"] * 1000:
            clock.delay, clock.stepped_at, clock.step = delay, at, abs(step) / 1000
            return self._largest_step(at)
        clock.delay = min(clock.delay, delay)
        return self._steady(at, clock)

    def _steady(self, at: int, clock: Clock) -> set[str]:
        if clock.stepped_at is not None and at - clock.stepped_at >= STEADY_MS:
            clock.stepped_at, clock.step = None, 0
        return self._largest_step(at)

    def _largest_step(self, at: int) -> set[str]:
        largest = max((clock.step for clock in self.clocks.values()), default=0)
        standing = self.standing.get("clock_step")
        return set() if largest == (0 if standing is None else standing.value) else self.work_out("clock_step", at, largest)

    def _failures(self, at: int, body: Measured) -> set[str]:
        systolic = next((reading for reading in body.readings if reading.vital == "systolic_bp"), None)
        if systolic is None or systolic.reason in NOT_NOW:
            return set()
        if systolic.value_milli is None and at - self.last_cuff < self.freshness["cuff_due_intervals"] * self.interval_ms("systolic_bp"):
            return set()
        self.last_cuff = at
        self.failed = 0 if systolic.validity is Validity.VALID else self.failed + 1
        return self.work_out("failed_cuffs", at, self.failed)

    def _look_at(self, at: int, vital: str, reading: Reading) -> set[str]:
        """What a value of the source says beside the value."""
        if vital == "heart_rate" and reading.value_milli == 0:
            return self.work_out("no_pulse", at, 1)
        if vital == "heart_rate" and reading.validity is Validity.VALID:
            return self.work_out("no_pulse", at, 0)
        return set()

    def _doubts(self, at: int) -> set[str]:
        return self.work_out("doubtful_signs", at, sum(validity is Validity.QUESTIONABLE for validity in self.newest_validity.values()))

    def _of_cuff(self, at: int, new: set[str]) -> set[str]:
        if "systolic_bp" not in new or self.vitals["systolic_bp"][-1].is_doubtful:
            return set()
        cuffs = [fact for fact in self.vitals["systolic_bp"] if not fact.is_doubtful]
        systolic = cuffs[-1].value
        made = self.work_out("systolic_projected", at, self._projected(cuffs))
        heart_rate = self.newest("heart_rate", at)
        if heart_rate is not None:
            is_doubtful = False
            made |= self.work_out("shock_index", at, heart_rate.value / systolic, is_doubtful)
            made |= self.work_out("rate_pressure", at, heart_rate.value * systolic, is_doubtful)
        return made

    def _projected(self, cuffs: list[Fact]) -> float:
        last = cuffs[-self.trend["cuffs"] :]
        is_rising = len(last) == self.trend["cuffs"] and all(one.value < next_.value for one, next_ in pairwise(last))
        if not is_rising:
            return last[-1].value
        slope = (last[-1].value - last[0].value) / max(1, last[-1].at - last[0].at)  # cuffs of one instant: a millisecond apart
        if slope < self.trend["rise"] / (self.trend["per_s"] * 1000):
            return last[-1].value
        return last[-1].value + slope * self.trend["ahead_s"] * 1000

    # --- the personal baseline ----------------------------------------------------------------------------------------------------

    def baselines(self, at: int) -> dict[str, float]:
        """The median of what was valid before the infusion. Called when it starts."""
        numbers = read_file()["baseline"]
        made = {}
        for vital, facts in self.vitals.items():
            valid = [fact for fact in facts if not fact.is_doubtful]
            if is_cuff(vital):
                spaced = [fact for fact in valid if fact is valid[0] or fact.at - valid[0].at >= numbers["min_gap_s"] * 1000]
                if len(spaced) >= numbers["min_cuffs"]:
                    made[vital] = median(fact.value for fact in spaced)
            else:
                window = [fact.value for fact in valid if fact.at >= at - numbers["stream_window_s"] * 1000]
                if window:
                    made[vital] = median(window)
        return made
