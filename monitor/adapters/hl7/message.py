"""An HL7 v2 message as segments, fields and components. Pure; nothing here knows what a field means."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec

HEADER: Final = "MSH"
_BEGINNING: Final = HEADER.encode()
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
_LONGEST_NAMES: Final = 80  # bytes of MSH-18: what a longer one says is not remembered
_MAX_SEGMENTS: Final = 2_000  # a gateway's message has fifty; a megabyte of empty ones would hold up everything else
_HEX: Final = re.compile(r"X((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_LAYOUT: Final = {".br": " ", ".sp": " ", "H": "", "N": ""}


class Marks(msgspec.Struct, frozen=True, cache_hash=True):
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
        if self.name == HEADER:
            self._fields.insert(1, marks.field)  # MSH-1 is the separator itself

    def raw(self, number: int) -> str:
        """The whole field, escapes and separators included."""
        return self._fields[number] if number < len(self._fields) else ""

    def repetitions(self, number: int) -> list[str]:
        return self.raw(number).split(self._marks.repetition, _MAX_FIELDS) if self._marks.repetition else [self.raw(number)]

    def components(self, number: int) -> list[str]:
        """Of the first repetition, without escapes and outer blanks; at least one."""
        return components_of(self.raw(number), self._marks)

    def part(self, number: int, component: int = 1) -> str:
        parts = self.components(number)
        return parts[component - 1] if component <= len(parts) else ""

    def text(self, number: int) -> str:
        """The field as one text: its components joined by the separator they had."""
        return text_of(self.raw(number), self._marks)


def field_of(segment: str, marks: Marks, number: int) -> str:
    """As `Segment.raw` has it, of one that is not the header."""
    fields = segment.split(marks.field, number + 1)
    return fields[number] if number < len(fields) else ""


def components_of(field: str, marks: Marks) -> list[str]:
    """Of its first repetition, without escapes and outer blanks; at least one."""
    if not (marks.component in field or marks.repetition in field or marks.escape in field):  # as most are; an empty mark is in all
        return [field.strip()]
    if marks.repetition and marks.repetition in field:
        field = field[: field.index(marks.repetition)]
    return [marks.plain(part).strip() for part in field.split(marks.component, _MAX_FIELDS)]


def text_of(field: str, marks: Marks) -> str:
    """Its components joined by the separator they had."""
    return marks.plain(field).strip()


def without(segment: str, marks: Marks, first: int, second: int) -> tuple[str, str, str]:
    """The segment with two of its fields emptied, and what stood in them: what is left says the same in the next message."""
    fields = segment.split(marks.field, _MAX_FIELDS)
    length, taken, other = len(fields), "", ""
    if first < length:
        taken, fields[first] = fields[first], ""
    if second < length:
        other, fields[second] = fields[second], ""
    return marks.field.join(fields), taken, other


class Message(msgspec.Struct, frozen=True):
    lines: list[str]  # its segments in order as they stand, the header first
    marks: Marks

    @property
    def header(self) -> Segment:
        return Segment(self.lines[0], self.marks)

    def named(self, name: str) -> Iterator[Segment]:
        whole = name + self.marks.field
        return (Segment(line, self.marks) for line in self.lines if line.startswith(whole) or line == name)


def read_message(body: bytes) -> Message | None:
    """None: it does not begin with a usable MSH, holds a second one, or has more than 2000 segments. They end with CR, LF or both."""
    body = body.lstrip(b" \t\r\n\0").removeprefix(b"\xef\xbb\xbf")
    if not body.startswith(_BEGINNING) or len(body) < 8:
        return None
    text, charset = _decoded(body, _charset(body))
    lines = list(filter(None, text.replace("\n", "\r").split("\r")))
    marks = _marks(lines[0][3:8], charset)
    if marks is None or len(lines) > _MAX_SEGMENTS:
        return None
    message = Message(lines, marks)
    if text.rfind(HEADER) > 0 and any(True for _ in islice(message.named(HEADER), 1, None)):
        return None
    return message


@lru_cache(maxsize=64)
def _marks(text: str, charset: str) -> Marks | None:
    """`text`: what follows MSH, at most five characters."""
    if not text:
        return None
    field = text[0]
    others = text[1:].split(field)[0]
    given = field + others
    if any(mark.isalnum() or mark.isspace() for mark in given) or len(set(given)) != len(given) or not others:
        return None
    component, repetition, escape, subcomponent = (*others, "", "", "")[:4]
    return Marks(field, component, repetition, escape, subcomponent, charset)


def _charset(body: bytes) -> str:
    """MSH-18, the last of its repetitions that is known: the first is the default, a further one is what is switched to."""
    fields = body.partition(b"\r")[0].partition(b"\n")[0].split(body[3:4], 18)
    if len(fields) <= 17:
        return "utf-8"
    return _charset_named(fields[17]) if len(fields[17]) <= _LONGEST_NAMES else _charset_named.__wrapped__(fields[17])


@lru_cache(maxsize=64)
def _charset_named(names: bytes) -> str:
    known = [_CHARSETS[name] for each in names.decode(_FALLBACK).split("~") if (name := each.strip().upper()) in _CHARSETS]
    return known[-1] if known else "utf-8"


def _decoded(raw: bytes, charset: str) -> tuple[str, str]:
    """The text, and the character set it was read by: devices that name none, or the wrong one, mostly write UTF-8 (Efficia)."""
    for candidate in (charset, "utf-8"):
        try:
            return raw.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    return raw.decode(_FALLBACK), _FALLBACK
