"""What a device says beside its vital signs, as it goes to the monitor: a pump's figures, its own alarms and states. Pure.

A pump that is asked every few seconds says the same again: its figures go out when what it delivers changes, and once a minute.
"""

from collections.abc import Iterable, Set
from typing import Final, NamedTuple

from monitor.adapters.device_time import NO_TIME, DeviceTime
from monitor.adapters.quantities import UNIT_OF, Quantity
from monitor.adapters.said import Condition, DeviceEvent, DeviceMeasurement, DeviceStatus, Kind, Phase, Sender, Told, clipped
from monitor.gateway.telling import Telling
from monitor.store.spool import Announced
from schemas.announcement import LINE, MAX_FACTS, Turn
from schemas.device_wire import WireAnnouncement, WireFact
from schemas.instant import from_ms
from schemas.vitals import MILLI

AGAIN_MS: Final = 60_000
_NAME: Final = 80
_DRUG: Final = "drug"  # of the words a device says, the only one that cannot be of a person
_RATES: Final = frozenset({Quantity.INFUSION_RATE_SET, Quantity.INFUSION_RATE, Quantity.DOSE_RATE, Quantity.CONCENTRATION})
FIGURES: Final = _RATES | {
    Quantity.VOLUME_INFUSED,
    Quantity.VOLUME_TO_INFUSE,
    Quantity.VOLUME_REMAINING,
    Quantity.BOLUS_VOLUME,
    Quantity.DOSE_GIVEN,
    Quantity.TIME_REMAINING,
    Quantity.LINE_PRESSURE,
}
_EITHER: Final = frozenset({Quantity.INFUSION_RATE_SET, Quantity.INFUSION_RATE})
_TURN: Final = {Phase.START: Turn.START, Phase.CONTINUE: Turn.START, Phase.END: Turn.END}


class _Told(NamedTuple):
    """When figures went out last, what mattered of them, and which rates were among them."""

    at_ms: int
    matters: frozenset[tuple[str, object]]
    rates: Set[Quantity]


class Announcing:
    """Of one adapter, beside its `Telling`, which knows whose words they are."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._told: dict[tuple[Sender, Kind], _Told] = {}  # of each sender; what is set and what is measured apart

    def take(self, told: Iterable[Told]) -> list[Announced]:
        rows: list[Announced] = []
        for item in told:
            match item:
                case DeviceEvent():
                    fact = WireFact(_name(item.key), turn=_TURN[item.phase], priority=item.priority)
                    self._add(rows, item, (fact,), item.text, item.time)
                case DeviceStatus():
                    self._status(rows, item)
                case DeviceMeasurement():
                    self._figures(rows, item)
        return rows

    def _add(
        self,
        rows: list[Announced],
        item: DeviceEvent | DeviceMeasurement,
        facts: tuple[WireFact, ...],
        text: str = "",
        time: DeviceTime = NO_TIME,
    ) -> None:
        device = self._telling.device_of(item.sender, item.mode)
        if device is not None:
            said_ms = self._telling.said_ms(item.sender, time, item.received_at_ms)
            rows.append(Announced(device, _wire(said_ms, facts, text)))

    def _status(self, rows: list[Announced], item: DeviceStatus) -> None:
        """That the line of several is lost is said of each."""
        is_line = item.condition is Condition.CONNECTED
        if is_line and not item.holds:
            self._told.clear()
        fact = WireFact(LINE if is_line else item.condition.value, turn=Turn.START if item.holds else Turn.END)
        rows += [Announced(device, _wire(item.received_at_ms, (fact,), item.why)) for device in self._telling.devices_of(item.sender)]

    def _figures(self, rows: list[Announced], item: DeviceMeasurement) -> None:
        values = [value for value in item.values if value.quantity in FIGURES] if item.kind is not Kind.MANUAL else []
        drugs = [text.origin.value for text in item.texts if text.name == _DRUG and text.origin.value]
        if not values and not drugs:
            return
        numbers = ((value.quantity, value.value_milli) for value in values if value.quantity in _RATES)
        matters: frozenset[tuple[str, object]] = frozenset({*numbers, *((_DRUG, name) for name in drugs)})
        before = self._told.get((item.sender, item.kind))
        if before is not None and before.matters == matters and item.received_at_ms - before.at_ms < AGAIN_MS:
            return
        made = {value.quantity: WireFact(value.quantity, _number(value.value_milli), UNIT_OF[value.quantity]) for value in values}
        rates = made.keys() & _EITHER
        self._told[item.sender, item.kind] = _Told(item.received_at_ms, matters, rates)
        if rates and before is not None:  # a pump that runs or rests has one of the two: the other was one of before
            made |= {rate: WireFact(rate, None, UNIT_OF[rate]) for rate in sorted(before.rates - rates)}
        if made:
            self._add(rows, item, tuple(made.values())[:MAX_FACTS], time=item.time)
        for name in drugs[:1]:
            self._add(rows, item, (WireFact(_DRUG),), name, item.time)


def _wire(said_ms: int, facts: tuple[WireFact, ...], text: str) -> WireAnnouncement:
    return WireAnnouncement(from_ms(said_ms), facts, clipped(text) or None)


def _name(text: str) -> str:
    return text[:_NAME] or "alarm"


def _number(value_milli: int | None) -> float | None:
    return None if value_milli is None else value_milli / MILLI
