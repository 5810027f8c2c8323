"""Times, amounts and people's words as they stand on paper. Pure."""

import re
import unicodedata
from collections.abc import Container
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from schemas.instant import from_ms
from schemas.vitals import format_milli

_COMMITMENT: Final = re.compile(r"(withheld:[0-9a-f]{8})[0-9a-f]{56}")
_KEPT: Final = frozenset({"\n"})


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    return from_ms(at_ms).astimezone(zone)


def clock(at_ms: int, zone: ZoneInfo) -> str:
    """14:05 in the site's zone."""
    return f"{local(at_ms, zone):%H:%M}"


def utc(at_ms: int) -> str:
    """2026-11-22 14:05:07Z."""
    return f"{from_ms(at_ms):%Y-%m-%d %H:%M:%SZ}"


def site(at_ms: int, zone: ZoneInfo) -> str:
    """14:05:07 in the site's zone."""
    return f"{local(at_ms, zone):%H:%M:%S}"


def day(at_ms: int, zone: ZoneInfo) -> str:
    return f"{local(at_ms, zone):%Y-%m-%d}"


def length(milliseconds: int) -> str:
    """45 s, 4:05 min, 1:04 h."""
    seconds = round(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60}:{seconds % 60:02d} min" if seconds < 3_600 else f"{seconds // 3_600}:{seconds // 60 % 60:02d} h"


def since(at_ms: int, start_ms: int) -> str:
    """-5 min, +0 min; -0 min stands for the half minute before the start."""
    return f"{'-' if at_ms < start_ms else '+'}{round(abs(at_ms - start_ms) / 60_000)} min"


def mg(micrograms: int) -> str:
    return format_milli(micrograms)


def cut_commitments(text: str) -> str:
    """withheld:5e987ab0... with the first digits that tell one from another."""
    return _COMMITMENT.sub("\\1\u2026", text)


def printable(text: str, glyphs: Container[int]) -> str:
    """The text with what the font lacks, and what would move other text about, named in its place: never dropped, never obeyed."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter in _KEPT or _is_plain(letter, glyphs) else _named(letter) for letter in text)


def _is_plain(letter: str, glyphs: Container[int]) -> bool:
    return ord(letter) in glyphs and unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _named(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return f"[U+{ord(letter):04X}{' ' if name else ''}{name}]"
