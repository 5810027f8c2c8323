"""The parts of a long record are walked by several processes: what is said is what one process says, and never that a record is whole
because nobody looked."""

import dataclasses
import io
import itertools
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.export.one_file import verify_py
from monitor.export.verify import Unusable, Verdict, lines, parts, verify_bundle, verify_file, verify_record
from monitor.export.verify.measurements import Measurements
from monitor.export.verify.parts import Place, walk_part, walk_parts
from monitor.export.verify.record import Ahead, read_record
from tests.unit.export.edits import edited
from tests.unit.export.proven import bundle_of, ring
from tests.unit.export.session_log import Log, exported, key_of, short_log, signed_again
from tests.unit.export.signed_logs import OF_THE_RECORD, WRONG, signed_log

SEED = 20_261_123
SALT = "5a" * 32
PINNED = ring().key.public


class Hand:
    """The other process, here: it does what it is asked when the answer is asked for."""

    def __init__(self) -> None:
        self._asked: list[Any] = []
        self._known: Measurements | None = None
        self.found = 0

    def send(self, about: Any) -> None:
        assert not self._asked, "one part at a time"
        self._asked.append(about)

    def send_bytes(self, part: bytes) -> None:
        self._asked.append(part)

    def recv(self) -> Any:
        (place, session, withheld, _, size), part = self._asked
        assert len(part) == size
        self._asked.clear()
        self._known = self._known or Measurements(session)
        found = walk_part(part, place, self._known, withheld)
        self.found += found is not None
        return found


