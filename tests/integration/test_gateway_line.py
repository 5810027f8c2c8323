"""The gateway's way to the monitor where it is dead and does not say so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from monitor.gateway.dialling import websocket
from monitor.gateway.uplink import Lost

PATIENCE_S = 20


@asynccontextmanager
async def _dead_after_the_handshake() -> AsyncIterator[str]:
    """A monitor whose line dies half open: everything is taken and nothing comes back, no end of it either."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = ServerProtocol()
        while not (said := protocol.events_received()):
            protocol.receive_data(await reader.read(4_096))
        assert isinstance(said[0], Request)
        protocol.send_response(protocol.accept(said[0]))
        writer.write(b"".join(protocol.data_to_send()))
        await over.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ingest/ws"
        over.set()


async def test_a_half_open_line_is_noticed_by_the_pings() -> None:
    """Without them `receive` would wait for ever, and nothing would be sent until somebody started the gateway anew."""
    async with (
        asyncio.timeout(PATIENCE_S),
        _dead_after_the_handshake() as url,
        websocket(url, lambda: "token", ping_s=0.05)() as socket,
    ):
        await socket.send(b"{}")
        with pytest.raises(Lost, match="ping"):
            await socket.receive()
