"""`python -m benchmarks.backtest [--quick] [--json FILE]`: how fast recorded sessions are judged again under two rule sets.

A reading judged under one rule set counts once, so a log of 10,000 readings under two is 20,000. The figures stand beside each other in
one run: decoding alone, the core alone, the whole of one log in one process, several logs in a process each. Their ratios travel between
machines.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor.backtest.figures import summarise
from monitor.backtest.log_file import read_lines
from monitor.backtest.logged import AlertThen, OutputThen, Said, line_decoder
from monitor.backtest.progress import Progress
from monitor.backtest.report_text import report_text
from monitor.backtest.rule_set import RuleSet, read_rule_set
from monitor.backtest.run import collect_seldom, run, usable_cpus
from monitor.backtest.session import SessionResult, judge_log
from monitor.core.engine import Engine, Step
from monitor.core.refused import Refused
from monitor.settings import DEFAULT_LIMITS
from schemas.alert import AlertState
from schemas.log import AlertAcknowledged, DeviceBound, DeviceJoined, Entry, Interval, PhaseOrdered, SessionCreated, canonical
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Order, Patient, Phase, Treatment
from schemas.vitals import Vital

START_MS: Final = 1_763_800_000_000
MINUTES, BASELINE_S, INFUSION_S, CUFF_S, SURGE_S, ANSWERED_S = 100, 600, 2_400, 300, 120, 180
STRICTER: Final = (("limit = 180, clear = 170", "limit = 170, clear = 162"), ("limit = 131, clear = 125", "limit = 125, clear = 120"))


def a_session(number: int, rules: RuleSet, minutes: int) -> Iterator[bytes]:
    """Lines of a log: HR, SpO2 and RR once a second, a cuff every five minutes; calm, with three excursions beyond the limits, whose
    alerts are answered a minute later."""
    chance = random.Random(number)
    order = Order(35_000, INFUSION_S * 1000, Treatment.KETAMINE_IV)
    session = f"S-{number:06}"
    created = SessionCreated("bench", rules.text or "", rules.sha256, order, Patient(1980, "B. B.", 70_000), f"Room {number}")
    engine = Engine(session, created, START_MS)
    seq = 0

    def numbered(steps: list[Step]) -> Iterator[bytes]:
        nonlocal seq
        for at_ms, body in steps:
            seq += 1
            yield b'{"entry":%b,"type":"entry"}\n' % canonical(Entry(at_ms, body, seq, session))

    yield from numbered([(START_MS, created)])
    yield from numbered(engine.apply(DeviceBound("bench", "bed", Mode.SIMULATED, "made for the benchmark"), START_MS))
    yield from numbered(engine.apply(DeviceJoined("boot", "bed", (Interval(CUFF_S * 1000, Vital.SYSTOLIC_BP),)), START_MS))
    phases = {0: Phase.BASELINE, BASELINE_S: Phase.INFUSING, BASELINE_S + INFUSION_S: Phase.RECOVERY, minutes * 60 - 1: Phase.CLOSED}
    surges = [chance.randrange(BASELINE_S, minutes * 60) for _ in range(3)]
    for second in range(minutes * 60):
        at_ms = START_MS + 1_000 * second
        if second in phases:
            yield from numbered(engine.apply(PhaseOrdered("bench", "as planned", phases[second]), at_ms))
        if any(second == surge + ANSWERED_S for surge in surges):
            for alert in (alert for alert in engine.alerts() if alert.state in (AlertState.ACTIVE, AlertState.LATCHED)):
                with suppress(Refused):  # answered with a greater one of its cause
                    yield from numbered(engine.apply(AlertAcknowledged(alert.id, "bench", None), at_ms))
        is_surge = any(0 <= second - surge < SURGE_S for surge in surges)
        said = [
            Value(Vital.HEART_RATE, (134 if is_surge else 72) * 1000 + chance.randrange(-2, 3) * 1000),
            Value(Vital.SPO2, (88 if is_surge else 97) * 1000 + chance.randrange(2) * 1000),
            Value(Vital.RESPIRATORY_RATE, 14_000 + chance.randrange(3) * 1000),
        ]
        if second % (60 if second < BASELINE_S else CUFF_S) == 30:
            systolic = 176 if is_surge else 124 + chance.randrange(6)
            said += [Value(Vital.SYSTOLIC_BP, systolic * 1000), Value(Vital.DIASTOLIC_BP, 78_000), Value(Vital.MEAN_BP, 94_000)]
        yield from numbered(engine.measure(Measurement("bed", second, at_ms, tuple(said)), at_ms, at_ms))


def core_alone(path: Path, readings: int) -> float:
    """Readings a CPU second through one engine, their entries in memory already."""
    entries = [line.entry for block in read_lines(path, line_decoder) for line in block.lines if line.entry is not None]
    created = entries[0].body
    assert isinstance(created, SessionCreated)
    engine = Engine(entries[0].session, created, entries[0].at_ms)
    began = time.process_time()
    for entry in entries[1:]:
        body = entry.body
        if type(body) is Said:
            engine.measure(body, body.received_at_ms, entry.at_ms)
        elif isinstance(body, AlertThen | OutputThen):
            engine.advance(entry.at_ms)
        else:
            engine.apply(body, entry.at_ms)  # type: ignore[arg-type]  # a measurement was taken above
    return readings / (time.process_time() - began)


def decode_alone(path: Path, readings: int) -> float:
    """Readings a CPU second from the file into what the core takes."""
    began = time.process_time()
    for _ in read_lines(path, line_decoder):
        pass
    return readings / (time.process_time() - began)


def one_log(path: Path, readings: int, a: RuleSet, b: RuleSet) -> float:
    """Readings a CPU second, file to figures, in one process as the command makes them."""
    began = time.process_time()
    report_text(summarise(a, b, [judge_log(path, a, b, lambda *_: None)], []))
    return 2 * readings / (time.process_time() - began)


def many_logs(paths: Sequence[Path], a: RuleSet, b: RuleSet, jobs: int) -> float:
    """Readings a second by the wall, the start of the processes included."""
    began = time.perf_counter()
    progress = Progress(lambda _: None, lambda: 0, every_ms=1)
    results = [outcome for outcome in run(paths, a, b, jobs, progress) if isinstance(outcome, SessionResult)]
    report_text(summarise(a, b, results, []))
    return 2 * sum(result.readings for result in results) / (time.perf_counter() - began)


def figures(folder: Path, *, quick: bool) -> dict[str, float]:
    """Each by its median; the single steps in turn, so that a slow moment of the machine hits all of them."""
    a = read_rule_set(DEFAULT_LIMITS)
    text = DEFAULT_LIMITS.read_text(encoding="utf-8")
    for ours, stricter in STRICTER:
        assert ours in text, f"the shipped rule set has no {ours!r} any more: choose another limit for the benchmark"
        text = text.replace(ours, stricter)
    stricter_file = folder / "stricter.toml"
    stricter_file.write_text(text, encoding="utf-8")
    b = read_rule_set(stricter_file)
    paths = [folder / f"session-{number}.jsonl" for number in range(4 if quick else 24)]
    for number, path in enumerate(paths, 1):
        path.write_bytes(b"".join(a_session(number, a, MINUTES)))
    readings = judge_log(paths[0], a, b, lambda *_: None).readings
    decode, core, whole = [], [], []
    for _ in range(5 if quick else 11):
        decode.append(decode_alone(paths[0], readings))
        core.append(core_alone(paths[0], readings))
        whole.append(one_log(paths[0], readings, a, b))
    cores = usable_cpus()
    alone, together = many_logs(paths, a, b, 1), many_logs(paths, a, b, cores)
    return {
        "backtest.log_readings": readings,
        "backtest.decode_readings_per_cpu_s": statistics.median(decode),
        "backtest.core_readings_per_cpu_s": statistics.median(core),
        "backtest.judged_readings_per_cpu_s": statistics.median(whole),
        "backtest.judged_best_per_cpu_s": max(whole),
        "backtest.judged_to_core": statistics.median(ours / limit for ours, limit in zip(whole, core, strict=True)),
        "backtest.judged_to_decode": statistics.median(ours / limit for ours, limit in zip(whole, decode, strict=True)),
        "backtest.cores": cores,
        "backtest.command_readings_per_s": together,
        "backtest.command_to_one_process": together / alone,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sessions")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    collect_seldom()
    with tempfile.TemporaryDirectory(prefix="infusion-bench-") as folder:
        found = figures(Path(folder), quick=given.quick)
    for name, value in found.items():
        print(f"{name:45} {value:14,.3f}")
    if given.json:
        given.json.write_text(json.dumps({name: round(value, 4) for name, value in found.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