@contextmanager
def of_size(size: int) -> Iterator[None]:
    """Parts and blocks of so few bytes that a short record has many of them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines, "PART", size)
        patched.setattr(lines, "LINES_BLOCK", max(64, size // 3))
        yield


def by_parts(data: bytes, size: int, hands: int) -> tuple[Verdict, int]:
    """The verdict, and how many parts were good where they were walked."""
    crew = [Hand() for _ in range(hands)]
    with of_size(size):
        return verdict_of(data, ahead_of(crew)), sum(hand.found for hand in crew)


def ahead_of(hands: Any) -> Ahead:
    return partial(walk_parts, hands, is_sent=True)


def verdict_of(data: bytes, ahead: Ahead | None = None) -> Verdict:
    if data.startswith(b"PK"):
        return verify_bundle(io.BytesIO(data), "it", pinned=PINNED, ahead=ahead)
    return verify_record(io.BytesIO(data), "it", ahead=ahead)


def changed_lines(draw: random.Random, data: bytes) -> bytes:
    """Lines left out, doubled, exchanged, or with a byte changed; signed again or not."""
    rows = data.splitlines(keepends=True)
    for _ in range(draw.choice((0, 1, 1, 2))):
        at, other = draw.randrange(1, len(rows)), draw.randrange(1, len(rows))
        match draw.randrange(5):
            case 0:
                del rows[at]
            case 1:
                rows.insert(at, rows[other])
            case 2:
                rows[at], rows[other] = rows[other], rows[at]
            case 3:
                rows.insert(at, rows[-1])
            case _:
                place = draw.randrange(len(rows[at]))
                rows[at] = rows[at][:place] + bytes([draw.randrange(256)]) + rows[at][place + 1 :]
        if len(rows) < 3:
            break
    made = b"".join(rows)
    try:
        return signed_again(made, key_of(2)) if draw.random() < 0.5 else made
    except (ValueError, KeyError, TypeError):
        return made


HONEST = [
    exported(short_log(measurements=60), ring().key),
    exported(short_log(measurements=150, is_closed=False), ring().key),
    exported(short_log(measurements=60, salt=SALT), ring().key),
    exported(signed_log(), ring().key),
    *(exported(signed_log(**WRONG[wrong]), ring().key) for wrong in OF_THE_RECORD),
]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.integers(4_000, 30_000), st.integers(1, 4))
def test_the_verdict_is_that_of_one_process(seed: int, size: int, hands: int):
    draw = random.Random(seed)
    data = changed_lines(draw, draw.choice(HONEST))
    assert by_parts(data, size, hands)[0] == verdict_of(data)


def test_parts_are_taken_over_and_bundles_too():
    """That the law above is about something: most of these are found elsewhere; bundles are edited in every way there is."""
    draw, found = random.Random(SEED), 0
    bundles = [bundle_of(short_log(measurements=60)), bundle_of(short_log(measurements=60, salt=SALT), is_deidentified=True)]
    bundles += [edited(draw, draw.choice(bundles[:2]))[1] for _ in range(60)]
    for data in (*HONEST, *bundles):
        verdict, count = by_parts(data, 8_000, 2)
        assert verdict == verdict_of(data)
        found += count
    assert found > 150


def test_what_was_walked_is_the_same_to_the_last_field():
    for data in HONEST[:4]:
        with of_size(8_000):
            walk, manifest = read_record(io.BytesIO(data), ahead_of([Hand(), Hand()]))
        one, same = read_record(io.BytesIO(data))
        assert manifest == same
        for field in dataclasses.fields(walk):
            if field.name not in ("signed", "withheld"):
                assert getattr(walk, field.name) == getattr(one, field.name), field.name
        assert vars(walk.signed) == vars(one.signed)


def of_room(room: str) -> bytes:
    log = Log()
    log.create(room)
    log.bind()
    for number in range(100):
        log.measure(seal=number % 10 == 9)
    return exported(log, key_of(2))


def test_a_part_is_taken_over_only_where_it_joins(monkeypatch: pytest.MonkeyPatch):
    """One record up to a seal and another one, with the same entries, from there on. Who looks only at the parts finds nothing."""
    size = 8_000
    one, other = of_room("Room 1"), of_room("Room 2")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines, "PART", size)
        cutter = lines.Lines(io.BytesIO(one))
        at = len(cutter.next())
        at += sum(map(len, itertools.islice(iter(cutter.part, b""), 3)))
    made = signed_again(one[:at] + other[at:], key_of(2))
    ends = [place.start() + len(lines.SEAL_END) for place in re.finditer(lines.SEAL_END, other)]
    elsewhere = {place.seq: place for end in ends if (place := parts.place_behind(other[:end]))}
    honest = parts.place_behind

    def lying(part: bytes) -> Place | None:
        said = honest(part)
        return said and elsewhere[said.seq]

    monkeypatch.setattr(parts, "place_behind", lying)
    verdict, found = by_parts(made, size, 2)
    assert verdict == verdict_of(made)
    assert (verdict.is_verified, found) == (False, 1)
    assert by_parts(one, size, 2)[0] == verdict_of(one)
    assert verdict_of(one).is_verified
    monkeypatch.setattr(parts, "is_joint", lambda *_: True)
    assert by_parts(made, size, 2)[0].is_verified, "control: the joint is all that is wrong with it"


# --- real processes


@pytest.fixture
def long_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Long by what is called so here."""
    monkeypatch.setattr(parts, "PARTS_FROM", 0)
    monkeypatch.setattr(lines, "PART", 8_000)
    path = tmp_path / "S.jsonl"
    path.write_bytes(HONEST[2])
    return path


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_of_every_kind_say_the_same(method: str, long_record: Path, monkeypatch: pytest.MonkeyPatch):
    context: Any = multiprocessing.get_context(method)
    monkeypatch.setattr(multiprocessing, "Process", context.Process)
    asked = 0

    def counted(*about: Any) -> None:
        nonlocal asked
        asked += 1
        ask(*about)

    ask = parts._ask
    monkeypatch.setattr(parts, "_ask", counted)
    assert verify_file(long_record, processes=2) == verify_file(long_record)
    assert asked > 5
    assert not multiprocessing.active_children()
    long_record.write_bytes(HONEST[2].replace(b'"seq":40,', b'"seq":41,'))
    assert verify_file(long_record, processes=2) == verify_file(long_record)
    assert verify_file(long_record).seq == 40


def test_of_a_bundle_the_bytes_are_sent(long_record: Path):
    path = long_record.with_suffix(".zip")
    path.write_bytes(bundle_of(short_log(measurements=60, salt=SALT)))
    assert verify_file(path, processes=2) == verify_file(path)
    assert verify_file(path).is_verified


