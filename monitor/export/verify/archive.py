"""The archive of a bundle, read as strictly as it is written: whatever could be otherwise in a ZIP file has one form here.

The files lie one behind the other from the first byte on, then the directory, then the end. Names, sizes, offsets and times that the
headers repeat must be the same everywhere; a file that unpacks to more or less than it says is refused as soon as that is seen.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from monitor.export.verify.verdict import Refused

MAX_FILES: Final = 1_000
MAX_UNPACKED: Final = 8 << 30  # bytes of all files together
BLOCK: Final = 1 << 18
STORED, DEFLATED = 0, 8
MEMBER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,80})?")
_LOCAL: Final = struct.Struct("<4s2B4HL2L2H")
_CENTRAL: Final = struct.Struct("<4s4B4HL2L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_FLAGS: Final = 8  # sizes and check sum follow the contents
_DATE: Final = 0x21  # 1 January 1980
_MODE: Final = 0o644 << 16
_LARGE: Final = 45  # version that a reader needs for the form for large files; 20 for the plain one
_UNKNOWN: Final = 0xFFFFFFFF


@dataclass(frozen=True)
class Member:
    """A file of the archive. `start`: of its header; `data`: of its packed bytes, of which there are `packed`."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    version: int
    start: int

    @property
    def data(self) -> int:
        return self.start + len(self.local)

    @property
    def local(self) -> bytes:
        """Its header as it must be."""
        name, is_large = self.name.encode(), self.version == _LARGE
        extra = struct.pack("<HHQQ", 1, 16, 0, 0) if is_large else b""
        size = _UNKNOWN if is_large else 0
        fixed = (b"PK\3\4", self.version, 0, _FLAGS, self.method, 0, _DATE, 0, size, size, len(name), len(extra))
        return _LOCAL.pack(*fixed) + name + extra

    @property
    def descriptor(self) -> bytes:
        """What follows its packed bytes."""
        return struct.pack("<4sLQQ" if self.version == _LARGE else "<4sLLL", b"PK\7\x08", self.crc, self.packed, self.size)

    @property
    def central(self) -> bytes:
        """Its record in the directory as it must be."""
        name = self.name.encode()
        fixed = (b"PK\1\2", self.version, 3, self.version, 0, _FLAGS, self.method, 0, _DATE, self.crc, self.packed, self.size)
        return _CENTRAL.pack(*fixed, len(name), 0, 0, 0, 0, _MODE, self.start) + name


def read_archive(stream: BinaryIO) -> list[Member]:
    """The files in their order. Raises Refused for anything that is not in its place or not in its one form."""
    length = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, length - _END.size))
    last = stream.read(_END.size)
    if len(last) < _END.size or last[:4] != b"PK\5\6":
        raise Refused("not a ZIP archive that ends where it should: it was cut off, or something was added to it")
    count, directory_size, directory = struct.unpack_from("<HLL", last, 10)
    if directory + directory_size + _END.size != length or not 0 < count <= MAX_FILES:
        raise Refused("the end of the archive does not say where its directory is: something was cut out or added")
    if last != _END.pack(b"PK\5\6", 0, 0, count, count, directory_size, directory, 0):
        raise Refused("the end of the archive is not in its one form")
    stream.seek(directory)
    members = _read_directory(stream.read(directory_size), count)
    _check_places(stream, members, directory)
    return members


