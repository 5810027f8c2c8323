"""By hand: every byte of a bundle flipped once, structural edits by the thousand, honest bundles by the thousand.

    python -m tests.faults.flip_every_byte [--events 10000] [--edits 50000] [--honest 10000] [--minutes 30] [--processes 2]
        [--only record edits]

A whole verification of each flip of a 10,000-event bundle would take days. Two quick ways look at the part that the flip can reach:
of the archive, its structure and its manifest, and for packed bytes the digest over all of them; of the record, the lines
between the two seals around the byte, from the state that the verifier has there. Both call the verifier's own functions; a sample of both
is held against whole verdicts in tests/faults/test_bundle_tamper.py. What is not refused, or named wrongly, is printed; the exit code
is then 1, as it is where the minutes were over before the end.
"""

import argparse
import copy
import hashlib
import io
import random
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import accumulate
from typing import Any

from monitor.export.verify import Refused, bundle, canonical, record
from monitor.export.verify.archive import Member, read_archive
from monitor.export.verify.lines import Lines
from monitor.export.verify.manifest import read_header
from monitor.export.verify.naming import earliest
from monitor.export.verify.signed import Signed
from monitor.export.verify.walk import Walk
from schemas.log import PhaseOrdered
from schemas.session import Phase
from tests.unit.export.edits import edited
from tests.unit.export.proven import bundle_of, check_bundle, files_of, ring
from tests.unit.export.session_log import Log, short_log, usual_events

PINNED = ring().key.public
SLICES = {"archive": 2_000, "record": 2_000, "edits": 100, "honest": 50}  # done at once by a process


@cache
def log_of(events: int) -> Log:
    """Measurements with a seal every ten, and events between them, until there are so many entries."""
    log = Log("S-000001")
    log.create()
    log.bind()
    while len(log.entries) < events - 20:
        log.measure(seal=len(log.entries) % 10 == 9)
    for body in usual_events():
        log.say(body)
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED))
    return log


# --- the archive


def flip_archive(data: bytes, places: Iterable[int], mask: int) -> list[str]:
    """What was wrong with the verdicts; empty where every flip is refused."""
    members = read_archive(io.BytesIO(data))
    changed = bytearray(data)
    missed: list[str] = []
    for at in places:
        changed[at] ^= mask
        try:
            _check_reached(changed, at, members)
        except Refused:
            pass
        else:
            missed.append(f"archive byte {at} ^ {mask:#x} is taken")
        changed[at] ^= mask
    return missed


def _check_reached(changed: bytearray, at: int, members: list[Member]) -> None:
    """Raises Refused where the verifier, which does all of this, would."""
    stream = io.BytesIO(changed)
    inside = next((member for member in members if member.data <= at < member.data + member.packed), None)
    if inside is None:
        read_archive(stream)
    elif inside.name == bundle.MANIFEST_FILE:
        bundle._read_manifest(stream, {member.name: member for member in read_archive(stream)})
    else:
        manifest = members[-1]
        stated = canonical.read(bytes(changed[manifest.data : manifest.data + manifest.size]))["packed_sha256"]
        bundle._check_packing(stream, manifest.start, stated)


# --- the record


@dataclass(frozen=True)
class Kept:
    """The verifier before the first line after a seal: its walk, where that line begins, and the SHA-256 of every byte before it."""

    walk: Walk
    start: int
    before: "hashlib._Hash"

    def read_on(self, lines: bytes) -> tuple[Refused | None, bytes]:
        """Whether these whole lines are refused, and the SHA-256 of every byte up to their end."""
        walk = copy.copy(self.walk)
        walk.counts, walk.modes, walk.leaves, walk.seal_seqs = dict(walk.counts), set(walk.modes), bytearray(), walk.seal_seqs[: walk.seals]
        digests, walk.signed = walk.signed.digests, Signed(b"")
        walk.signed.digests = digests[: 32 * (1 + walk.seals)]
        walk.offset = walk.open_offset = 0
        stream = io.BytesIO(lines)
        reader = Lines(stream, self.before)
        try:
            record.read_lines(walk, reader, stream)
        except Refused as refused:
            return earliest(walk, refused, stream), b""
        return None, reader.before(b"").digest()


@cache
def kept_states(data: bytes) -> tuple[list[int], list[Kept]]:
    """Where each line begins, and the verifier after the header and after each seal."""
    lines = data.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    header = read_header(lines[0])
    walk = Walk(session=header["session"], head=hashlib.sha256(f"infusion-monitor/log/1\n{header['session']}\n".encode()).digest())
    states = [Kept(copy.copy(walk), starts[1], hashlib.sha256(lines[0]))]
    place = 1
    for number, line in enumerate(lines[1:], 2):
        if not line.endswith(b'"type":"seal"}\n'):
            continue
        stream = io.BytesIO(data[starts[place] : starts[number]])
        reader = Lines(stream, states[-1].before)
        walk.offset = walk.open_offset = 0
        record.read_lines(walk, reader, stream)
        assert walk.line == number, number
        kept = copy.copy(walk)
        kept.counts, kept.modes = dict(walk.counts), set(walk.modes)
        states.append(Kept(kept, starts[number], reader.before(b"")))
        place = number
    return starts, states


