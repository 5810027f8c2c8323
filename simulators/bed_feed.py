"""Keeps a bed in step with the monitor's clock and hands its frames to the device client."""

import asyncio

from schemas.device_wire import Hello, RemeasureNow, WireInterval
from schemas.measurement import Mode
from simulators.bed import Bed, BedScript
from simulators.device_client import DeviceClient
from simulators.scenario import Scenario


def hello_of(device: str, boot: str, mode: Mode, source: str, intervals: tuple[WireInterval, ...]) -> Hello:
    return Hello(protocol=1, device=device, boot=boot, mode=mode, source=source[:200], intervals=intervals)


def source_of(scenario: Scenario, seed: int) -> str:
    """The line of text that screens show beside the device."""
    return f"simulated patient: {scenario.title}, seed {seed}"


async def feed(bed: Bed, client: DeviceClient, script: BedScript | None = None) -> None:
    """Frame after frame, each when the monitor's clock reaches its stamp, until the bed's session ends.

    `script` plays the clinician; without it somebody else moves the bed on. A feed that fell behind sends without waiting until it caught
    up; the client's outbox bounds what that can pile up.
    """

    def remeasure(request: RemeasureNow) -> None:
        bed.remeasure(request.vital)

    client.on_remeasure = remeasure
    while True:
        await client.clock.sleep_until(bed.next_at_ms)
        if script is not None:
            script.step()
        if bed.has_ended:
            client.restore()
            return
        if bed.faults.is_disconnected:
            client.cut()
        else:
            client.restore()
        client.send(bed.next_frame().measurements)
        await asyncio.sleep(0)  # a feed that catches up must not keep the line's own tasks from running
