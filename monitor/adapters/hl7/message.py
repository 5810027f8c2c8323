"""An HL7 v2 message as segments, fields and components. Pure; nothing here knows what a field means."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_CHARSETS: Final = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "GB 18030-2000": "gb18030",
    "ISO IR87": "iso2022_jp",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
_FALLBACK: Final = "latin-1"  # reads any byte
_MAX_FIELDS: Final = 64  # fields of a segment and parts of a field beyond it stay unsplit in the last
_MAX_SEGMENTS: Final = 2_000  # a gateway's message has fifty; a megabyte of empty ones would hold up everything else
_SEGMENT_END: Final = re.compile(r"[\r\n]+")
_HEX: Final = re.compile(r"X((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_LAYOUT: Final = {".br": " ", ".sp": " ", "H": "", "N": ""}


class Marks(msgspec.Struct, frozen=True):
    """The separators of one message, from its own MSH-1 and MSH-2; and the character set it was read by."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    charset: str

    def plain(self, text: str) -> str:
        """Without its escapes; one that is unknown stays as it stands."""
        if not self.escape or self.escape not in text:
            return text
        pattern = re.escape(self.escape)
        return re.sub(f"{pattern}([^{pattern}]*){pattern}", self._escaped, text)

    def _escaped(self, match: re.Match[str]) -> str:
        name = match[1]
        own = {"F": self.field, "S": self.component, "T": self.subcomponent, "R": self.repetition, "E": self.escape}
        if name in own:
            return own[name]
        if name in _LAYOUT:
            return _LAYOUT[name]
        if code := _HEX.fullmatch(name):
            return _decoded(bytes.fromhex(code[1]), self.charset)[0]
        return match[0]


class Segment:
    """Fields are numbered as HL7 numbers them. What is not there is empty."""

    def __init__(self, text: str, marks: Marks) -> None:
        self._marks = marks
        self._fields = text.split(marks.field, _MAX_FIELDS)
        self.name = self._fields[0]
        if self.name == "MSH":
            self._fields.insert(1, marks.field)  # MSH-1 is the separator itself

    def raw(self, number: int) -> str:
        """The whole field, escapes and separators included."""
        return self._fields[number] if number < len(self._fields) else ""

    def repetitions(self, number: int) -> list[str]:
        return self.raw(number).split(self._marks.repetition, _MAX_FIELDS) if self._marks.repetition else [self.raw(number)]

    def components(self, number: int) -> list[str]:
        """Of the first repetition, without escapes and outer blanks; at least one."""
        return [self._marks.plain(part).strip() for part in self.repetitions(number)[0].split(self._marks.component, _MAX_FIELDS)]

    def part(self, number: int, component: int = 1) -> str:
        parts = self.components(number)
        return parts[component - 1] if component <= len(parts) else ""

    def text(self, number: int) -> str:
        """The field as one text: its components joined by the separator they had."""
        return self._marks.plain(self.raw(number)).strip()


class Message(msgspec.Struct, frozen=True):
    header: Segment
    segments: tuple[Segment, ...]  # in order, the header first
    marks: Marks

    def named(self, name: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name == name)


def read_message(body: bytes) -> Message | None:
    """None: it does not begin with a usable MSH, holds a second one, or has more than 2000 segments. They end with CR, LF or both."""
    body = body.lstrip(b" \t\r\n\0").removeprefix(b"\xef\xbb\xbf")
    if not body.startswith(b"MSH") or len(body) < 8:
        return None
    text, charset = _decoded(body, _charset(body))
    marks = _marks(text, charset)
    if marks is None:
        return None
    lines = [line for line in _SEGMENT_END.split(text) if line]
    if len(lines) > _MAX_SEGMENTS:
        return None
    segments = tuple(Segment(line, marks) for line in lines)
    if sum(segment.name == "MSH" for segment in segments) != 1:
        return None
    return Message(segments[0], segments, marks)


def _marks(text: str, charset: str) -> Marks | None:
    if len(text) < 5:  # a character set's own escapes can leave less than there were bytes
        return None
    field = text[3]
    others = re.split(r"[\r\n]", text[4:9])[0].split(field)[0][:4]
    given = field + others
    if any(mark.isalnum() or mark.isspace() for mark in given) or len(set(given)) != len(given) or not others:
        return None
    component, repetition, escape, subcomponent = (*others, "", "", "")[:4]
    return Marks(field, component, repetition, escape, subcomponent, charset)


def _charset(body: bytes) -> str:
    """MSH-18, the last of its repetitions that is known: the first is the default, a further one is what is switched to."""
    fields = re.split(rb"[\r\n]", body, maxsplit=1)[0].split(body[3:4], 18)
    named = fields[17].decode(_FALLBACK).split("~") if len(fields) > 17 else []
    known = [_CHARSETS[name.strip().upper()] for name in named if name.strip().upper() in _CHARSETS]
    return known[-1] if known else "utf-8"


def _decoded(raw: bytes, charset: str) -> tuple[str, str]:
    """The text, and the character set it was read by: devices that name none, or the wrong one, mostly write UTF-8 (Efficia)."""
    for candidate in (charset, "utf-8"):
        try:
            return raw.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    return raw.decode(_FALLBACK), _FALLBACK
