"""The short way for measurements and seals, which are nearly all of a record: no parsing where lines are known to be canonical."""

import hashlib
import json
import re
import struct
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.export.verify.lines import SEAL_END, SEAL_START, Lines
from monitor.export.verify.naming import ENTRY_END, ENTRY_START
from monitor.export.verify.tree import leaf_hash
from monitor.export.verify.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AHEAD: Final = 1 << 13  # bytes looked at together: the lines between two seals and more
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
_SEAL: Final = re.compile(rb'\{"checks":"[0-9a-f]*+","seal":(\{"at_ms":%b,)' % _INTEGER)
_RANGE_END: Final = b"\n" + SEAL_START
_AT_MS, _AT_MS_END = 18, 31  # where the 13 digits of a time between 2001 and 2286 are
_NUMBER: Final = re.compile(rb":[0-9]")  # the first digit of each: no name or word holds a colon
_SPACED_ZERO: Final = re.compile(rb":0[0-9]")
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")

# Of some lines: how many bytes they are, `at_ms` of each, what each says from the digits of `seq` to the end of its entry, joined (by
# its shape each ends with the one brace in it, so that joined they are right only if each is), and what the chain is over.
_Parts = tuple[int, "Sequence[bytes]", bytes, bytes]


class _Cut(NamedTuple):
    """What takes a row of lines of one width apart."""

    texts: "Callable[[bytes], tuple[bytes, ...]]"  # the entries
    said: "Callable[[bytes], tuple[bytes, ...]]"  # of each `at_ms`, and from `seq` to the end of the entry
    first_digits: "Callable[[bytes], tuple[bytes, ...]]"  # of each number in a line, down the row


@lru_cache(maxsize=256)
def _cut(width: int, seq_at: int, numbers: tuple[int, ...], count: int) -> _Cut:
    start, end = len(ENTRY_START), len(ENTRY_END)
    texts = struct.Struct(f"{start}x{width - start - end}s{end}x" * count)
    said = struct.Struct(f"{_AT_MS}x{_AT_MS_END - _AT_MS}s{seq_at - _AT_MS_END}x{width - end - seq_at}s{end}x" * count)
    return _Cut(texts.unpack, said.unpack, itemgetter(*(slice(number, None, width) for number in numbers)))


class Measurements:
    """Lines that differ in digits alone have one shape. A line whose shape was canonical once is canonical, unless a number in it begins
    with 0. So the lines up to a seal are looked at together, and what is not plainly right goes the long way, line by line, which says
    what is wrong."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.session_text = json.dumps(session).encode()  # in a line
        quoted = self.session_text.replace(b"%", b"%%")
        self._end = b'%d,"session":' + quoted + b"}"
        self._seal = b'"digest":"%b","first_seq":%d,"last_seq":%d,"session":' + quoted + b"}" + SEAL_END
        self._shapes: dict[bytes, tuple[int, tuple[int, ...]]] = {}  # where `seq` begins, and every number before it
        self._row: tuple[bytes, _Cut] | None = None  # the last lines of one shape: their shapes together; the next are likely alike
        self._range = 1  # bytes that lay between the last two seals: likely as many as before the next one

    def learn(self, line: bytes, match: "re.Match[bytes]") -> None:
        """`match` is that of MEASUREMENT."""
        if len(self._shapes) >= MAX_SHAPES:
            self._shapes.clear()
        if b":-" not in line and match.span(2) == (_AT_MS, _AT_MS_END):
            numbers = tuple(found.end() - 1 for found in _NUMBER.finditer(line, 0, match.start(4) - 1))
            self._shapes[line.translate(_DIGITS)] = (match.start(4), numbers)

    def take(self, lines: Lines, walk: Walk, chain: "hashlib._Hash") -> "hashlib._Hash":
        """Takes in what comes next as far as it is held and plainly right: measurements of known shapes and the seals behind them. The
        chain after that, begun anew after a seal."""
        held = lines.held
        if not walk.entries or not (held.startswith(SEAL_START, lines.at) or self._knows(held, lines.at)):
            return chain
        while True:
            if held.startswith(SEAL_START, lines.at):
                is_last, size = False, self.take_seal(held, lines.at, chain.digest(), walk)
            else:
                is_first, end = walk.sealed == walk.entries, self._range_end(held, lines.at)
                size, text = self._take_row(held[lines.at : end], walk)
                is_last = lines.at + size < end
                if is_first and size:
                    chain = hashlib.sha256(walk.head + text)
                else:
                    chain.update(text)
            lines.at += size
            walk.offset += size
            if is_last or not size:
                return hashlib.sha256(walk.head) if walk.sealed == walk.entries else chain

    def _knows(self, held: bytes, at: int) -> bool:
        return held[at : held.find(b"\n", at, at + AHEAD) + 1].translate(_DIGITS) in self._shapes

    def _range_end(self, held: bytes, at: int) -> int:
        """Of the whole lines up to a seal, as far as they are held: AHEAD bytes at most."""
        end = at + self._range
        if not held.startswith(_RANGE_END, end - 1):
            end = held.find(_RANGE_END, at, at + AHEAD) + 1 or held.rfind(b"\n", at, at + AHEAD) + 1
            self._range = max(end - at, 1)
        return end

    def take_seal(self, held: bytes, at: int, digest: bytes, walk: Walk) -> int:
        """Takes in the seal there, if it is a canonical one of every entry since the seal before it, with this digest. Bytes taken."""
        match = _SEAL.match(held, at, at + AHEAD)
        stated = self._seal % (digest.hex().encode(), walk.sealed + 1, walk.entries)
        if match is None or walk.sealed == walk.entries or not held.startswith(stated, match.end()):
            return 0
        end = match.end() + len(stated)
        walk.line += 1
        walk.sealed_here(digest, end - at, leaf_hash(held[match.start(1) : end - len(SEAL_END)]))
        return end - at

    def _take_row(self, lines: bytes, walk: Walk) -> tuple[int, bytes]:
        """Takes in the first of these whole lines, as far as they are measurements of known shapes. How many bytes they are, and what the
        chain is over; 0, and nothing is done, where something is not as it should be."""
        parts = self._parts(lines, lines.translate(_DIGITS))
        if parts is None:
            return 0, b""
        size, times, ends, text = parts
        first, count = walk.entries + 1, len(times)
        in_order = tuple(range(first, first + count))
        if ends != self._end * count % in_order or list(times) != sorted(times) or int(times[0]) < walk.at_ms:
            return 0, b""
        walk.entries += count
        walk.at_ms = int(times[-1])
        walk.counts["measurement"] = walk.counts.get("measurement", 0) + count
        walk.line += count
        return size, text

    def _parts(self, lines: bytes, shapes: bytes) -> _Parts | None:
        """None where the first shape is not known or a number begins with 0."""
        row = self._row
        if row is None or shapes != row[0]:
            width = lines.find(b"\n") + 1
            shape, count = shapes[:width], len(lines) // (width or 1)
            if shape not in self._shapes:
                return None
            if shapes != shape * count:
                return self._parts_of_many(lines, shapes)
            row = self._row = shapes, _cut(width, *self._shapes[shape], count)
        cut = row[1]
        if b"0" in b"".join(cut.first_digits(lines)):
            return None
        said = cut.said(lines)
        return len(lines), said[::2], b"".join(said[1::2]), b"\n".join((*cut.texts(lines), b""))

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