def _read_directory(data: bytes, count: int) -> list[Member]:
    members: list[Member] = []
    at = 0
    for _ in range(count):
        if len(data) < at + _CENTRAL.size:
            raise Refused("the directory of the archive is cut off")
        fields = _CENTRAL.unpack_from(data, at)
        raw = data[at + _CENTRAL.size : at + _CENTRAL.size + fields[12]]
        name = raw.decode("ascii", "replace")
        if not MEMBER_NAME.fullmatch(name):
            raise Refused(f"the archive holds a file with a name that none may have: {name[:80]!r}")
        if name.lower() in {member.name.lower() for member in members}:
            raise Refused("the archive holds two files of this name", file=name)
        crc, packed, size = fields[9:12]
        member = Member(name, fields[6], crc, packed, size, version=fields[3], start=fields[18])
        if member.method not in (STORED, DEFLATED) or member.version not in (20, _LARGE):
            raise Refused("it is packed in a way that a bundle does not use", file=name)
        if data[at : at + len(member.central)] != member.central:
            raise Refused("its record in the directory of the archive is not in its one form", file=name)
        at += len(member.central)
        members.append(member)
    if at != len(data):
        raise Refused("there is something behind the directory of the archive")
    if sum(member.size for member in members) > MAX_UNPACKED:
        raise Refused(f"the archive says it unpacks to more than {MAX_UNPACKED >> 30} GiB")
    return members


def _check_places(stream: BinaryIO, members: list[Member], directory: int) -> None:
    """One file behind the other, nothing between them."""
    at = 0
    for member in members:
        stream.seek(at)
        end = member.data + member.packed
        if member.start != at or stream.read(len(member.local)) != member.local:
            raise Refused("its header is not where and what the directory of the archive says", file=member.name)
        stream.seek(end)
        if stream.read(len(member.descriptor)) != member.descriptor:
            raise Refused("what follows its contents is not what the directory of the archive says", file=member.name)
        at = end + len(member.descriptor)
    if at != directory:
        raise Refused("there is something between the last file and the directory of the archive")


def unpacked(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    """What a file holds, in blocks. Raises Refused as soon as it is not of the stated size or check sum."""
    at, left, size, crc = member.data, member.packed, 0, 0
    inflate = zlib.decompressobj(-15)
    pending = b""
    while True:
        if not pending and left:
            stream.seek(at)
            pending = stream.read(min(BLOCK, left))
            at, left = at + len(pending), left - len(pending)
        if member.method == STORED:
            block, pending, is_end = pending, b"", not left
        else:
            block, pending, is_end = _inflated(inflate, pending, member, left)
        size += len(block)
        crc = zlib.crc32(block, crc)
        if size > member.size:
            raise Refused(f"it unpacks to more than the {member.size} bytes it says", file=member.name)
        if block:
            yield block
        if is_end:
            break
    if size != member.size or crc != member.crc:
        raise Refused("it does not unpack to what its size and check sum say", file=member.name)


def _inflated(inflate: "zlib._Decompress", pending: bytes, member: Member, left: int) -> tuple[bytes, bytes, bool]:
    """The next block, what of the packed bytes is still to be looked at, and whether that was all."""
    try:
        block = inflate.decompress(pending, BLOCK)
    except zlib.error as error:
        raise Refused("its packed bytes were changed: they cannot be unpacked", file=member.name) from error
    if inflate.eof and (inflate.unused_data or left):
        raise Refused("there is something behind its packed bytes", file=member.name)
    if not inflate.eof and not block and not inflate.unconsumed_tail and not left:
        raise Refused("its packed bytes are cut off", file=member.name)
    return block, inflate.unconsumed_tail, inflate.eof


class Unpacked(io.RawIOBase):
    """A packed file as a stream. Going back unpacks it again from its beginning."""

    def __init__(self, stream: BinaryIO, member: Member) -> None:
        self._stream = stream
        self._member = member
        self._blocks = unpacked(stream, member)
        self._block = b""
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        into = memoryview(buffer)  # type: ignore[arg-type]  # any buffer, as RawIOBase says
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._block = block
        count = min(len(into), len(self._block))
        into[:count] = self._block[:count]
        self._block = self._block[count:]
        self._at += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        target = offset + (self._at if whence == io.SEEK_CUR else self._member.size if whence == io.SEEK_END else 0)
        if target < self._at:
            self._blocks, self._block, self._at = unpacked(self._stream, self._member), b"", 0
        scratch = bytearray(BLOCK)
        while self._at < target and self.readinto(memoryview(scratch)[: target - self._at]):
            pass
        return self._at

    def tell(self) -> int:
        return self._at
