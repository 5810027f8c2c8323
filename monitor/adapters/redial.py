"""A line that is opened again for ever, where we are the ones who connect: serial ports, converters, brokers, services."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

from monitor.adapters.base import AdapterError, Codec, CodecSettings, Keep, NotKept, Setup
from monitor.adapters.converse import Conversation, Ended
from monitor.adapters.line import Line, open_tcp
from monitor.adapters.said import Condition, DeviceStatus, clipped
from monitor.adapters.serial_line import PortSettings, open_serial

SERIAL_OR_TCP: Final = "serial:/dev/ttyUSB0 or tcp:host:port"
Item = TypeVar("Item")
SILENT_AFTER_MS: Final = 10_000  # for devices that speak every second or two: five times their period at least


class Redialled(Generic[Item]):
    """Adapter. Each connection gets a codec of its own. The waits between attempts grow until something was understood again, so a line
    that opens and drops at once is not hammered. Loss is told once, however many attempts fail; that it is back, when it is open."""

    def __init__(
        self,
        open_line: Callable[[], Awaitable[Line[Item]]],
        make_codec: Callable[[], Codec[Item]],
        setup: Setup,
        silent_after_ms: int | Callable[[], int] = SILENT_AFTER_MS,
    ) -> None:
        """`silent_after_ms`: a callable is asked of each connection, once it is open."""
        self._open_line = open_line
        self._make_codec = make_codec
        self._setup = setup
        self._silent_after_ms = silent_after_ms
        self._was_told: bool | None = None

    async def run(self, keep: Keep) -> None:
        waits = self._setup.waits()
        while True:
            try:
                line = await self._open_line()
            except OSError as error:
                why = str(error) or type(error).__name__
            else:
                ended = await self._converse(line, keep)
                why = ended.why
                if ended.was_understood:
                    waits = self._setup.waits()
            await self._tell(keep, why, is_connected=False)
            clock = self._setup.clock
            await clock.sleep_until(clock.now_ms() + round(next(waits) * 1000))

    async def _converse(self, line: Line[Item], keep: Keep) -> Ended:
        try:
            await self._tell(keep, self._setup.address, is_connected=True)
        except BaseException:
            line.close()
            raise
        silent_ms = self._silent_after_ms() if callable(self._silent_after_ms) else self._silent_after_ms
        return await Conversation(line, self._make_codec(), keep, self._setup.clock, silent_ms).run()

    async def _tell(self, keep: Keep, why: str, *, is_connected: bool) -> None:
        if self._was_told is is_connected:
            return
        self._was_told = is_connected
        with suppress(NotKept):
            await keep([DeviceStatus(self._setup.clock.now_ms(), Condition.CONNECTED, is_connected, clipped(why))])


def serial_or_tcp(setup: Setup, port: PortSettings, make_codec: Callable[[CodecSettings], Codec[bytes]]) -> Redialled[bytes]:
    """Shell of a device with a serial port: `serial:/dev/ttyUSB0`, or `tcp:host:port` of a converter. Raises AdapterError for any other."""
    scheme, _, rest = setup.address.partition(":")

    def fresh() -> Codec[bytes]:
        return make_codec(setup.codec)

    if scheme == "serial" and rest:
        return Redialled(lambda: open_serial(rest, port), fresh, setup)
    if scheme == "tcp" and (place := host_and_port(rest)):
        return Redialled(lambda: open_tcp(*place), fresh, setup)
    raise AdapterError(f"{setup.address!r} is no address here: write {SERIAL_OR_TCP}")


def host_and_port(text: str) -> tuple[str, int] | None:
    """Of `host:port`, IPv6 in brackets; None where it is not that."""
    host, _, number = text.rpartition(":")
    return (host.strip("[]"), int(number)) if host and number.isdecimal() and 0 < int(number) < 65_536 else None
