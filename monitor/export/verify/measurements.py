"""The short way for measurements and seals, which are nearly all of a record: no parsing where lines are known to be canonical."""

import json
import re
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.export.verify.naming import ENTRY_END, ENTRY_START
from monitor.export.verify.walk import Walk

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable, Sequence

MAX_SHAPES: Final = 4_096  # some 700 bytes each; beyond that all are forgotten and learned again

# A measurement in its one canonical form: keys sorted, no white space, no escapes, integers of at most 15 digits. What matches needs no
# parsing. Anything else, a measurement with an escape in the name of its device too, is parsed and written again to compare.
_WORD: Final = rb'"[A-Za-z0-9._-]*+"'
_INTEGER: Final = rb"(?:0|-?[1-9][0-9]{0,14}+)"
_READING: Final = rb'\{"reason":%b,"validity":%b,"value_milli":(?:null|%b),"vital":%b\}' % (_WORD, _WORD, _INTEGER, _WORD)
MEASUREMENT: Final = re.compile(
    rb'\{"entry":(\{"at_ms":(%b),"body":\{"counter":%b,"device":%b,"kind":"measurement","measured_at_ms":%b,"mode":"(real|simulated|replayed)",'
    rb'"readings":\[(?:%b(?:,%b)*+)?\],"received_at_ms":%b\},"seq":(%b),"session":(%b)\}),"type":"entry"\}\n'
    % (_INTEGER, _INTEGER, _WORD, _INTEGER, _READING, _READING, _INTEGER, _INTEGER, _WORD)
)
_SEAL: Final = re.compile(rb'\{"checks":"[0-9a-f]*+","seal":\{"at_ms":%b,' % _INTEGER)
_AT_MS, _AT_MS_END = 18, 31  # where the 13 digits of a time between 2001 and 2286 are
_NUMBER: Final = re.compile(rb":[0-9]")  # the first digit of each: no name or word holds a colon
_SPACED_ZERO: Final = re.compile(rb":0[0-9]")
_ZERO: Final = ord("0")
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")

# Of a row of lines: how many bytes they are, `at_ms` of each, what each says from the digits of `seq` to the end of its entry, joined (by
# its shape each ends with the one brace in it, so that joined they are right only if each is), and what the chain is over.
_Parts = tuple[int, "Sequence[bytes]", bytes, bytes]


class _Row(NamedTuple):
    """Lines of one shape, `width` bytes each: all their shapes, what takes them apart, and where the numbers begin."""

    shapes: bytes
    width: int
    numbers: tuple[int, ...]
    apart: "Callable[[bytes], tuple[bytes, ...]]"


@lru_cache(maxsize=256)
def _apart(width: int, seq_at: int, count: int) -> "Callable[[bytes], tuple[bytes, ...]]":
    """Of `count` lines, five parts of each: before `at_ms`, `at_ms`, up to `seq`, from there to the end of the entry, LF. Joined they are
    what the chain is over."""
    start, end = len(ENTRY_START), len(ENTRY_END)
    middle, last = seq_at - _AT_MS_END, width - end - seq_at
    return struct.Struct("<" + f"{start}x{_AT_MS - start}s{_AT_MS_END - _AT_MS}s{middle}s{last}s{end - 1}x1s" * count).unpack


class Measurements:
    """Lines that differ in digits alone have one shape. A line whose shape was canonical once is canonical, unless a number in it begins
    with 0. So lines of one shape are looked at together, and what is not plainly right goes the long way, line by line, which says what
    is wrong. `session` is the text of the session's id in a line."""

    def __init__(self, session: str) -> None:
        self.session = json.dumps(session).encode()
        self._end = b'%d,"session":' + self.session.replace(b"%", b"%%") + b"}"
        self._shapes: dict[bytes, tuple[int, tuple[int, ...]]] = {}  # where `seq` begins, and every number before it
        self._row: _Row | None = None  # the last one: the next is likely alike

    def learn(self, line: bytes, match: "re.Match[bytes]") -> None:
        """`match` is that of MEASUREMENT."""
        if len(self._shapes) >= MAX_SHAPES:
            self._shapes.clear()
        if b":-" not in line and match.span(2) == (_AT_MS, _AT_MS_END):
            numbers = tuple(found.end() - 1 for found in _NUMBER.finditer(line, 0, match.start(4) - 1))
            self._shapes[line.translate(_DIGITS)] = (match.start(4), numbers)

    def take(self, lines: bytes, walk: Walk, chain: "hashlib._Hash") -> int:
        """Takes the first of these whole lines in, as far as they are measurements of known shapes, and feeds their texts to the chain.
        Bytes taken; 0, and nothing is done, where something is not as it should be."""
        if not lines or not walk.entries:
            return 0
        parts = self._parts(lines, lines.translate(_DIGITS))
        if parts is None:
            return 0
        size, times, ends, text = parts
        first, count = walk.entries + 1, len(times)
        in_order = tuple(range(first, first + count))
        if ends != self._end * count % in_order or list(times) != sorted(times) or int(times[0]) < walk.at_ms:
            return 0
        chain.update(text)
        walk.entries += count
        walk.at_ms = int(times[-1])
        walk.counts["measurement"] = walk.counts.get("measurement", 0) + count
        walk.line += count
        walk.offset += size
        return size

    def _parts(self, lines: bytes, shapes: bytes) -> _Parts | None:
        """None where the first shape is not known or a number begins with 0."""
        row = self._row
        if row is None or shapes != row.shapes:
            width = lines.find(b"\n") + 1
            shape, count = shapes[:width], len(lines) // width
            if shape not in self._shapes:
                return None
            if shapes != shape * count:
                return self._parts_of_many(lines, shapes)
            seq_at, numbers = self._shapes[shape]
            row = self._row = _Row(shapes, width, numbers, _apart(width, seq_at, count))
        _, width, numbers, apart = row
        for number in numbers:
            if _ZERO in lines[number::width]:
                return None
        parts = apart(lines)
        return len(lines), parts[1::5], b"".join(parts[3::5]), b"".join(parts)

    def _parts_of_many(self, lines: bytes, shapes: bytes) -> _Parts | None:
        """Of the lines before the first whose shape is not known."""
        row, times, ends, texts = 0, [], [], []
        for shape in shapes.splitlines(keepends=True):
            if shape not in self._shapes:
                break
            after = row + len(shape)
            text_end = after - len(ENTRY_END)
            times.append(lines[row + _AT_MS : row + _AT_MS_END])
            ends.append(lines[row + self._shapes[shape][0] : text_end])
            texts.append(lines[row + len(ENTRY_START) : text_end])
            row = after
        texts.append(b"")
        return None if _SPACED_ZERO.search(lines, 0, row) else (row, times, b"".join(ends), b"\n".join(texts))


def is_plain_seal(line: bytes, digest: bytes, walk: Walk) -> bool:
    """Whether it is a canonical seal of every entry since the seal before it, with this digest. False where the long way has to tell."""
    numbers = (digest.hex().encode(), walk.sealed + 1, walk.entries, walk.session.encode())
    end = b'"digest":"%b","first_seq":%d,"last_seq":%d,"session":"%b"},"type":"seal"}\n' % numbers
    return walk.sealed < walk.entries and line.endswith(end) and _SEAL.fullmatch(line, 0, len(line) - len(end)) is not None
