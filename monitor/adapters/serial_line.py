"""A serial port (or a pty) as a Line: raw, locked against a second reader. POSIX only."""

import asyncio
import fcntl
import os
import termios
import tty
from typing import Final, Literal

import msgspec

_READ_BYTES: Final = 4_096
_INPUT_SPEED, _OUTPUT_SPEED, _CONTROL = 4, 5, 2  # places in termios' list of attributes


class PortSettings(msgspec.Struct, frozen=True):
    """Eight data bits, one stop bit, no flow control: what the devices here speak. `baud` is one that termios has a name for."""

    baud: int
    parity: Literal["none", "odd", "even"] = "none"


class SerialLine:
    """Made by `open_serial`. One task reads at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    async def read(self) -> bytes:
        """Empty or OSError: the port is gone (unplugged, or the pty's other end closed)."""
        descriptor = self._opened()
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                pass
            ready: asyncio.Future[None] = loop.create_future()
            loop.add_reader(descriptor, _set, ready)
            try:
                await ready
            finally:
                loop.remove_reader(descriptor)

    async def write(self, data: bytes) -> None:
        """Requests are a few bytes: a port whose buffer is too full for them is taken as broken."""
        if os.write(self._opened(), data) != len(data):
            raise OSError("the port does not take what is written to it")

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        if self._descriptor is None:
            raise OSError("the port is closed")
        return self._descriptor


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def open_serial(path: str, settings: PortSettings) -> SerialLine:
    """Raises OSError: no such port, no right to it, not a serial port, or another program reads it."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tty.setraw(descriptor, termios.TCSAFLUSH)  # drops what waited here: it is from before, its age is unknown
        attributes = termios.tcgetattr(descriptor)
        attributes[_INPUT_SPEED] = attributes[_OUTPUT_SPEED] = getattr(termios, f"B{settings.baud}")
        control = attributes[_CONTROL] & ~(termios.PARENB | termios.PARODD | termios.CSTOPB | termios.CRTSCTS)
        control |= termios.CS8 | termios.CLOCAL | termios.CREAD
        control |= {"none": 0, "odd": termios.PARENB | termios.PARODD, "even": termios.PARENB}[settings.parity]
        attributes[_CONTROL] = control
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    except BlockingIOError as error:
        os.close(descriptor)
        raise OSError(f"another program reads {path}: stop that one") from error
    except termios.error as error:
        os.close(descriptor)
        raise OSError(f"{path} is not a serial port: {error}") from error
    except BaseException:
        os.close(descriptor)
        raise
    return SerialLine(descriptor)
