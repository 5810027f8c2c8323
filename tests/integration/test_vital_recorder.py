"""Vital Recorders on real sockets: another project's Socket.IO client joins, sends both forms, is cut off and joins again."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import repeat

import pytest
from websockets.asyncio.client import connect

from monitor.adapters.base import AdapterError, CodecSettings, Setup
from monitor.adapters.registry import adapter_of
from monitor.adapters.said import Fault, Undecoded
from monitor.clock import SystemClock
from simulators.devices.vital_recorder import Room, gzip_hl7, sends, zlib_json
from tests.support.heard import PATIENCE_S, Heard
from tests.support.running import free_port

AT = 1_795_344_067.0
OPTIONS = CodecSettings(options={"codes": "VR_A"})


def _at_once() -> Iterator[float]:
    return repeat(0.005)


def _upload(spo2: float) -> bytes:
    return zlib_json("VR_A", [Room("BED-1", {"PLETH_SPO2": spo2})], AT)


@asynccontextmanager
async def _listening(heard: Heard) -> AsyncIterator[int]:
    port = free_port()
    setup = Setup(f"listen:127.0.0.1:{port}", SystemClock(), _at_once, OPTIONS)
    task = asyncio.ensure_future(adapter_of("vital-recorder", setup).run(heard.keep))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await _is_open(port)
            yield port
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _is_open(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0)
        else:
            writer.close()
            return


async def test_a_recorder_joins_sends_both_forms_is_cut_off_and_joins_again() -> None:
    heard = Heard()
    async with _listening(heard) as port:
        client = await sends(f"http://127.0.0.1:{port}", "VR_A")
        await client.emit("send_data", _upload(97))
        await client.emit("send_data", gzip_hl7("VR_A", [Room("BED-1", {"PLETH_SPO2": 96})], datetime(2026, 11, 22, 10, 41, 8), 2))
        await heard.until(lambda: heard.spo2() == [97_000, 96_000])
        await client.disconnect()
        again = await sends(f"http://127.0.0.1:{port}", "VR_A")
        await again.emit("send_data", _upload(95))
        await heard.until(lambda: heard.spo2() == [97_000, 96_000, 95_000])
        await again.disconnect()
    assert heard.connected() == [True]  # it was back within the ten seconds that some need
    assert not [item for item in heard.told if isinstance(item, Undecoded)]


async def test_an_acknowledgement_comes_once_it_is_kept_and_not_where_it_cannot_be() -> None:
    heard = Heard()
    async with _listening(heard) as port:
        client = await sends(f"http://127.0.0.1:{port}", "VR_A")
        assert await client.call("send_data", _upload(97), timeout=PATIENCE_S) is None
        assert heard.spo2() == [97_000]
        await client.disconnect()


async def test_a_stranger_is_told_to_leave() -> None:
    heard = Heard()
    async with _listening(heard) as port:
        client = await sends(f"http://127.0.0.1:{port}", "VR_X")
        left = asyncio.Event()
        client.on("disconnect", left.set)
        if client.connected:
            await left.wait()
        await heard.until(lambda: any(isinstance(item, Undecoded) for item in heard.told))
        await client.disconnect()
    assert [(item.fault, item.detail) for item in heard.told if isinstance(item, Undecoded)] == [
        (Fault.UNSUPPORTED, "'VR_X' is not an enrolled code")
    ]


async def test_an_older_recorder_over_engine_io_3() -> None:
    """No client of that version is at hand: its packets, as public captures show them."""
    heard = Heard()
    async with _listening(heard) as port:
        socket = await connect(f"ws://127.0.0.1:{port}/socket.io/?EIO=3&transport=websocket")
        assert json.loads((await socket.recv())[1:])["pingInterval"] > 0
        assert await socket.recv() == "40"
        await socket.send('42["join_vr","VR_A"]')
        await socket.send('451-["send_data",{"_placeholder":true,"num":0}]')
        await socket.send(b"\x04" + _upload(97))
        await socket.send("2")
        assert await socket.recv() == "3"
        await heard.until(lambda: heard.spo2() == [97_000])
        await socket.close()


async def test_a_message_beyond_the_bound_ends_its_connection_alone() -> None:
    heard = Heard()
    async with _listening(heard) as port:
        bad, good = await sends(f"http://127.0.0.1:{port}", "VR_A"), await sends(f"http://127.0.0.1:{port}", "VR_A")
        await bad.emit("send_data", gzip.compress(b"", mtime=0) + bytes(2_000_000))
        await good.emit("send_data", _upload(97))
        await heard.until(lambda: heard.spo2() == [97_000])
        await good.disconnect()
        await bad.disconnect()


@pytest.mark.parametrize("address", ["", "tcp:127.0.0.1:80", "listen:", "listen:127.0.0.1"])
def test_an_address_that_cannot_be_used_is_refused_at_once(address: str) -> None:
    with pytest.raises(AdapterError, match="listen:host:port"):
        adapter_of("vital-recorder", Setup(address, SystemClock(), _at_once, OPTIONS))
