"""A port that Vital Recorders connect to: a WebSocket that speaks Socket.IO. The longer way over HTTP polling is not offered."""

from contextlib import AbstractAsyncContextManager
from typing import Final
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from monitor.adapters.base import AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.listening import Accept, Listening, Open
from monitor.adapters.redial import host_and_port
from monitor.adapters.vital_recorder.codec import CODES, VitalRecorderCodec
from monitor.adapters.vital_recorder.socket_io import Frame, Opened
from monitor.adapters.vital_recorder.upload import MAX_UPLOAD

_ADDRESSES: Final = "listen:host:port"
_SILENT_MS: Final = 60_000  # it sends every second and answers every ping


class _Socket:
    """A `Line`: first how it was opened, then each message."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        query = parse_qs(urlsplit(connection.request.path if connection.request is not None else "").query)
        self._opened: Opened | None = Opened(query.get("EIO", ["3"])[0])

    async def read(self) -> Opened | Frame:
        if self._opened is not None:
            opened, self._opened = self._opened, None
            return opened
        try:
            return Frame(await self._connection.recv())
        except ConnectionClosed as closed:
            raise OSError(f"closed: {closed}") from closed

    async def write(self, data: bytes) -> None:
        try:
            await self._connection.send(data.decode("utf-8"))
        except ConnectionClosed as closed:
            raise OSError(f"closed: {closed}") from closed

    def close(self) -> None:
        self._connection.transport.abort()


def _port(host: str, port: int) -> Open[Opened | Frame]:
    async def open_port(accept: Accept[Opened | Frame]) -> AbstractAsyncContextManager[object]:
        async def came(connection: ServerConnection) -> None:
            them, number, *_ = connection.remote_address
            await accept(_Socket(connection), f"{them}:{number}")

        return await serve(came, host, port, max_size=MAX_UPLOAD, max_queue=4, compression=None, ping_interval=None, close_timeout=1)

    return open_port


def _shell(setup: Setup) -> Listening[Opened | Frame]:
    VitalRecorderCodec(setup.codec)  # a missing option is told now, not to the first recorder
    scheme, _, rest = setup.address.partition(":")
    if scheme != "listen" or (place := host_and_port(rest)) is None:
        raise AdapterError(f"{setup.address!r} is no address here: write {_ADDRESSES}")
    return Listening(_port(*place), lambda: VitalRecorderCodec(setup.codec), setup, _SILENT_MS)


ADAPTER: Final = AdapterSpec(
    name="vital-recorder",
    title="Vital Recorder, and through it the monitors, pumps and ventilators that it reads",
    protocol="Vital Recorder's stream to a VitalServer: Socket.IO, zlib JSON or gzip HL7, about once a second",
    addresses=_ADDRESSES,
    tier=Tier.RECONNECTS,
    make_codec=VitalRecorderCodec,
    make_adapter=_shell,
    options=(CODES,),
)
