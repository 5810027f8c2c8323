"""The short way: what the pattern of a measurement takes is canonical, as the long way (parse, write again, compare) would find."""

import hashlib
import io
import json
import random
import re
from contextlib import suppress

import pytest

from monitor.export.verify import canonical as form
from monitor.export.verify import record
from monitor.export.verify.lines import Part
from monitor.export.verify.measurements import MEASUREMENT, Measurements
from monitor.export.verify.walk import Walk
from schemas.log import Entry, canonical
from tests.unit.export.session_log import START_MS, check, exported, key_of, measured, short_log, signed_again

SEED = 20_261_122


def line_of(seq: int) -> bytes:
    entry = Entry(at_ms=START_MS + seq, body=measured(seq, START_MS + seq), seq=seq, session="S-000001")
    return b'{"entry":' + canonical(entry) + b',"type":"entry"}\n'


LINES = [line_of(seq) for seq in (0, 1, 10, 100, 1_000, 999_999)]


@pytest.mark.parametrize("line", LINES)
def test_an_ordinary_measurement_goes_the_short_way(line: bytes):
    match = MEASUREMENT.fullmatch(line)
    assert match is not None
    entry = json.loads(line)["entry"]
    assert match.groups() == (
        form.write(entry),
        str(entry["at_ms"]).encode(),
        b"simulated",
        str(entry["seq"]).encode(),
        b'"S-000001"',
    )


def test_whatever_the_pattern_takes_the_long_way_takes_too():
    draw = random.Random(SEED)
    pieces = [
        b"",
        b"0",
        b"1",
        b"-",
        b"-0",
        b"00",
        b'"',
        b"\\",
        b"\\u0041",
        b",",
        b":",
        b"{",
        b"}",
        b"[",
        b"]",
        b" ",
        b"\n",
        b"null",
        b"true",
        b"1.0",
        b"e5",
    ]
    pieces += [b"\xc3\xa9", b"\xff", b'"seq":1,', b'"counter":1,', b"9" * 16, b',{"reason":"none"}', b"\x00", b"\x7f", b"A"]
    taken = 0
    for _ in range(40_000):
        line = draw.choice(LINES)
        for _ in range(draw.choice((1, 1, 1, 2))):
            position, width = draw.randrange(len(line)), draw.choice((0, 0, 1, 1, 2, 5))
            line = line[:position] + draw.choice(pieces) + line[position + width :]
        if MEASUREMENT.fullmatch(line):
            taken += 1
            value = form.read(line)
            assert form.write(value) + b"\n" == line
            assert set(value["entry"]) == {"at_ms", "body", "seq", "session"}
    assert taken > 2_000, f"the pattern took only {taken} of the changed lines: this test saw too little (seed {SEED})"


def walk_at(entries: int) -> Walk:
    return Walk(session="S-000001", head=bytes(32), entries=entries, sealed=entries)


def taken(known: Measurements, lines: bytes, walk: Walk) -> tuple[int, str]:
    part = Part(lines)
    chain = known.take(part, walk, hashlib.sha256(walk.head))
    return part.at, chain.hexdigest()


def test_what_is_taken_together_is_what_the_pattern_takes_line_by_line():
    """Digits are changed, added and taken away in a row of lines: those taken are canonical, in order, and under the chain as they are."""
    draw = random.Random(SEED)
    known = Measurements("S-000001")
    for line in LINES:
        match = MEASUREMENT.fullmatch(line)
        assert match is not None
        known.learn(line, match)
    found = whole = 0
    for _ in range(20_000):
        first = draw.choice((7, 97, 996))
        rows = b"".join(line_of(seq) for seq in range(first, first + draw.randrange(1, 8)))
        for _ in range(draw.choice((0, 1, 1, 2))):
            position, width = draw.randrange(len(rows)), draw.choice((0, 1, 1, 1, 2))
            rows = rows[:position] + draw.choice((b"0", b"7", b"-", b"", b"00", b"9" * 15, b'"', b"\n", b",")) + rows[position + width :]
        walk = walk_at(first - 1)
        walk.at_ms = before_ms = START_MS + first - draw.choice((-1, 0, 1))
        size, digest = taken(known, rows[: rows.rfind(b"\n") + 1], walk)
        lines = rows[:size].splitlines(keepends=True)
        assert walk.entries == first - 1 + len(lines)
        matches = [MEASUREMENT.fullmatch(line) for line in lines]
        assert all(matches), lines
        assert [int(match[4]) for match in matches if match] == list(range(first, first + len(lines)))
        times = [int(match[2]) for match in matches if match]
        assert [before_ms, *times] == sorted([before_ms, *times]) or not times
        assert {match[5] for match in matches if match} <= {b'"S-000001"'}
        assert digest == hashlib.sha256(bytes(32) + b"".join(match[1] + b"\n" for match in matches if match)).hexdigest()
        found += size > 0
        whole += size == len(rows)
    assert found > 2_000, f"only {found} rows went the short way: this test saw too little (seed {SEED})"
    assert whole > 500


def test_a_seal_that_is_plainly_right_is_what_the_long_way_takes():
    draw = random.Random(SEED)
    seals = [line for line in exported(short_log()).splitlines(keepends=True) if line.endswith(b'"type":"seal"}\n')]
    found = 0
    for _ in range(10_000):
        line = honest = draw.choice(seals)
        if draw.random() < 0.9:
            position, width = draw.randrange(len(line)), draw.choice((0, 1, 1, 2))
            line = line[:position] + draw.choice((b"0", b"7", b"-", b"", b"a", b'"', b"\n", b"\\", b",")) + line[position + width :]
        stated = json.loads(honest)["seal"]
        walk = walk_at(stated["first_seq"] - 1)
        walk.entries = stated["last_seq"]
        if size := Measurements("S-000001").take_seal(line, 0, bytes.fromhex(stated["digest"]), walk):
            found += 1
            walk.sealed = stated["first_seq"] - 1
            value = form.read(line[:size])
            record._check_seal(walk, value, bytes.fromhex(stated["digest"]), io.BytesIO())
    assert found > 1_000


def test_the_verdict_is_the_same_without_the_short_way(monkeypatch: pytest.MonkeyPatch):
    """Records of several shapes, honest, with an edit of lines, a digit or a byte, and signed again by a forger."""
    draw = random.Random(SEED)
    honest = [exported(short_log(measurements=count, is_closed=count % 2 == 0)) for count in (30, 41, 120)]
    files = [*honest]
    for number in range(400):
        lines = draw.choice(honest).splitlines(keepends=True)
        at = draw.randrange(len(lines))
        match draw.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, draw.choice(lines))
            case 2:
                lines[at] = re.sub(
                    rb":[0-9]", lambda found: draw.choice((b":0", found[0] + b"0", b":7")), lines[at], count=draw.randrange(1, 9)
                )
            case _:
                position = draw.randrange(len(lines[at]))
                lines[at] = lines[at][:position] + bytes([draw.randrange(256)]) + lines[at][position + 1 :]
        data = b"".join(lines)
        with suppress(ValueError, KeyError, TypeError):
            data = signed_again(data, key_of(2)) if number % 2 else data
        files.append(data)
    short = [check(data) for data in files]
    monkeypatch.setattr(Measurements, "take", lambda _, __, ___, chain: chain)
    monkeypatch.setattr(Measurements, "take_seal", lambda *_: 0)
    assert [check(data) for data in files] == short
    assert sum(verdict.is_verified for verdict in short) >= len(honest)
    assert len({verdict.lines[1].split(":")[-1][:20] for verdict in short}) > 10
