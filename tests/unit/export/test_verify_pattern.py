"""The short way: what the pattern of a measurement takes is canonical, as the long way (parse, write again, compare) would find."""

import json
import random

import pytest

from monitor.export.verify import canonical as form
from monitor.export.verify.record import MEASUREMENT
from schemas.log import Entry, canonical
from tests.unit.export.session_log import START_MS, measured

LINES = [
    b'{"entry":' + canonical(Entry(at_ms=START_MS + n, body=measured(n, START_MS + n), seq=n, session="S-000001")) + b',"type":"entry"}\n'
    for n in (0, 1, 10, 999_999)
]
SEED = 20_261_122


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
