"""Signs that the core works out from its inputs: from cuffs, from two sources beside each other, from devices, from the dose, from alerts.

Each method sets the channels of what has changed and returns them, so that the rules on them are judged like those on any new value. Two
signs grow by time alone, the dose given and the minutes since the stop: a rule's limit on them is a deadline that is known beforehand.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from monitor.core.channel import NEVER_MS, Channel
from monitor.core.dose import Dose, planned_rate_ug_per_min
from monitor.core.sources import BoundDevice, Sources
from schemas.alert import Alert, AlertKind, Priority
from schemas.limits import Limits, Term
from schemas.measurement import Reading, Reason, Validity
from schemas.session import Order, Patient
from schemas.signs import Derived, Sign
from schemas.vitals import Vital

_HR, _PR, _SPO2, _SBP, _DBP = Vital.HEART_RATE, Vital.PULSE_RATE, Vital.SPO2, Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP
_VALID, _NONE, _SECOND_SOURCE, _NOT_ADVANCING = Validity.VALID, Reason.NONE, Reason.SECOND_SOURCE, Reason.NOT_ADVANCING
_UNTIMELY = (Reason.LATE, Reason.NOT_ADVANCING)
_SOURCE_OF = {Derived.RATE_DIFFERENCE: _HR, Derived.SPO2_DIFFERENCE: _SPO2}
_PULSE = ""  # no device: the pulse rate beside the heart rate, of the same one or another


class Derivation:
    """Owned by one engine, beside its `Sources`."""

    def __init__(self, limits: Limits, sources: Sources, order: Order, patient: Patient, at_ms: int) -> None:
        self._trend = limits.trend
        self._due_intervals = limits.freshness.cuff_due_intervals
        self._steady_ms = int(limits.admission.questionable_hold_s * 1000)
        self._sources = sources
        self._channels: Mapping[Sign, Channel] = sources.channels
        self._order = order
        self._no_pulse, self._pulse_rate = self._channels[Derived.NO_PULSE], self._channels[_PR]
        self._systolic = self._channels[_SBP]
        self._cuffs: deque[tuple[int, int]] = deque(maxlen=limits.trend.cuffs)  # (at, systolic)
        self._diastolics: deque[int] = deque(maxlen=2)
        self._failed_cuffs = 0
        self._cuff_at_ms = at_ms
        self._doubtful = 0
        self._frozen: set[str] = set()
        self._stepped_at_ms: dict[str, int] = {}
        self._beside: dict[Derived, dict[str, int]] = {sign: {} for sign in _SOURCE_OF}
        self._stopped_at_ms: int | None = None
        self._crossings: tuple[tuple[int, Derived, int], ...] | None = None  # worked out anew when the dose or the signs changed
        self._thresholds = _thresholds(limits)
        if order.dose_ug:
            self._set(Derived.ORDER_MG_PER_KG, order.dose_ug * 1000 // patient.weight_g, at_ms)
        if order.dose_ug and order.duration_ms:
            minutes_milli = order.duration_ms // 60
            self._set(Derived.ORDER_MINUTES, minutes_milli, at_ms)
            self._set(Derived.ORDER_MG_PER_KG_MIN, order.dose_ug * 1_000_000 // (patient.weight_g * minutes_milli), at_ms)

    def _set(self, sign: Derived, value_milli: int, at_ms: int) -> list[Channel]:
        """The channel if this is news for it."""
        channel = self._channels[sign]
        if channel.value_milli == value_milli:
            return []
        channel.set(value_milli, at_ms)
        return [channel]

    # --- measurements -------------------------------------------------------------------------------------------------------------

    def measured(
        self, name: str, device: BoundDevice, readings: Sequence[Reading], fresh: Sequence[Channel], at_ms: int
    ) -> Sequence[Channel]:
        """After admission has judged a measurement that was not `is_calm`."""
        changed: list[Channel] = []
        is_frozen = bool(readings) and readings[0].reason is _NOT_ADVANCING
        if is_frozen is not (name in self._frozen):
            (self._frozen.add if is_frozen else self._frozen.discard)(name)
            changed += self._set(Derived.FROZEN_DEVICES, len(self._frozen) * 1000, at_ms)
        if device.track.step_ms or name in self._stepped_at_ms:
            changed += self._clock(name, device, is_steady=not any(reading.reason in _UNTIMELY for reading in readings), at_ms=at_ms)
        changed += self._doubts(at_ms)
        for reading in readings:
            vital = reading.vital
            if vital is _HR:
                if reading.reason is not _NONE or self._no_pulse.value_milli != 0:
                    changed += self._pulse(reading, at_ms)
            elif vital is _SBP:
                changed += self._cuff(reading, readings, at_ms)
            if reading.reason is _SECOND_SOURCE and (vital is _HR or vital is _SPO2):
                changed += self._second_source(name, reading, at_ms)
        if fresh and self._pulse_rate.seen_at_ms is not None:
            changed += self._two_rates(at_ms)
        return changed

    def is_calm(self, device: BoundDevice, at_ms: int) -> bool:
        """Whether a measurement whose readings are all plain can have changed nothing here. Most are of that sort."""
        return not (
            self._sources.doubtful
            or self._doubtful
            or self._frozen
            or device.track.step_ms
            or self._stepped_at_ms
            or self._no_pulse.value_milli != 0
            or self._systolic.seen_at_ms == at_ms
            or self._pulse_rate.seen_at_ms is not None
        )

    def _doubts(self, at_ms: int) -> list[Channel]:
        if self._sources.doubtful == self._doubtful:
            return []
        self._doubtful = self._sources.doubtful
        return self._set(Derived.DOUBTFUL_SIGNS, self._doubtful.bit_count() * 1000, at_ms)

    def _clock(self, name: str, device: BoundDevice, *, is_steady: bool, at_ms: int) -> list[Channel]:
        step_ms, device.track.step_ms = device.track.step_ms, 0
        if step_ms:
            self._stepped_at_ms[name] = at_ms
            return self._set(Derived.CLOCK_STEP, step_ms, at_ms)
        if not is_steady or at_ms - self._stepped_at_ms[name] < self._steady_ms:
            return []
        del self._stepped_at_ms[name]
        return [] if self._stepped_at_ms else self._set(Derived.CLOCK_STEP, 0, at_ms)

    def _pulse(self, reading: Reading, at_ms: int) -> list[Channel]:
        """A rate of exactly 0 that is measured, not missing: the sensor is on and finds no beat."""
        if reading.reason in (Reason.OUT_OF_RANGE, Reason.CROSS_FIELD) and reading.value_milli == 0:
            return self._set(Derived.NO_PULSE, 1000, at_ms)
        return self._set(Derived.NO_PULSE, 0, at_ms) if reading.validity is _VALID and reading.reason is Reason.NONE else []

    def _two_rates(self, at_ms: int) -> list[Channel]:
        rates = (self._channels[_HR], self._pulse_rate)
        if at_ms not in (rates[0].seen_at_ms, rates[1].seen_at_ms):
            return []  # neither of them is new
        heart, pulse = (rate.usable_milli(at_ms) for rate in rates)
        if heart is None or pulse is None:
            return []
        return self._difference(Derived.RATE_DIFFERENCE, _PULSE, abs(heart - pulse), at_ms)

    def _second_source(self, name: str, reading: Reading, at_ms: int) -> list[Channel]:
        first = self._channels[reading.vital].usable_milli(at_ms)
        if first is None or reading.value_milli is None or reading.validity is not _VALID:
            return []
        sign = Derived.RATE_DIFFERENCE if reading.vital is _HR else Derived.SPO2_DIFFERENCE
        return self._difference(sign, name, abs(first - reading.value_milli), at_ms)

    def _difference(self, sign: Derived, beside: str, difference_milli: int, at_ms: int) -> list[Channel]:
        """The largest of the differences to the first source."""
        self._beside[sign][beside] = difference_milli
        return self._set(sign, max(self._beside[sign].values()), at_ms)

    # --- cuffs --------------------------------------------------------------------------------------------------------------------

    def _cuff(self, reading: Reading, readings: Sequence[Reading], at_ms: int) -> list[Channel]:
        if reading.reason in (Reason.LATE, _NOT_ADVANCING, _SECOND_SOURCE):
            return []
        if reading.validity is not _VALID or reading.value_milli is None:
            return self._cuff_failed(reading, at_ms)
        self._failed_cuffs, self._cuff_at_ms = 0, at_ms
        changed = self._set(Derived.FAILED_CUFFS, 0, at_ms)
        systolic = reading.value_milli
        self._cuffs.append((at_ms, systolic))
        changed.append(self._at_cuff(Derived.SYSTOLIC_WORST, max(value for _, value in list(self._cuffs)[-2:]), at_ms))
        for other in readings:
            if other.vital is _DBP and other.value_milli is not None:
                self._diastolics.append(other.value_milli)
                changed.append(self._at_cuff(Derived.DIASTOLIC_WORST, max(self._diastolics), at_ms))
        changed.append(self._at_cuff(Derived.SYSTOLIC_PROJECTED, self._projected(systolic), at_ms))
        rate = self._channels[_HR].usable_milli(at_ms)
        if rate is not None:
            changed.append(self._at_cuff(Derived.SHOCK_INDEX, rate * 1000 // systolic, at_ms))
            changed.append(self._at_cuff(Derived.RATE_PRESSURE, rate * systolic // 1000, at_ms))
        return [*changed, *self._minutes(at_ms)]

    def _cuff_failed(self, reading: Reading, at_ms: int) -> list[Channel]:
        """A device may say `none` between two cuffs, too: it counts where the next one was about due."""
        is_due = at_ms - self._cuff_at_ms >= self._channels[_SBP].interval_ms * self._due_intervals
        if reading.value_milli is None and not is_due:
            return []
        self._failed_cuffs, self._cuff_at_ms = self._failed_cuffs + 1, at_ms
        return self._set(Derived.FAILED_CUFFS, self._failed_cuffs * 1000, at_ms)

    def _at_cuff(self, sign: Derived, value_milli: int, at_ms: int) -> Channel:
        """New with each cuff, also where the number is the same: a second reading is one more piece of evidence."""
        channel = self._channels[sign]
        channel.set(value_milli, at_ms)
        return channel

    def _projected(self, systolic: int) -> int:
        """Where the last cuffs point in `ahead_s`, if each is above the one before and they rise fast enough; else the value itself."""
        cuffs, trend = self._cuffs, self._trend
        values = [value for _, value in cuffs]
        rise, elapsed_ms = values[-1] - values[0], cuffs[-1][0] - cuffs[0][0]
        is_rising = len(cuffs) == trend.cuffs and all(before < after for before, after in pairwise(values))
        if not is_rising or rise * trend.per_s < trend.rise * elapsed_ms:
            return systolic
        return systolic + int(rise * trend.ahead_s * 1000) // max(elapsed_ms, 1)

    # --- devices and screens ------------------------------------------------------------------------------------------------------

    def devices_changed(self, at_ms: int) -> list[Channel]:
        """A device was bound, unbound, joined or left. What was wrong with one that is unbound is wrong no more."""
        devices = self._sources.devices
        changed = self._doubts(at_ms)
        if gone := self._frozen - devices.keys():
            self._frozen -= gone
            changed += self._set(Derived.FROZEN_DEVICES, len(self._frozen) * 1000, at_ms)
        if gone := self._stepped_at_ms.keys() - devices.keys():
            for name in gone:
                del self._stepped_at_ms[name]
            changed += [] if self._stepped_at_ms else self._set(Derived.CLOCK_STEP, 0, at_ms)
        for sign, beside in self._beside.items():
            if gone := {name for name in beside if not self._is_compared(sign, name)}:
                for name in gone:
                    del beside[name]
                changed += self._set(sign, max(beside.values(), default=0), at_ms)
        lost = sum(not device.is_connected for device in devices.values())
        return [*changed, *self._set(Derived.LOST_DEVICES, lost * 1000, at_ms)]

    def _is_compared(self, sign: Derived, beside: str) -> bool:
        """Whether both still speak, the source and what was beside it."""
        if self._channels[_SOURCE_OF[sign]].device is None:
            return False
        return self._pulse_rate.device is not None if beside == _PULSE else beside in self._sources.devices

    def screens_changed(self, screens: int, at_ms: int) -> list[Channel]:
        return self._set(Derived.WATCHING_SCREENS, screens * 1000, at_ms)

    # --- alerts -------------------------------------------------------------------------------------------------------------------

    def alerts_changed(self, unanswered: Iterable[Alert], unseen: int, at_ms: int) -> list[Channel]:
        """`unanswered`: raised and not acknowledged; `unseen`: how many of the raised no screen has shown in time."""
        high = sum(alert.priority is Priority.HIGH and alert.kind is AlertKind.PHYSIOLOGICAL for alert in unanswered)
        return [*self._set(Derived.UNANSWERED_HIGH, high * 1000, at_ms), *self._set(Derived.UNSEEN_ALERTS, unseen * 1000, at_ms)]

    # --- the dose and the time since it stopped -----------------------------------------------------------------------------------

    def dose_changed(self, dose: Dose, stopped_at_ms: int | None, at_ms: int) -> list[Channel]:
        """A rate was set, a bolus given, the infusion stopped."""
        self._stopped_at_ms, self._crossings = stopped_at_ms, None
        order = self._order
        changed = self._minutes(at_ms)
        if order.dose_ug and order.duration_ms:
            planned = planned_rate_ug_per_min(order.dose_ug, order.duration_ms)
            changed += self._set(Derived.RATE_OF_ORDER, dose.rate_ug_per_min * 100_000 // max(planned, 1), at_ms)
        if order.dose_ug:
            changed += self._set(Derived.GIVEN_OF_ORDER, dose.given_ug(at_ms) * 100_000 // order.dose_ug, at_ms)
        return changed

    def _minutes(self, at_ms: int) -> list[Channel]:
        if self._stopped_at_ms is None:
            return []
        self._crossings = None
        return self._set(Derived.MINUTES_SINCE_STOP, (at_ms - self._stopped_at_ms) // 60, at_ms)

    def next_crossing(self, dose: Dose, not_before_ms: int) -> tuple[int, Derived | None, int]:
        """When a sign that grows by time next reaches a limit, which, and the limit."""
        if self._crossings is None:
            self._crossings = tuple(self._next_crossings(dose))
        if not self._crossings:
            return NEVER_MS, None, 0
        due_ms, sign, limit = min(self._crossings)
        return max(due_ms, not_before_ms), sign, limit

    def _next_crossings(self, dose: Dose) -> Iterator[tuple[int, Derived, int]]:
        for sign in (Derived.GIVEN_OF_ORDER, Derived.MINUTES_SINCE_STOP):
            value = self._channels[sign].value_milli or 0
            limit = next((limit for limit in self._thresholds[sign] if limit > value), None)
            due_ms = None if limit is None else self._reaches_ms(sign, limit, dose)
            if limit is not None and due_ms is not None:
                yield due_ms, sign, limit

    def _reaches_ms(self, sign: Derived, limit_milli: int, dose: Dose) -> int | None:
        if sign is Derived.MINUTES_SINCE_STOP:
            return None if self._stopped_at_ms is None else self._stopped_at_ms + limit_milli * 60
        return dose.reaches_ms(-(-limit_milli * self._order.dose_ug // 100_000))

    def cross(self, sign: Derived, limit_milli: int, at_ms: int) -> list[Channel]:
        """The limit is reached."""
        self._crossings = None
        return self._set(sign, limit_milli, at_ms)

    def grown(self, dose: Dose, at_ms: int) -> dict[Sign, int]:
        """What grows by time as it stands now. Nothing is set: whoever asks changes nothing."""
        grown: dict[Sign, int] = {}
        if self._order.dose_ug:
            grown[Derived.GIVEN_OF_ORDER] = dose.given_ug(at_ms) * 100_000 // self._order.dose_ug
        if self._stopped_at_ms is not None:
            grown[Derived.MINUTES_SINCE_STOP] = (at_ms - self._stopped_at_ms) // 60
        return grown


def _reached_milli(term: Term, limit: float) -> int:
    """Where a limit is reached, or passed where it must be."""
    return round(limit * 1000) + (0 if term.at_limit else 1)


def _thresholds(limits: Limits) -> dict[Derived, tuple[int, ...]]:
    """Every limit of any rule on a sign that grows by time, in order."""
    terms = [term for rule in limits.rule for clause in (*rule.any, *rule.immediate) for term in clause.all]
    return {
        sign: tuple(sorted({_reached_milli(term, term.limit) for term in terms if term.derived is sign and term.limit is not None}))
        for sign in (Derived.GIVEN_OF_ORDER, Derived.MINUTES_SINCE_STOP)
    }
