"""A simulated patient behind a virtual device: each second what the device shows, in its own protocol, into a wire."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from schemas.device_wire import Frame
from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.clock import Clock
from simulators.devices import masimo
from simulators.devices.wires import Wire

Shown = Mapping[Vital, float | None]
"""What the patient's monitor has in this second: None or absent, no value."""
Speech = Callable[[datetime, Shown], bytes]


def _masimo(at: datetime, shown: Shown) -> bytes:
    spo2, pulse = shown.get(Vital.SPO2), shown.get(Vital.HEART_RATE)
    off = spo2 is None
    return masimo.line(
        at,
        masimo.MasimoState(
            None if spo2 is None else round(spo2),
            None if pulse is None or off else round(pulse),
            perfusion_index=None if off else 4.96,
            exceptions=masimo.SENSOR_OFF if off else 0,
        ),
    )


SPEECHES: Final[Mapping[str, Speech]] = {
    "masimo": _masimo,
}
"""Virtual device -> its words. Devices that say a line a second and listen to nobody."""


async def speak(speech: Speech, bed: Bed, wire: Wire, clock: Clock) -> None:
    """Until the bed's session ends, by its own script. What nobody reads is lost, as on a real wire."""
    script = BedScript(bed)
    while True:
        await clock.sleep_until(bed.next_at_ms)
        script.step()
        if bed.has_ended:
            return
        for at, shown in _said(bed.next_frame()):
            wire.send(speech(at, shown))


def _said(frame: Frame) -> list[tuple[datetime, Shown]]:
    """The streamed values of a frame; a cuff is no part of an oximeter."""
    made = [(one.measured_at, {reading.vital: reading.value for reading in one.readings}) for one in frame.measurements]
    return [(at, shown) for at, shown in made if Vital.SPO2 in shown]
