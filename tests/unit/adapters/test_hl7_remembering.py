"""What the HL7 codec remembers changes nothing of what it says: the same as when it reads all of it afresh, whatever came before."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from random import Random
from types import ModuleType
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

import monitor.adapters.hl7
from monitor.adapters.base import CodecSettings
from monitor.adapters.hl7 import context, heading, message, rows, stamp
from monitor.adapters.hl7.codec import Hl7Codec
from monitor.adapters.said import Said
from simulators.devices.hl7 import Cuff, Hl7State, PumpState, ge, mindray, mindray_alarm, philips, space_pump
from simulators.devices.mllp import framed
from tests.contract.fuzzing import altered
from tests.unit.adapters.hl7_said import NOW_MS, Bedside, header, measurements

AT: Final = datetime(2026, 11, 22, 10, 41, 7)
MESSAGES: Final = 600
STAMP: Final = "<MSH-7>"  # the message's own
IN_OBX: Final = {  # what stands in these fields of other rows
    3: ["150456^MDC_PULS_OXIM_SAT_O2^MDC", "147842^MDC_ECG_HEART_RATE^MDC", "150301^MDC_PRESS_CUFF_SYS^MDC", "2^Yellow Alarm^MDIL-ALERT"],
    4: ["1.1", "1.2", STAMP],
    5: ["97", STAMP, "5.1", "", "-1", "---", "SpO\\XE9\\", "a^b", "°C", "9" * 90],
    6: ["262688^MDC_DIM_PERCENT^MDC", "265987^MDC_DIM_KILO_PASCAL^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", "furlongs"],
    7: ["90-100", "85-100"],
    8: ["", "L", "DEMO", "QUES", "INV", "L~PM~SP", "H~PH~ST"],
    11: ["F", "R", "X", "D"],
    14: ["20261122104100", "20261122104100+0200", "20261122104100-0500", "20261122104130-0500", STAMP, f"{STAMP}0", f"~{STAMP}", " ", ""],
    17: ["AMEAS", "MMEAS", "^APERIODIC", "MSET"],
    18: ["0012^ONE", "0013^ONE", "0013^TWO", ""],
}
IN_OBR: Final = {7: ["20261122104100", "20261122104100+0200", STAMP, f"{STAMP}^x", " ", ""]}
IN_MSH: Final = {
    3: ["^EfficiaCM", "VSP^080019FFFE1443EC^EUI-64", "VSP^080019FFFE1443ED^EUI-64"],
    5: ["US", "THEM"],
    7: ["20261122104107", "20261122104107+0100", "20261122104159+0100", " ", ""],
    9: ["ORU^R01^ORU_R01", "ORU^R40^ORU_R40", "ORU^W01", "ADT^A01", "ACK^R01"],
    10: ["17", "18", ""],
    11: ["P", "D"],
    15: ["", "AL", "NE", "SU"],
    16: ["", "AL", "ER"],
    18: ["UNICODE UTF-8", "8859/1", "8859/5", "ISO IR87", ""],
}


def _with_fields(item: bytes, rng: Random) -> bytes:
    """A few fields of it as other devices write them; now and then other separators."""
    lines = [line.split("|") for line in item.decode().split("\r")]
    for line in (lines[0], *rng.sample(lines[1:], 3)):
        pool, shift = {"OBX": (IN_OBX, 0), "OBR": (IN_OBR, 0), "\x0bMSH": (IN_MSH, 1)}.get(line[0], (None, 0))
        if pool is not None:
            field = rng.choice(list(pool))
            line += [""] * (field - shift + 1 - len(line))
            line[field - shift] = rng.choice(pool[field])
    text = "\r".join("|".join(line) for line in lines).replace(STAMP, lines[0][6])
    if rng.random() < 0.2:
        text = text.replace(*rng.choice((("|", "#"), ("^", "*"), ("^~\\&", "^~\\$"), ("^~\\&", "^~!&"), ("^~\\&", "^!\\&"))))
    text = text.replace("^^5", rng.choice(("^^5", "^^é")))
    return text.encode("utf-8" if rng.random() < 0.5 else "latin-1", "replace")


@cache
def _course() -> list[bytes]:
    """Messages of five devices by turns, their values and times going on; many with other fields, some with other bytes."""
    rng, course = Random(20261123), []
    for number in range(MESSAGES):
        at = AT + timedelta(seconds=number)
        state = Hl7State(
            rng.randrange(60, 64), rng.randrange(95, 99), 61, rng.choice((None, 14)), 38, Cuff(118, 74, rng.randrange(88, 91), AT)
        )
        said = rng.choice((mindray, philips, ge))(at, number, state)
        if number % 3 == 0:
            said = mindray_alarm(at, number, 88, rng.choice(("start", "end")))
        elif number % 7 == 0:
            said = space_pump(at, number, PumpState(25.0, 0.0, 4.2, why_not=rng.choice(("", "pump-stopped-occlusion"))))
        item = framed(said)
        if rng.random() < 0.8:
            item = _with_fields(item, rng)
        course.append(altered(item, rng) if rng.random() < 0.1 else item)
    return course


def _said() -> list[list[Said]]:
    """By two connections in turn, of devices whose clocks go by different zones."""
    codecs = [Hl7Codec(CodecSettings(zone=zone)) for zone in (None, ZoneInfo("Europe/Berlin"))]
    return [codecs[number // 4 % 2].feed(item, NOW_MS + number * 300) for number, item in enumerate(_course())]


def _remembering() -> Iterator[tuple[ModuleType, str]]:
    """Every function of the codec that remembers."""
    for found in iter_modules(monitor.adapters.hl7.__path__):
        module = import_module(f"{monitor.adapters.hl7.__name__}.{found.name}")
        yield from ((module, name) for name, value in vars(module).items() if hasattr(value, "cache_info"))


def _forget(patch: pytest.MonkeyPatch, entries: int) -> None:
    """Each begins anew, and holds so many. What it knew is there again after the patch."""
    for module, name in list(_remembering()):
        patch.setattr(module, name, lru_cache(maxsize=entries)(getattr(module, name).__wrapped__))


@cache
def _afresh() -> list[list[Said]]:
    """Nothing remembered, and no time thought likely."""
    with pytest.MonkeyPatch.context() as patch:
        _forget(patch, 0)
        patch.setattr(context, "read_row", lambda line, marks, _: rows.read_row(line, marks, "\n"))
        return _said()


@pytest.mark.parametrize("entries", [8, 8_192], ids=["little", "all-of-it"])
def test_what_is_remembered_is_what_would_be_read_again(entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    afresh = _afresh()
    assert len(set(_remembering())) >= 8
    _forget(monkeypatch, entries)
    assert _said() == afresh
    assert _said() == afresh, "with all of it met before"
    assert sum(len(measurements(said)) for said in _afresh()) > MESSAGES // 3


def _but(place: int) -> Callable[..., object]:
    """All but one field of the segment, by its place in the line."""

    def key(line: str, marks: message.Marks) -> object:
        fields = line.split(marks.field)
        return fields[:place] + fields[place + 1 :], marks

    return key


OBX_FIELDS: Final = (3, 4, 6, 7, 8, 11, 17, 18)
MSH_PLACES: Final = (2, 4, 8, 10, 14, 15)
TOO_LITTLE: Final = [
    *((rows, "_form_of", _but(field), f"obx-{field}") for field in OBX_FIELDS),
    (rows, "_form_of", lambda row, _: row, "separators-of-a-row"),
    *((rows, "_known", _but(field), name) for field, name in ((5, "value"), (14, "time"))),
    (rows, "_known", lambda line, _: line, "separators-of-a-value"),
    *((heading, "_heading_of", _but(place), f"msh-{place + 1}") for place in MSH_PLACES),
    (message, "_marks", lambda text, _: text, "character-set"),
    (message, "_marks", lambda text, charset: (text[:-1], charset), "last-separator"),
    (message, "_charset_named", lambda _: 0, "name-of-the-character-set"),
    (stamp, "_time", lambda text, *zones: (text[:14], zones), "offset"),
    (stamp, "_time", lambda text, *zones: (text[:12], text[14:], zones), "seconds"),
    (stamp, "_time", lambda text, _, configured: (text, configured), "zone-of-the-message"),
    (stamp, "_time", lambda text, of_message, _: (text, of_message), "zone-of-the-device"),
    (stamp, "_second", lambda at_s: at_s // 60, "second"),
]


@pytest.mark.parametrize(("module", "name", "key"), [case[:3] for case in TOO_LITTLE], ids=[case[3] for case in TOO_LITTLE])
def test_control_what_is_remembered_by_too_little_is_found(
    module: ModuleType, name: str, key: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    afresh, function, known = _afresh(), getattr(module, name).__wrapped__, dict[str, Any]()

    def forgetful(*given: object) -> object:
        by = repr(key(*given))
        if by not in known:
            known[by] = function(*given)
        return known[by]

    forgetful.__wrapped__ = function  # type: ignore[attr-defined]
    _forget(monkeypatch, 8_192)
    monkeypatch.setattr(module, name, forgetful)
    assert _said() != afresh


def test_control_a_likely_time_that_stands_elsewhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    afresh = _afresh()
    monkeypatch.setattr(rows, "_known", rows._read)
    assert _said() != afresh


def test_what_is_too_long_is_not_remembered() -> None:
    def hears(length: int) -> int:
        names = "~".join(["8859/1"] * (length // 7))
        row = f"OBX|1|ST|1^{'x' * length}||{'y' * length}|||||||||{'2' * length}"
        Bedside().hears(header("z" * length, at="2" * length, rest=f"P|2.6||||||{names}"), row)
        return sum(getattr(module, name).cache_info().currsize for module, name in set(_remembering()))

    for module, name in _remembering():
        assert getattr(module, name).cache_info().maxsize is not None
        getattr(module, name).cache_clear()
    short = hears(10)
    before = hears(500)  # its separators and the second of our answer are of a bounded length
    assert hears(501) == before <= short + 1
