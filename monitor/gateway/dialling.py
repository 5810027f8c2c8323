"""The device wire over a real WebSocket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from monitor.gateway.uplink import Dial, Lost, Rejected, Socket
from schemas.device_wire import MAX_FRAME_BYTES

PING_S: Final = 20.0
_NOT_AUTHORISED: Final = frozenset({401, 403})
_TOKEN_ENDED, _NOT_YOURS, _REPLACED = 4401, 4403, 4409


def websocket(url: str, token: Callable[[], str], *, ping_s: float = PING_S) -> Dial:
    """`url`: ws(s) address of the device wire. A half-open line is noticed by the pings of the library, within twice `ping_s`."""

    @asynccontextmanager
    async def dial() -> AsyncIterator[Socket]:
        try:
            headers = {"Authorization": f"Bearer {token()}"}
            async with connect(
                url,
                additional_headers=headers,
                compression=None,
                proxy=None,
                max_size=MAX_FRAME_BYTES,
                ping_interval=ping_s,
                ping_timeout=ping_s,
                close_timeout=ping_s / 10,  # a dead line does not say goodbye
            ) as connection:
                yield _Socket(connection)
        except InvalidStatus as error:
            status = error.response.status_code
            if status in _NOT_AUTHORISED:
                raise Rejected(f"the monitor does not know the token, or is not at this address (HTTP {status})") from error
            raise Lost(f"the monitor answered HTTP {status}") from error
        except (WebSocketException, TimeoutError) as error:
            raise Lost(str(error) or type(error).__name__) from error

    return dial


class _Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: bytes) -> None:
        try:
            await self._connection.send(text, text=True)
        except ConnectionClosed as closed:
            raise self._ended(closed) from closed

    async def receive(self) -> bytes | str:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            raise self._ended(closed) from closed

    def _ended(self, closed: ConnectionClosed) -> Lost | Rejected:
        why = self._connection.close_reason or str(closed)
        return (Rejected if self._connection.close_code in (_TOKEN_ENDED, _NOT_YOURS, _REPLACED) else Lost)(why)
