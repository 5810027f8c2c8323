"""One device's WebSocket for a load of thousands: no task, no queue and no timer of its own, only bytes in and out.

`device_client.DeviceClient` is the device that survives everything; this one costs a few microseconds a frame and ends with its line.
"""

import asyncio
from collections.abc import Callable
from ssl import SSLContext, create_default_context
from typing import Final, cast
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

MAX_UNSENT: Final = 65_536  # bytes that the operating system did not take; nothing more is sent until it did
Heard = Callable[[bytes], None]


class LoadLine(asyncio.Protocol):
    """`heard` is given every text message. `ended`: done when the line is gone, however. Bound: MAX_UNSENT, then `has_room` is false."""

    def __init__(self, url: str, token: str, heard: Heard) -> None:
        self._protocol = ClientProtocol(parse_uri(url))
        self._token = token
        self._heard = heard
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def has_room(self) -> bool:
        transport = self._transport
        if transport is None or self._protocol.state is not State.OPEN:
            return False
        return transport.get_write_buffer_size() < MAX_UNSENT

    def send(self, text: bytes) -> None:
        """Raises OSError where the line has ended."""
        try:
            self._protocol.send_text(text)
        except InvalidState as error:
            raise OSError("the line has ended") from error
        self._flush()

    async def close(self) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()
        if self._transport is not None:
            self._transport.close()
        await asyncio.wait({self.ended})

    # --- what the transport calls -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        request = self._protocol.connect()
        request.headers["Authorization"] = f"Bearer {self._token}"
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if not isinstance(event, Frame):
                self._answered()
            elif event.opcode is Opcode.TEXT and event.fin:
                self._heard(bytes(event.data))
        self._flush()
        if self._transport is not None and self._protocol.close_expected():
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(OSError("the monitor ended the line"))
            self.opened.exception()  # where nobody waits any more, nothing is to be complained of
        if not self.ended.done():
            self.ended.set_result(None)

    def _answered(self) -> None:
        if self._protocol.handshake_exc is not None:
            self.opened.set_exception(OSError(f"the monitor takes no line: {self._protocol.handshake_exc}"))
        else:
            self.opened.set_result(None)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if self._transport is not None and data and not self._transport.is_closing():
                self._transport.write(data)


async def open_line(url: str, token: str, heard: Heard) -> LoadLine:
    """Raises OSError."""
    parts = urlsplit(url)
    tls: SSLContext | None = create_default_context() if parts.scheme == "wss" else None
    port = parts.port or (80 if tls is None else 443)
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(lambda: LoadLine(url, token, heard), parts.hostname or "", port, ssl=tls)
    await line.opened
    return line
