"""What a badly made device makes of right measurements before they leave it: counters that wrap, numbers for "no value", mixed units."""

from collections.abc import Callable
from typing import Final

import msgspec

from schemas.device_wire import WireMeasurement, WireReading
from schemas.vitals import Unit
from simulators.faults import Faults
from simulators.seeds import seeded
from simulators.wire_events import CounterRollsOver, Sentinel, UnitError, UnitMistake

MMHG_PER_KPA: Final = 7.50062
_replace = msgspec.structs.replace


class WireFaults:
    """Of one device. Nothing is drawn while nothing is wrong."""

    def __init__(self, seed: int) -> None:
        self._rng = seeded(seed, "wire")

    def apply(
        self, measurements: tuple[WireMeasurement, ...], faults: Faults, again: Callable[[WireMeasurement], WireMeasurement]
    ) -> tuple[WireMeasurement, ...]:
        """What leaves the device in this second. `again` makes a further measurement of the same values, with a counter of its own."""
        if not (faults.garbled or faults.duplicated or faults.flood):
            return measurements
        sent = list(measurements)
        if faults.flood is not None:
            sent += [again(measurements[0]) for _ in range(faults.flood.per_s - 1)]
        for event in faults.garbled:
            sent = [garbled(measurement, event) for measurement in sent]
        if faults.duplicated is not None:
            share = faults.duplicated.share
            sent = [copy for measurement in sent for copy in (measurement,) * (2 if self._rng.random() < share else 1)]
        return tuple(sent)


def garbled(measurement: WireMeasurement, event: Sentinel | UnitMistake | CounterRollsOver) -> WireMeasurement:
    """One measurement as this device sends it."""
    if isinstance(event, CounterRollsOver):
        return _replace(measurement, counter=measurement.counter % event.modulus)
    readings = tuple(_wrong(reading, event) if reading.vital in event.vitals else reading for reading in measurement.readings)
    return _replace(measurement, readings=readings)


def _wrong(reading: WireReading, event: Sentinel | UnitMistake) -> WireReading:
    if isinstance(event, Sentinel):
        return _replace(reading, value=event.value)
    if event.mistake is UnitError.LABEL:
        return _replace(reading, unit=Unit.PERCENT if reading.unit is not Unit.PERCENT else Unit.PER_MINUTE)
    if reading.value is None:
        return reading
    divisor = MMHG_PER_KPA if event.mistake is UnitError.KILOPASCAL else 100.0
    return _replace(reading, value=round(reading.value / divisor, 2))
