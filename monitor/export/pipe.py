"""Writing a file that nobody has to hold: what a library writes is taken away block by block."""

import zipfile
from io import RawIOBase
from typing import Final

from monitor.export.selection import Selection

ZIP64_FROM: Final = 1_000_000  # entries; from there on a file may outgrow 2 GiB, and is written in the form for large ones
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first time a ZIP can name: when a file was written is said by its manifest
_FAST: Final = 1


class Pipe(RawIOBase):
    """Takes what a library writes until it is asked for. It cannot seek: zipfile then writes sizes after each file."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._taken = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._taken + len(self._written)

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]  # any buffer, as RawIOBase says
        self._written += block
        return len(block)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        self._taken += len(taken)
        return taken


def member(name: str, *, is_packed: bool = True) -> zipfile.ZipInfo:
    """A file to be packed quickly, or stored as it is. Its bytes depend on its contents alone, not on when and where it was packed."""
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
    info.create_system = 3  # on every system: the bytes are the same
    info.external_attr = 0o644 << 16
    info._compresslevel = _FAST  # type: ignore[attr-defined]  # noqa: SLF001 - it has no public name before Python 3.13
    return info


def is_large(selection: Selection) -> bool:
    """Whether a file of this session may outgrow what the plain form of an archive holds."""
    return selection.last_seq >= ZIP64_FROM