def test_what_another_process_cannot_read_is_read_here(long_record: Path, monkeypatch: pytest.MonkeyPatch):
    context: Any = multiprocessing.get_context("fork")
    monkeypatch.setattr(multiprocessing, "Process", context.Process)
    monkeypatch.setattr(parts, "bytes_of", lambda *_: b"")
    assert verify_file(long_record, processes=2) == verify_file(long_record)
    monkeypatch.undo()
    assert parts.bytes_of(long_record.with_name("none"), 0, 5) == b""
    assert parts.bytes_of(long_record, 2, 5) == HONEST[2][2:7]


def test_where_there_can_be_no_processes_one_is_enough(long_record: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(_: object) -> None:
        raise PermissionError("no more processes for you")

    said = verify_file(long_record)
    monkeypatch.setattr(multiprocessing.Process, "start", refused)
    assert verify_file(long_record, processes=2) == said
    monkeypatch.setitem(sys.modules, "multiprocessing", None)
    assert verify_file(long_record, processes=2) == said


def test_a_short_record_needs_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(multiprocessing.Process, "start", lambda _: pytest.fail("a process was begun"))
    (tmp_path / "S.jsonl").write_bytes(HONEST[0])
    assert verify_file(tmp_path / "S.jsonl", processes=2).is_verified


@pytest.mark.parametrize("kill", [lambda *_: os.kill(os.getpid(), signal.SIGKILL), lambda *_: os._exit(0)])
def test_a_process_that_is_killed_is_no_verdict(kill: Callable[..., None], long_record: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(multiprocessing, "Process", multiprocessing.get_context("fork").Process)
    monkeypatch.setattr(parts, "walk_part", kill)
    with pytest.raises(Unusable, match="was ended from outside"):
        verify_file(long_record, processes=2)
    assert not multiprocessing.active_children()


WAITING = """
import multiprocessing, os, signal, sys, threading
from pathlib import Path
from monitor.export.verify import lines, parts, verify_file
multiprocessing.set_start_method("fork")
parts.PARTS_FROM, lines.PART = 0, 8_000
{waits}
verify_file(Path(sys.argv[1]), processes=2)
"""
AT_WORK = """
def walk_part(*_):
    os.write(1, b"waits")
    threading.Event().wait()
parts.walk_part = walk_part
"""
IDLE = """
def place_behind(_):
    os.write(1, b"waits")
    threading.Event().wait()
parts.place_behind = place_behind
"""


@pytest.mark.parametrize(("waits", "sent"), [(AT_WORK, signal.SIGINT), (IDLE, signal.SIGINT), (IDLE, signal.SIGKILL)])
def test_whoever_ends_the_one_ends_them_all(waits: str, sent: signal.Signals, long_record: Path):
    """Every process holds the pipe that is read here: it ends when all have."""
    program = subprocess.Popen(
        (sys.executable, "-c", WAITING.format(waits=waits), long_record),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert program.stdout is not None
    assert program.stdout.read(5) == b"waits"
    program.send_signal(sent)
    program.communicate(timeout=60)
    assert program.returncode != 0


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_the_one_file_does_it_too(method: str, long_record: Path, tmp_path: Path):
    """As it lies in a bundle that was unpacked, apart from this project."""
    text = verify_py().decode()
    for was, now in (
        ("PARTS_FROM: Final = 24 << 20", "PARTS_FROM: Final = 0"),
        ("\nPART: Final = 1 << 18", "\nPART: Final = 8_000"),
        ("import multiprocessing\n", f"import multiprocessing; multiprocessing.set_start_method({method!r})\n"),
        ("def _ask(", "def _ask(*about):\n    print('asked', file=sys.stderr)\n    really_ask(*about)\n\n\ndef really_ask("),
    ):
        assert text.count(was) == 1, was
        text = text.replace(was, now)
    program = tmp_path / "verify.py"
    program.write_text(text)
    for data in (HONEST[2], HONEST[2].replace(b'"seq":40,', b'"seq":41,')):
        long_record.write_bytes(data)
        done = subprocess.run(
            (sys.executable, "-I", program, long_record, "--processes", "2"), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        verdict = verify_file(long_record)
        assert done.stdout.splitlines() == list(verdict.lines), done.stderr
        assert set(done.stderr.splitlines()) == {"asked"}
        assert done.returncode == verdict.exit_code
