"""HL7 senders on real sockets: they dial us, we dial one, each is answered once it is kept, and comes back after every cut."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import repeat
from pathlib import Path

import pytest

from monitor.adapters.base import AdapterError, CodecSettings, Keep, Setup
from monitor.adapters.listening import MAX_CONNECTIONS
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import DeviceEvent, DeviceMeasurement, Fault, Kind, Told, Undecoded
from monitor.clock import Clock, ManualClock, SystemClock
from schemas.measurement import Mode
from simulators.devices.hl7 import DIALECTS, Cuff, Hl7State, ge, mindray, mindray_alarm, philips
from simulators.devices.mllp import MllpLink, MllpServer, framed
from tests.support.heard import PATIENCE_S, Heard
from tests.support.node import NODE
from tests.support.running import free_port

AT = datetime(2026, 11, 22, 10, 41, 7)
STATE = Hl7State(72, 97, 71, 14, 38, Cuff(118, 74, 89, AT.replace(minute=17)))
SENDERS = Path(__file__).parents[1] / "support" / "compose"


def _at_once() -> Iterator[float]:
    return repeat(0.005)


class _Devices:
    """The other ends of a port of ours."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._links: list[MllpLink] = []

    async def dial(self) -> MllpLink:
        """A device dials until we listen."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    self._links.append(await MllpLink.dial("127.0.0.1", self.port))
                except OSError:
                    await asyncio.sleep(0)
                else:
                    return self._links[-1]

    def unplug(self) -> None:
        for link in self._links:
            link.unplug()


@asynccontextmanager
async def _running(address: str, keep: Keep, clock: Clock | None = None) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(adapter_of("hl7", Setup(address, clock or SystemClock(), _at_once)).run(keep))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _listening(heard: Heard, clock: Clock | None = None) -> AsyncIterator[_Devices]:
    devices = _Devices(port := free_port())
    async with asyncio.timeout(PATIENCE_S), _running(f"listen:127.0.0.1:{port}", heard.keep, clock):
        try:
            yield devices
        finally:
            devices.unplug()


@pytest.mark.parametrize(("dialect", "verdict"), [("mindray", "CA"), ("philips", "AA"), ("ge", "AA")])
async def test_a_monitor_sends_and_is_answered_in_its_dialect(dialect: str, verdict: str) -> None:
    heard = Heard()
    async with _listening(heard) as devices:
        link = await devices.dial()
        for number, spo2 in enumerate((97, None, 96)):
            assert await link.exchange(DIALECTS[dialect](AT, number, Hl7State(72, spo2, 71))) == verdict
        assert heard.spo2() == [97_000, None, 96_000], "it was kept before it was answered"
        assert {item.mode for item in heard.told if isinstance(item, DeviceMeasurement)} == {Mode.SIMULATED}
        assert not [item for item in heard.told if isinstance(item, Undecoded)]


async def test_three_makers_speak_at_once_and_each_is_itself() -> None:
    heard = Heard()
    async with _listening(heard) as devices:
        links = {name: await devices.dial() for name in DIALECTS}
        for number in range(5):
            await asyncio.gather(*(link.exchange(DIALECTS[name](AT, number, STATE)) for name, link in links.items()))
        models = [item.sender.model for item in heard.told if isinstance(item, DeviceMeasurement) and item.kind is Kind.CONTINUOUS]
        assert Counter(models) == {"VIRTUAL": 5, "EfficiaCM": 5, "B40_VIRTUAL": 5}
        assert heard.connected() == [True]


@pytest.mark.parametrize("script", ["send_hl7.mjs", "send_hl7_medplum.mjs"])
async def test_a_sender_of_other_hands_is_understood_and_understands(script: str) -> None:
    """node-hl7-client and @medplum/hl7 build the frames, and read our acknowledgements."""
    heard = Heard()
    messages = [mindray(AT, 1, STATE), ge(AT, 2, STATE), philips(AT, 3, STATE), mindray_alarm(AT, 4, 88, "start")]
    async with _listening(heard) as devices:
        sender = await asyncio.create_subprocess_exec(
            str(NODE), str(SENDERS / script), str(devices.port), stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        said, complaint = await sender.communicate(json.dumps([message.decode() for message in messages]).encode())
        assert (said.decode().splitlines(), complaint) == (
            ["CA 1", "AA 000000002EC", "AA CN3", "CA 4"],
            b"",
        )
        models = {item.sender.model for item in heard.told if isinstance(item, DeviceMeasurement)}
        assert models == {"VIRTUAL", "B40_VIRTUAL", "EfficiaCM"}
        assert len([item for item in heard.told if isinstance(item, DeviceEvent)]) == 1
        assert not [item for item in heard.told if isinstance(item, Undecoded)]


async def test_an_alarm_reaches_us_and_is_answered() -> None:
    heard = Heard()
    async with _listening(heard) as devices:
        link = await devices.dial()
        for number, phase in enumerate(("start", "end")):
            assert await link.exchange(mindray_alarm(AT, number, 88, phase)) == "CA"
        assert [item.phase.value for item in heard.told if isinstance(item, DeviceEvent)] == ["start", "end"]


async def test_what_is_not_kept_is_refused_and_the_device_sends_it_again() -> None:
    heard = Heard()
    async with _listening(heard) as devices:
        link = await devices.dial()
        heard.is_full = True
        assert await link.exchange(mindray(AT, 1, STATE)) == "CE"
        assert heard.spo2() == []
        heard.is_full = False
        assert await link.exchange(mindray(AT, 1, STATE)) == "CA"
        assert heard.spo2() == [97_000]


async def test_a_message_in_pieces_several_in_one_and_a_cut_in_the_middle() -> None:
    heard = Heard()
    first, second, third = (mindray(AT.replace(second=n), n, Hl7State(72, 90 + n, 71)) for n in (1, 2, 3))
    async with _listening(heard) as devices:
        link = await devices.dial()
        link.write(framed(first)[:50])
        await asyncio.sleep(0)
        link.write(framed(first)[50:] + framed(second) + framed(third)[:400])
        assert (await link.verdict(b"1"), await link.verdict(b"2")) == ("CA", "CA")
        link.unplug()
        await heard.until(lambda: any(isinstance(item, Undecoded) for item in heard.told))
        again = await devices.dial()
        assert await again.exchange(third) == "CA"
        assert heard.spo2() == [91_000, 92_000, 93_000]
        assert [item.fault for item in heard.told if isinstance(item, Undecoded)] == [Fault.TRUNCATED]


async def test_a_server_that_listens_is_dialled_and_found_again() -> None:
    """Nihon Kohden: the monitor waits for us."""
    heard = Heard()
    async with MllpServer() as server, _running(f"tcp:127.0.0.1:{server.port}", heard.keep), asyncio.timeout(PATIENCE_S):
        link = await server.connected()
        assert await link.exchange(mindray(AT, 1, STATE)) == "CA"
        link.unplug()
        link = await server.connected()
        assert await link.exchange(mindray(AT, 2, STATE)) == "CA"
        assert heard.spo2() == [97_000, 97_000]
        assert heard.connected() == [True, False, True]


async def test_a_sender_that_connects_for_each_message_is_not_lost_between_them() -> None:
    heard, clock = Heard(), ManualClock()
    async with _listening(heard, clock) as devices:
        for number in (1, 2, 3):
            link = await devices.dial()
            assert await link.exchange(mindray(AT, number, STATE)) == "CA"
            link.unplug()
        assert heard.connected() == [True]
        while heard.connected() == [True]:  # the clock goes as soon as the adapter has seen that nobody is left
            clock.advance(1_000)
            await asyncio.sleep(0)
        assert heard.connected() == [True, False]


async def test_a_port_that_is_taken_is_tried_again_and_said() -> None:
    heard = Heard()
    async with AsyncExitStack() as stack:
        async with MllpServer() as squatter:
            await stack.enter_async_context(_running(f"listen:127.0.0.1:{squatter.port}", heard.keep))
            await heard.until(lambda: heard.connected() == [False])
        devices = _Devices(squatter.port)
        assert await (await devices.dial()).exchange(mindray(AT, 1, STATE)) == "CA"
        assert heard.connected() == [False, True]
        devices.unplug()


async def test_too_many_connections_are_turned_away_and_the_others_go_on() -> None:
    heard = Heard()
    async with _listening(heard) as devices:
        links = [await devices.dial() for _ in range(MAX_CONNECTIONS)]
        for link in links:
            await link.exchange(mindray(AT, 1, STATE))  # it is accepted, not only in the queue of the socket
        with pytest.raises((EOFError, OSError)):
            await (await devices.dial()).exchange(mindray(AT, 2, STATE))
        assert await links[0].exchange(mindray(AT, 3, STATE)) == "CA"
        links[1].unplug()
        while True:
            try:
                assert await (await devices.dial()).exchange(mindray(AT, 4, STATE)) == "CA"
                break
            except (EOFError, OSError):
                continue


async def test_a_fault_that_trying_again_cannot_mend_comes_out() -> None:
    """Whoever runs the adapter supervises it."""

    async def keep(told: Sequence[Told]) -> None:
        if any(isinstance(item, DeviceMeasurement) for item in told):
            raise RuntimeError("the spool is gone")

    devices = _Devices(port := free_port())
    async with _running(f"listen:127.0.0.1:{port}", keep) as task:
        link = await devices.dial()
        with pytest.raises((EOFError, OSError)):
            await link.exchange(mindray(AT, 1, STATE))
        with pytest.raises(ExceptionGroup) as caught:
            await task
        devices.unplug()
    assert caught.group_contains(RuntimeError, match="the spool is gone")


async def test_a_connection_that_says_nothing_for_ten_minutes_is_closed() -> None:
    heard, clock = Heard(), ManualClock()
    async with _listening(heard, clock) as devices:
        link = await devices.dial()
        assert await link.exchange(mindray(AT, 1, STATE)) == "CA"
        waiting = asyncio.ensure_future(link.verdict(b"none"))
        for _ in range(20):
            await asyncio.sleep(0)
        clock.advance(599_000)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        clock.advance(1_000)
        with pytest.raises((EOFError, OSError)):
            await waiting


@pytest.mark.parametrize("address", ["", "listen:", "listen:2575", "listen:host:0", "tcp:host", "serial:/dev/ttyUSB0", "udp:host:1"])
def test_an_address_that_cannot_be_used_is_refused_at_once(address: str) -> None:
    with pytest.raises(AdapterError, match="listen:host:port or tcp:host:port"):
        adapter_of("hl7", Setup(address, SystemClock(), _at_once))


def test_an_option_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(AdapterError, match="has no option"):
        adapter_of("hl7", Setup("listen:127.0.0.1:2575", SystemClock(), _at_once, CodecSettings(options={"vendor": "ge"})))