def flipped(data: bytes, at: int, mask: int) -> tuple[Refused | None, bool]:
    """Of a byte between the header and the last seal: what the verifier says of it when it goes on from the seal before it to the second
    seal after it; and whether the SHA-256 of all bytes up to there is still the honest one. What comes after that is the same, so where it
    is not, that of the whole file is another one, too."""
    states = kept_states(data)[1]
    number = bisect_right(states, at, key=lambda kept: kept.start) - 1
    kept, then = states[number], states[min(number + 2, len(states) - 1)]
    changed = bytearray(data[kept.start : then.start])
    changed[at - kept.start] ^= mask
    refused, digest = kept.read_on(bytes(changed))
    return refused, refused is None and digest == then.before.digest()


def flip_record(data: bytes, places: Iterable[int], mask: int) -> list[str]:
    """Of places between the header and the last seal. What was wrong: taken, or another entry named than the one that was changed."""
    starts, states = kept_states(data)
    missed: list[str] = []
    for at in places:
        if not states[0].start <= at < states[-1].start:
            continue
        refused, is_taken = flipped(data, at, mask)
        line = _last_at_most(starts, at)
        text = data[starts[line] : starts[line + 1]]
        is_entry = text.startswith(b'{"entry":') and 9 <= at - starts[line] < len(text) - 16
        if is_taken or (refused is None and is_entry):
            missed.append(f"record byte {at} ^ {mask:#x} is taken")
        elif refused is not None and is_entry and (refused.line != line + 1 or refused.seq is None):
            missed.append(f"record byte {at} ^ {mask:#x} on line {line + 1}: {refused}")
    return missed


def _last_at_most(ascending: list[int], value: int) -> int:
    return bisect_right(ascending, value) - 1


# --- edits and honest bundles


def edits(seeds: Iterable[int], honest: tuple[bytes, ...]) -> list[str]:
    missed = []
    for seed in seeds:
        name, data = edited(random.Random(seed), honest[seed % len(honest)])
        if check_bundle(data, pinned=PINNED).is_verified:
            missed.append(f"edit {name}, seed {seed}, is taken")
    return missed


def honest(seeds: Iterable[int]) -> list[str]:
    missed = []
    for seed in seeds:
        draw = random.Random(seed)
        salt = (None, draw.randbytes(32).hex())[seed % 3 > 0]
        log = short_log(measurements=draw.randrange(80), is_closed=draw.random() < 0.7, salt=salt)
        made = bundle_of(log, before=draw.randrange(3), after=draw.randrange(3), is_deidentified=seed % 3 == 1)
        verdict = check_bundle(made, pinned=PINNED)
        if not verdict.is_verified:
            missed.append(f"honest bundle, seed {seed}: {verdict.lines}")
    return missed


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="flip_every_byte")
    for name, default in (("events", 10_000), ("edits", 50_000), ("honest", 10_000), ("minutes", 30), ("processes", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", nargs="+", choices=("archive", "record", "edits", "honest"))
    given = parser.parse_args(arguments)
    until = datetime.now(UTC) + timedelta(minutes=given.minutes)
    made = bundle_of(log_of(given.events), before=1, after=1)
    text = files_of(made)["record.jsonl"]
    kept_states(text)  # once, before there are processes
    salted = short_log(salt="5a" * 32)
    small = bundle_of(), bundle_of(salted), bundle_of(salted, is_deidentified=True)
    done: Counter[str] = Counter()
    missed: list[str] = []
    tasks: dict[str, tuple[Callable[..., Any], int]] = {
        "archive": (partial(flip_archive, made, mask=1), len(made)),
        "record": (partial(flip_record, text, mask=1), len(text)),
        "edits": (partial(edits, honest=small), given.edits),
        "honest": (honest, given.honest),
    }
    with ProcessPoolExecutor(given.processes) as pool:
        for what in given.only or tasks:
            task, count = tasks[what]
            starts = list(range(0, count, SLICES[what]))
            for first in range(0, len(starts), given.processes * 4):
                if datetime.now(UTC) > until:
                    break
                slices = [range(start, min(start + SLICES[what], count)) for start in starts[first : first + given.processes * 4]]
                for found in pool.map(task, slices):
                    missed += found
                done[what] += sum(map(len, slices))
            sys.stdout.write(f"{done[what]} of {count} {what}, {len(missed)} wrong so far\n")
            sys.stdout.flush()
    sys.stdout.write("".join(f"{line}\n" for line in missed[:50]))
    is_whole = all(done[what] == tasks[what][1] for what in given.only or tasks)
    sys.stdout.write("" if is_whole else "NOT TO ITS END: the minutes were over\n")
    return 1 if missed or not is_whole else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
