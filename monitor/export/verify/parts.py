"""A long record walked by several processes.

The record is cut behind seals. A seal says its digest and its last entry, and the line above it the time: all that a walk has to know at
that place. So each part is walked by a process of its own that begins where the lines above it say, and what it found is taken over if the
one walk that counts has come to that very place. Where it has not, or where anything in the part is not plainly right, that walk goes over
these lines itself. Only there can something be refused, so a verdict is that of one process.
"""

import os
import re
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from monitor.export.verify.lines import Lines, Part
from monitor.export.verify.measurements import Measurements
from monitor.export.verify.record import Ahead, check_nothing_after, read_lines
from monitor.export.verify.signed import Signed
from monitor.export.verify.verdict import Refused, Unusable
from monitor.export.verify.walk import Walk
from monitor.export.verify.withheld import Withheld

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PARTS_FROM: Final = 24 << 20  # bytes of a file; a shorter one is walked in less time than processes take to begin
MAX_PROCESSES: Final = 4  # more wait for the one that reads
ENDED: Final = "a process that looked at a part of the record was ended from outside: nothing can be said of the record"
_PLACE: Final = re.compile(
    rb'\{"entry":\{"at_ms":(-?[0-9]{1,15}),[^\n]*\n\{"checks":"[0-9a-f]*+","seal":\{'
    rb'"at_ms":-?[0-9]{1,15},"digest":"([0-9a-f]{64})","first_seq":[0-9]{1,15},"last_seq":([0-9]{1,15}),[^\n]*\n'
)


class Place(NamedTuple):
    """Behind a seal."""

    head: bytes
    seq: int
    at_ms: int


class TellsNothing(Signed):
    """What a signature is under is to be looked for above the part."""

    def take(self, *_: Any, **__: Any) -> None:
        raise ValueError("not to be told from a part")


def place_behind(part: bytes) -> Place | None:
    """What its last two lines say, an entry and a seal; None where they are something else."""
    seal = part.rfind(b"\n", 0, -1)
    match = _PLACE.fullmatch(part, part.rfind(b"\n", 0, max(seal, 0)) + 1)
    return match and Place(bytes.fromhex(match[2].decode()), int(match[3]), int(match[1]))


def walk_part(part: bytes, place: Place, known: Measurements, withheld: Withheld | None) -> Walk | None:
    """From `place` to its end, lines and offsets counted from there. None where it is not plainly right."""
    head, seq, at_ms = place
    walk = Walk(session=known.session, head=head, line=0, entries=seq, sealed=seq, at_ms=at_ms, withheld=withheld)
    walk.signed = TellsNothing(b"")
    lines = Part(part)
    try:
        manifest = read_lines(walk, lines, lines.stream, known)
    except Refused:
        return None
    return walk if manifest is None and walk.sealed == walk.entries else None


def serve_parts(asked: "Connection", path: Path | None) -> None:
    """In a process of its own, until it is ended or the one that asks is gone. `path`: of the record; None where its bytes are sent."""
    from multiprocessing import connection, parent_process  # not everywhere there is such a thing

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks is interrupted too, and ends this
    parent = parent_process()
    known: Measurements | None = None
    while parent is not None and asked in connection.wait([asked, parent.sentinel]):
        place, session, withheld, offset, size = asked.recv()
        part = asked.recv_bytes() if path is None else bytes_of(path, offset, size)
        known = known or Measurements(session)
        asked.send(walk_part(part, place, known, withheld))


def bytes_of(path: Path, offset: int, size: int) -> bytes:
    """Fewer, or none, where it cannot be read: then the part is not right, and the one that asked tells why."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(size)
    except OSError:
        return b""


def walk_parts(hands: "list[Connection]", walk: Walk, lines: Lines, stream: BinaryIO, *, is_sent: bool) -> None:
    """Takes in what can be cut into parts, from the first entry on. At most one part is in each hand. Raises Refused, and Unusable where a
    process was ended."""
    part = lines.part()
    _walk_here(walk, part, lines, stream)  # it begins the record: the others need what it says
    offset = walk.offset
    waiting: deque[tuple[bytes, Place | None, Connection]] = deque()
    for number, following in enumerate(iter(lines.part, b"")):
        if len(waiting) == len(hands):
            _take(walk, *waiting.popleft(), lines, stream)
        place, part, hand = place_behind(part), following, hands[number % len(hands)]
        if place is not None:
            _ask(hand, (place, walk.session, walk.withheld, offset, len(part)), part if is_sent else None)
        waiting.append((part, place, hand))
        offset += len(part)
    while waiting:
        _take(walk, *waiting.popleft(), lines, stream)


def _ask(hand: "Connection", about: tuple[Any, ...], part: bytes | None) -> None:
    try:
        hand.send(about)
        if part is not None:
            hand.send_bytes(part)
    except OSError as error:
        raise Unusable(ENDED) from error


def _take(walk: Walk, part: bytes, place: Place | None, hand: "Connection", lines: Lines, stream: BinaryIO) -> None:
    try:
        found = None if place is None else hand.recv()
    except (EOFError, OSError) as error:
        raise Unusable(ENDED) from error
    if found is not None and found.offset == len(part) and is_joint(walk, place):
        walk.go_on(found)
    else:
        _walk_here(walk, part, lines, stream)


def is_joint(walk: Walk, place: Place | None) -> bool:
    """Whether the walk has come to the place that the part was walked from."""
    return walk.sealed == walk.entries and (walk.head, walk.entries, walk.at_ms) == place


def _walk_here(walk: Walk, part: bytes, lines: Lines, stream: BinaryIO) -> None:
    lines.settle()  # a refusal is looked for in the stream
    here = Part(part)
    if read_lines(walk, here, stream) is not None:
        check_nothing_after(here, walk)


def is_bundle_file(path: Path) -> bool:
    """By its name; and by its first bytes, for it may have been renamed on its way."""
    if path.suffix == ".zip":
        return True
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\3\4"


@contextmanager
def crew(path: Path, processes: int) -> Iterator[Ahead | None]:
    """For a record or a bundle; `processes` 0: as many as there are cores. None where it is not worth it or there can be no processes: one
    is enough, and slower."""
    count = min(processes or cores(), MAX_PROCESSES) if path.stat().st_size >= PARTS_FROM else 1
    is_packed = is_bundle_file(path)
    hands: list[Connection] = []
    begun: list[Any] = []
    try:
        if count > 1:
            try:
                import multiprocessing

                for _ in range(count):
                    hand, other = multiprocessing.Pipe()
                    process = multiprocessing.Process(target=serve_parts, args=(other, None if is_packed else path), daemon=True)
                    process.start()
                    other.close()
                    begun.append(process)
                    hands.append(hand)
            except (ImportError, OSError, NotImplementedError):
                hands.clear()
        yield partial(walk_parts, hands, is_sent=is_packed) if hands else None
    finally:
        for process in begun:
            process.terminate()
            process.join()


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
