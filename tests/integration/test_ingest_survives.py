"""A device, a monitor that is killed, a line that is cut: on disk is what was sent, each once. Real processes, SQLite and sockets."""

import asyncio
import json
import random
import time
from datetime import timedelta
from pathlib import Path

from monitor.app import Installation
from monitor.ingest.codec import MAX_VALUE_MILLI, decode, measurements_of
from monitor.ingest.naming import Refusal
from monitor.settings import read_settings
from monitor.store.sqlite import open_reader
from schemas.device_wire import Frame, Hello, WireMeasurement, WireReading
from schemas.instant import from_ms
from schemas.log import DeviceBound, Measured, PhaseOrdered
from schemas.measurement import Mode
from schemas.session import Order, Patient, Phase, Treatment
from schemas.vitals import Unit, Vital
from simulators.device_client import DeviceClient
from tests.support.running import free_port, serve

NAME = "sim-room-1"
PATIENT = Patient(birth_year=1980, label="A.B.", weight_g=70_000)
ORDER = Order(dose_ug=35_000, duration_ms=2_400_000, treatment=Treatment.KETAMINE_IV)


async def furnish(folder: Path) -> tuple[str, str]:
    """A session in its baseline with a device bound to it: its id and the device's token."""
    house = Installation(read_settings({}, data_dir=folder))
    async with house.api.router.lifespan_context(house.api):
        token = await house.access.register_device(NAME, Mode.SIMULATED, "simulator", by="test")
        session = await house.registry.create(room="Room 1", patient=PATIENT, order=ORDER, by="test")
        await house.registry.command(session, DeviceBound("test", NAME, Mode.SIMULATED, "simulator"))
        await house.registry.command(session, PhaseOrdered("test", None, Phase.BASELINE))
    return session, token


class Sending:
    """Numbered frames of ten measurements; the counter of each says which it was."""

    def __init__(self, client: DeviceClient) -> None:
        self._client = client
        self.counter = 0

    def frames(self, count: int) -> None:
        start = from_ms(self._client.clock.now_ms())
        for _ in range(count):
            made = []
            for _ in range(10):
                self.counter += 1
                readings = (WireReading(Vital.HEART_RATE, 60.0 + self.counter % 40, Unit.PER_MINUTE),)
                made.append(WireMeasurement(self.counter, start + timedelta(milliseconds=self.counter), readings))
            self._client.send(tuple(made))

    async def acknowledged_down_to(self, backlog: int) -> None:
        while self._client.backlog > backlog:  # noqa: ASYNC110 - the client has no event for it
            await asyncio.sleep(0)


async def test_what_is_sent_is_on_disk_once_through_kills_and_cuts(tmp_path: Path) -> None:
    session, token = await furnish(tmp_path)
    port = free_port()
    hello = Hello(protocol=1, device=NAME, boot="b1", mode=Mode.SIMULATED, source="simulator")
    client = DeviceClient(f"http://127.0.0.1:{port}", token, hello, monotonic=time.monotonic, rng=random.Random(1))
    sending = Sending(client)
    async with asyncio.timeout(120), client.running():
        with serve(tmp_path, port=port) as first:
            await client.welcomed()
            sending.frames(50)
            await client.drained()
            sending.frames(400)
            await sending.acknowledged_down_to(300)
            first.kill()
        with serve(tmp_path, port=port):
            for _ in range(5):
                sending.frames(40)
                await sending.acknowledged_down_to(max(0, client.backlog - 20))
                client.cut()
                client.restore()
            await client.drained()
            await client.bye("done")
    store = open_reader(tmp_path)
    try:
        counters = [entry.body.counter async for entries in store.entries(session) for entry in entries if isinstance(entry.body, Measured)]
    finally:
        await store.close()
    assert counters == list(range(1, sending.counter + 1))
    assert client.counts.refused == {}
    assert client.connections >= 3


async def test_the_most_extreme_frame_that_is_taken_can_be_recorded(tmp_path: Path) -> None:
    house = Installation(read_settings({}, data_dir=tmp_path / "extremes"))
    least, most = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"
    values = (MAX_VALUE_MILLI / 1000, -MAX_VALUE_MILLI / 1000, 0.0004, -0.0, None)
    async with house.api.router.lifespan_context(house.api):
        session = await house.registry.create(room="Room 1", patient=PATIENT, order=ORDER, by="test")
        await house.registry.command(session, DeviceBound("test", NAME, Mode.SIMULATED, "simulator"))
        made = [
            {"counter": counter, "measured_at": at, "readings": [{"vital": "spo2", "value": value, "unit": "%"}]}
            for value in values
            for counter, at in ((0, least), (2**53 - 1, most))
        ]
        frame = decode(json.dumps({"type": "frame", "seq": 1, "measurements": made}))
        assert isinstance(frame, Frame)
        measurements = measurements_of(NAME, frame)
        assert not isinstance(measurements, Refusal)
        await house.registry.intake.frame(NAME, "b1", 1, measurements, house.clock.now_ms())
        recorded = [entry.body async for entries in house.store.entries(session) for entry in entries if isinstance(entry.body, Measured)]
    assert [(body.counter, body.measured_at_ms) for body in recorded] == [(sent.counter, sent.measured_at_ms) for sent in measurements]
    assert [body.readings[0].value_milli for body in recorded] == [sent.values[0].value_milli for sent in measurements]
