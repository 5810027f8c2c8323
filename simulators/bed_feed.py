"""Keeps a bed in step with the monitor's clock and hands its frames to the device client."""

import asyncio

from schemas.device_wire import Hello, RemeasureNow, WireInterval, WireMeasurement
from schemas.measurement import Mode
from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.device_client import DeviceClient
from simulators.scenario import Scenario


def hello_of(device: str, boot: str, mode: Mode, source: str, intervals: tuple[WireInterval, ...]) -> Hello:
    return Hello(protocol=1, device=device, boot=boot, mode=mode, source=source[:200], intervals=intervals)


def source_of(scenario: Scenario, seed: int) -> str:
    """The line of text that screens show beside the device."""
    return f"simulated patient: {scenario.title}, seed {seed}"


class Line:
    """The device that stands at the bed now, another one once it was swapped; and the last value of each vital sign that was sent."""

    def __init__(self, client: DeviceClient) -> None:
        self.client = client
        self.sent: dict[Vital, float | None] = {}

    def send(self, measurements: tuple[WireMeasurement, ...]) -> None:
        for part in measurements:
            for reading in part.readings:
                self.sent[reading.vital] = reading.value
        self.client.send(measurements)


async def feed(bed: Bed, line: Line, script: BedScript | None = None) -> None:
    """Frame after frame, each when the monitor's clock reaches its stamp, until the bed's session ends.

    `script` plays the clinician; without it somebody else moves the bed on. A feed that fell behind sends without waiting until it caught
    up; the client's outbox bounds what that can pile up.
    """

    def remeasure(request: RemeasureNow) -> None:
        bed.remeasure(request.vital)

    while True:
        line.client.on_remeasure = remeasure
        await line.client.clock.sleep_until(bed.next_at_ms)
        client = line.client
        if script is not None:
            script.step()
        if bed.has_ended:
            client.restore()
            return
        faults, boots = bed.faults, bed.boots
        client.clock_off_ms = round(faults.clock_s * 1000)
        measurements = bed.next_frame().measurements
        if bed.boots != boots:
            client.restart()
        if faults.is_disconnected or faults.is_off:
            client.cut()
        else:
            client.restore()
        if not faults.is_off:
            line.send(measurements)
        await asyncio.sleep(0)  # a feed that catches up must not keep the line's own tasks from running
