"""A device that plays a recording: mode `replayed`, stamped with the monitor's clock."""

import asyncio
from typing import Final

from schemas.device_wire import WireInterval, WireMeasurement
from schemas.vitals import VITAL_SIGNS
from simulators.bedside_monitor import MAX_WIRE_INTERVAL_S, intervals_of, measurement
from simulators.device_client import DeviceClient
from simulators.recordings.recording import Description, Recording, Sample, Values

MAX_SPEED: Final = 1_000.0


def replay_intervals(description: Description, speed: float) -> tuple[WireInterval, ...]:
    """How often the device renews each vital sign, in seconds of the monitor's clock; never declared longer than the wire allows."""
    return intervals_of({vital: min(MAX_WIRE_INTERVAL_S, interval_s / speed) for vital, interval_s in description.intervals_s.items()})


async def replay(recording: Recording, client: DeviceClient, *, start_ms: int | None = None, speed: float = 1.0) -> int:
    """Send the recording from `start_ms` of its own time on (by default where it settles); returns how many frames were sent.

    Two samples lie as far apart as in the recording, divided by `speed`, by the monitor's clock; a monitor whose clock runs fast makes
    it faster still. Requests for another cuff value are ignored: what was not recorded cannot be measured.
    """
    from_ms = recording.description.default_start_ms if start_ms is None else start_ms
    begin_ms = client.clock.now_ms()
    counter = sent = 0
    for sample in recording.samples(from_ms):
        at_ms = begin_ms + round((sample.offset_ms - from_ms) / speed)
        await client.clock.sleep_until(at_ms)
        frame = _measurements(sample, counter, at_ms)
        if frame:
            client.send(frame)
            counter += len(frame)
            sent += 1
        await asyncio.sleep(0)  # the line's own tasks go on even where nothing has to be waited for
    return sent


def _measurements(sample: Sample, counter: int, at_ms: int) -> tuple[WireMeasurement, ...]:
    """Streamed values and cuff values are two measurements, as from a bedside monitor."""
    streamed: Values = {vital: value for vital, value in sample.values.items() if not VITAL_SIGNS[vital].is_cuff}
    cuff: Values = {vital: value for vital, value in sample.values.items() if VITAL_SIGNS[vital].is_cuff}
    parts = [part for part in (streamed, cuff) if part]
    return tuple(measurement(counter + number, at_ms, part) for number, part in enumerate(parts, start=1))
