"""Reading exported logs (.jsonl, or that of a bundle) a block at a time: memory is one block and one line, whatever the length of the log.

Whether a file is whole and unchanged is the verifier's question. Here a line must be readable; the first that is not ends the log by name.
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Generic, TypeVar

import msgspec

from schemas.log import Entry

BLOCK_BYTES: Final = 262_144
MAX_LINE_BYTES: Final = 8 * 1024 * 1024  # of the export format; the longest are session_created and the seals
RECORD: Final = "record.jsonl"

_NO_BUNDLE: Final = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError, NotImplementedError)  # what zipfile finds wrong
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

LineT = TypeVar("LineT")


class LogBroken(ValueError):
    """A log that cannot be judged: the file, the line where one is to blame, why, and what to do."""

    def __init__(self, path: str, line: int | None, why: str) -> None:
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {why}")
        self.path = path
        self.line = line
        self.why = why

    def __reduce__(self) -> tuple[type["LogBroken"], tuple[str, int | None, str]]:
        return LogBroken, (self.path, self.line, self.why)  # it travels between processes


class EntryLine(msgspec.Struct):
    """A line of an export as `check` reads it; header, seals and manifest have no entry."""

    type: str
    entry: Entry | None = None


def entries(path: Path) -> Iterator[Entry]:
    """Every entry of a log, as it was written. Raises LogBroken."""
    for block in read_lines(path, msgspec.json.Decoder(EntryLine)):
        for line in block.lines:
            if line.entry is not None:
                yield line.entry


class Block(msgspec.Struct, Generic[LineT]):
    """Some lines of a log. `number` is that of the first, from 1; `end` how many bytes of the file lie up to the end of the last."""

    number: int
    lines: list[LineT]
    end: int


def read_lines(path: Path, decoder: msgspec.json.Decoder[LineT]) -> Iterator[Block[LineT]]:
    """Raises LogBroken."""
    number, end = 1, 0
    try:
        with _opened(path) as file:
            for block in _whole_lines(path, iter(lambda: file.read(BLOCK_BYTES), b"")):
                end += len(block)
                yield Block(number, _decode(path, number, block, decoder), end)
                number += block.count(b"\n")
    except OSError as error:
        raise LogBroken(str(path), None, f"it cannot be read: {error.strerror or error}") from error
    except _NO_BUNDLE as error:
        raise LogBroken(str(path), None, f"this is no bundle of a session, or a damaged one: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Of a bundle the record in it, unpacked on the way."""
    if path.suffix != ".zip":
        with path.open("rb", buffering=0) as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive, archive.open(RECORD) as record:
        yield record


def _whole_lines(path: Path, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut after a line; a last line without its end comes alone."""
    rest = b""
    number = 1
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            whole, rest = rest + block[:cut], block[cut:]
            number += whole.count(b"\n")
            yield whole
        else:
            rest += block
        if len(rest) > MAX_LINE_BYTES:
            raise LogBroken(str(path), number, f"longer than {MAX_LINE_BYTES} bytes: this is not a session's export")
    if rest:
        yield rest


def _decode(path: Path, number: int, block: bytes, decoder: msgspec.json.Decoder[LineT]) -> list[LineT]:
    try:
        return decoder.decode_lines(block)
    except _UNREADABLE:  # somewhere in the block: find the line
        lines = block.split(b"\n")
    for index, line in enumerate(lines):
        try:
            if line.strip():
                decoder.decode(line)
        except _UNREADABLE as error:
            is_torn = index == len(lines) - 1
            what = "cut off in the middle of the line, export the session anew" if is_torn else "not a line of a session's export"
            raise LogBroken(str(path), number + index, f"{what}: {error}") from error
    raise LogBroken(str(path), number, "an entry is spread over several lines: this is not a session's export")


def log_files(given: Iterable[Path]) -> tuple[list[Path], list[LogBroken]]:
    """The logs that were named: files as they are, of a folder its .jsonl files in the order of their names. Each file once."""
    found: dict[Path, Path] = {}
    broken: list[LogBroken] = []
    for path in given:
        if not path.is_dir():
            found.setdefault(path.resolve(), path)
            continue
        try:
            inside = sorted(file for file in path.iterdir() if file.suffix == ".jsonl" and file.is_file())
        except OSError as error:
            broken.append(LogBroken(str(path), None, f"the folder cannot be read: {error.strerror or error}"))
            continue
        if not inside:
            broken.append(LogBroken(str(path), None, "no .jsonl file is in this folder: export sessions into it"))
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values()), broken
