"""A session's readings written as CSV and as Parquet, beside the rate at which the sqlite3 shell writes the same rows as CSV.

Alone: `python -m benchmarks.export [--readings N]`. The shell reads a table that holds the very cells of our CSV, so that it has nothing to
join, format or decode: the limit of writing rows. Rates are of the clock on the wall; `cpu_ratio` compares the seconds of CPU, which other
work of the machine does not touch. Where there is no shell its figures are left out. Memory is the most that a process of its own held, or
the one that painted for it.
"""

import argparse
import asyncio
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from monitor.core.chain import Chain
from monitor.core.limits import encode_limits, parse_limits
from monitor.export.bundle.job import Job
from monitor.export.formats import FORMS, Format
from monitor.export.manifest import Stamp
from monitor.export.selection import select
from monitor.export.signing import InstallationKey
from monitor.settings import DEFAULT_LIMITS
from monitor.store.ports import Batch
from monitor.store.sqlite import SqliteStore, open_reader
from schemas.log import Body, DeviceBound, Entry, Measured, SessionCreated
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Order, Patient, Treatment
from schemas.vitals import Vital

SESSION: Final = "S-000001"
DEVICE: Final = "bench"
START_MS: Final = 1_763_800_000_000
VITALS: Final = (Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE)
AT_ONCE: Final = 5_000
SEAL_EVERY: Final = 10
MEMORY_OF: Final = (Format.CSV, Format.PARQUET, Format.BUNDLE)


async def record(folder: Path, readings: int) -> None:
    """A session of `readings` values in a store of its own: three a second that wander as a patient's do."""
    store = SqliteStore.open(folder)
    chain, batch, random, values = Chain(SESSION), Batch(), Random(1), [72, 97, 14]

    def say(body: Body, at_ms: int) -> None:
        entry = Entry(at_ms, body, chain.seq + 1, SESSION)
        batch.entries.append(entry)
        chain.take(entry)
        seal = chain.seal(at_ms) if chain.seq % SEAL_EVERY == 0 or chain.seq <= 2 else None
        if seal is not None:
            batch.seals.append(seal)

    text, _ = encode_limits(parse_limits(DEFAULT_LIMITS.read_text(encoding="utf-8")))
    order, patient = Order(35_000, 2_400_000, Treatment.KETAMINE_IV), Patient(1980, "A.B.", 70_000)
    say(SessionCreated("bench", text, sha256(text.encode()).hexdigest(), order, patient, "Room 1"), START_MS)
    say(DeviceBound("bench", DEVICE, Mode.SIMULATED, "bench"), START_MS)
    for second in range(readings // len(VITALS)):
        at_ms = START_MS + second * 1_000
        values = [min(max(value + random.choice((-1, 0, 0, 1)), low), low + 40) for value, low in zip(values, (55, 60, 6), strict=True)]
        made = tuple(Reading(Reason.NONE, Validity.VALID, value * 1_000, vital) for value, vital in zip(values, VITALS, strict=True))
        measured_at_ms = at_ms - random.randrange(30, 90)
        say(Measured(second + 1, DEVICE, measured_at_ms, Mode.SIMULATED, made, at_ms - random.randrange(9)), at_ms)
        if len(batch.entries) >= AT_ONCE:
            await store.append(batch)
            batch = Batch()
    await store.append(batch)
    await store.close()


async def write(folder: Path, form: Format, path: Path) -> None:
    reader = open_reader(folder)
    key = InstallationKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    try:
        job = Job(reader, await select(reader, SESSION), Stamp(key, "bench", START_MS))
        await save(FORMS[form].blocks(job), path)
    finally:
        await reader.close()


async def save(blocks: AsyncIterator[bytes], path: Path) -> None:
    with await asyncio.to_thread(path.open, "wb") as file:
        async for block in blocks:
            file.write(block)


def apart(folder: Path, form: Format) -> tuple[float, float, float]:
    """One export in a process of its own: seconds, seconds of CPU, and the most memory it held in MB."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.export", "--one", form, str(folder)], check=True, capture_output=True, text=True
    )
    seconds, cpu_s, memory_mb = map(float, told.stdout.split())
    return seconds, cpu_s, memory_mb


def one(folder: Path, form: Format) -> None:
    """In that process. What is loaded and opened before the first row is not counted as writing, but as memory it is."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(write(folder.parent / "small", form, Path(name) / "warm"))
        began, cpu = time.perf_counter(), time.process_time()
        asyncio.run(write(folder, form, Path(name) / "out"))
        painter_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_000
        print(time.perf_counter() - began, time.process_time() - cpu, max(most_held_mb(), painter_mb))


def most_held_mb() -> float:
    """Of this process alone: what getrusage says begins with its parent's."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1_000


def shell_rows(table: Path, folder: Path) -> Path:
    """A database with one table of the cells of a CSV."""
    database = folder / "flat.db"
    subprocess.run(["sqlite3", str(database), ".mode csv", f".import {table} reading"], check=True)  # noqa: S607 - whichever is there
    return database


def shell(database: Path, out: Path) -> tuple[float, float]:
    """Seconds and seconds of CPU in which the shell writes all of it."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with out.open("wb") as file:
        command = ["sqlite3", str(database), ".mode csv", ".headers on", "SELECT * FROM reading"]
        subprocess.run(command, check=True, stdout=file)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_export(folder: Path, readings: int, rounds: int) -> dict[str, float]:
    """The shell and ours in turn, so that a slow moment of the machine hits both. Medians of the rounds."""
    small, large = folder / "small", folder / "large"
    asyncio.run(record(small, readings // 10))
    asyncio.run(record(large, readings))
    asyncio.run(write(large, Format.CSV, folder / "all.csv"))
    has_shell = shutil.which("sqlite3") is not None
    flat = shell_rows(folder / "all.csv", folder) if has_shell else folder
    runs: dict[str, list[tuple[float, float]]] = {"shell": [], "csv": [], "parquet": []}
    figures: dict[str, float] = {}
    for _ in range(rounds):
        if has_shell:
            runs["shell"].append(shell(flat, folder / "shell.csv"))
        for form in (Format.CSV, Format.PARQUET):
            seconds, cpu_s, figures[f"export.{form}_memory_mb"] = apart(large, form)
            runs[form].append((seconds, cpu_s))
    for name, times in runs.items():
        if times:
            figures[f"export.{name}_readings_per_s"] = statistics.median(readings / seconds for seconds, _ in times)
            figures[f"export.{name}_cpu_s"] = statistics.median(cpu_s for _, cpu_s in times)
    for form in (Format.CSV, Format.PARQUET) if has_shell else ():
        pairs = list(zip(runs["shell"], runs[form], strict=True))
        figures[f"export.{form}_ratio_to_shell"] = statistics.median(theirs[0] / ours[0] for theirs, ours in pairs)
        figures[f"export.{form}_cpu_ratio_to_shell"] = statistics.median(theirs[1] / ours[1] for theirs, ours in pairs)
    for form in MEMORY_OF:
        figures[f"export.{form}_memory_mb_at_a_tenth"] = apart(small, form)[2]
    figures["export.bundle_memory_mb"] = apart(large, Format.BUNDLE)[2]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export", description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("FORMAT", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(Path(given.one[1]), Format(given.one[0]))
        return
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as name:
        for figure, value in measure_export(Path(name), given.readings, given.rounds).items():
            print(f"{figure:45} {value:14,.3f}")


if __name__ == "__main__":
    main()
