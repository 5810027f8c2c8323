"""How fast a session's record is verified, beside the rate at which a plain chain goes over the same lines.

Alone: `python -m benchmarks.verify [--readings N] [--rounds N]`. An entry is what the verifier counts as one: an entry line of the record
(here a measurement of three readings), not a seal and not a line of a view. The yardstick reads each line and hashes it after the digest
before it, nothing else: what any program in Python pays that goes over these lines one by one. The record is the JSONL export; the bundle
is the archive with that record, the readings as CSV, and the proofs to a signed checkpoint (the other views take minutes to make, and are
to the verifier bytes that it unpacks and hashes). Every verification is a process of its own with those that it begins, one for each core;
its CPU is that of all, and their memory the most that it held and, for each other process, the most that any of these held. Whether memory
grows is looked at with one process.
"""

import argparse
import asyncio
import hashlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.export import SESSION, START_MS, most_held_mb, record, save, write
from monitor.clock import ManualClock
from monitor.export.bundle.archive import bundle
from monitor.export.bundle.job import Job
from monitor.export.bundle.parts import proofs, table
from monitor.export.bundle.parts import record as record_part
from monitor.export.checkpoints import Checkpoints
from monitor.export.formats import Format
from monitor.export.keyring import open_keyring
from monitor.export.manifest import Stamp
from monitor.export.proof_files import proven
from monitor.export.selection import select
from monitor.export.verify import verify_file
from monitor.export.verify.parts import MAX_PROCESSES, cores
from monitor.store.sqlite import SqliteStore, open_reader

RECORD: Final = "record.jsonl"
BUNDLE: Final = "record.zip"


async def write_bundle(folder: Path, path: Path) -> None:
    """Of the session in the store of this folder, under a checkpoint signed for it."""
    keyring = open_keyring(folder, START_MS)
    store = SqliteStore.open(folder)
    try:
        await Checkpoints(store.proofs, keyring, ManualClock(START_MS), lambda _: None).now()
    finally:
        await store.close()
    reader = open_reader(folder)
    try:
        job = Job(reader, await select(reader, SESSION), Stamp(keyring.key, "bench", START_MS))
        await proven(job, reader.proofs, keyring)
        await save(bundle(job, (record_part, table, proofs)), path)
    finally:
        await reader.close()


def apart(path: Path, processes: int = 0) -> list[float]:
    """One verification in a process of its own: entries a second, entries a CPU second, MB it held, entries a CPU second of the chain."""
    command = [sys.executable, "-m", "benchmarks.verify", "--one", str(path), "--processes", str(processes)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in told.stdout.split()]


def one(path: Path, processes: int) -> None:
    """In that process."""
    entries = entries_in(path.with_name(RECORD))
    seconds, cpu_s = timed(lambda: verified(path, processes))
    held_mb = most_held_mb() + min(processes or cores(), MAX_PROCESSES) * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_000
    print(entries / seconds, entries / cpu_s, held_mb, entries / timed(lambda: chained(path.with_name(RECORD)))[1])


def entries_in(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(line.startswith(b'{"entry":') for line in lines)


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of CPU with those of the processes that it began."""
    began, cpu = time.perf_counter(), cpu_of_all()
    what()
    return time.perf_counter() - began, cpu_of_all() - cpu


def cpu_of_all() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def verified(path: Path, processes: int) -> None:
    verdict = verify_file(path, processes=processes)
    assert verdict.is_verified, verdict.lines


def chained(path: Path) -> bytes:
    digest = b""
    with path.open("rb") as lines:
        for line in lines:
            digest = hashlib.sha256(digest + line).digest()
    return digest


def measure_verify(small: Path, large: Path, rounds: int) -> dict[str, float]:
    """Of two stores that `benchmarks.export.record` made, the small one a tenth of the large. Medians of the rounds."""
    for folder in (small, large):
        asyncio.run(write(folder, Format.JSONL, folder / RECORD))
        asyncio.run(write_bundle(folder, folder / BUNDLE))
    alone = [apart(large / RECORD) for _ in range(rounds)]
    lone = [apart(large / RECORD, processes=1) for _ in range(rounds)]
    packed = [apart(large / BUNDLE) for _ in range(rounds)]
    return {
        "verify.entries": entries_in(large / RECORD),
        "verify.entries_per_s": statistics.median(run[0] for run in alone),
        "verify.entries_per_cpu_s": statistics.median(run[1] for run in alone),
        "verify.best_entries_per_cpu_s": max(run[1] for run in alone),
        "verify.one_process_entries_per_s": statistics.median(run[0] for run in lone),
        "verify.one_process_entries_per_cpu_s": statistics.median(run[1] for run in lone),
        "verify.chain_entries_per_cpu_s": statistics.median(run[3] for run in alone),
        "verify.ratio_to_chain": statistics.median(run[1] / run[3] for run in lone),
        "verify.memory_mb": max(run[2] for run in lone),
        "verify.memory_mb_at_a_tenth": apart(small / RECORD, processes=1)[2],
        "verify.memory_mb_of_all_processes": max(run[2] for run in alone),
        "verify.bundle_entries_per_s": statistics.median(run[0] for run in packed),
        "verify.bundle_entries_per_cpu_s": statistics.median(run[1] for run in packed),
        "verify.bundle_memory_mb": apart(large / BUNDLE, processes=1)[2],
        "verify.bundle_memory_mb_at_a_tenth": apart(small / BUNDLE, processes=1)[2],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify", description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.processes)
        return
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as name:
        small, large = Path(name) / "small", Path(name) / "large"
        asyncio.run(record(small, given.readings // 10))
        asyncio.run(record(large, given.readings))
        for figure, value in measure_verify(small, large, given.rounds).items():
            print(f"{figure:45} {value:14,.3f}")


if __name__ == "__main__":
    main()
