"""What a message's header says beside its time and its number (MSH-7 and 10): the same from message to message. Pure.

It is read from the header without these two and from nothing else, so what is remembered is what would be read again.
"""

from functools import lru_cache
from typing import Final

import msgspec

from monitor.adapters.hl7.message import Marks, Message, Segment, components_of, without
from monitor.adapters.said import clipped

_TIME, _NUMBER = 6, 9  # places in the line: MSH-1 is the separator itself
_LONGEST: Final = 400  # characters: a longer one is not remembered
_MAX_HEADINGS: Final = 256  # a gateway has one, or one for each bed
_WANTED_ON: Final = {"AL": (True, True), "SU": (True, False), "ER": (False, True)}  # on success, on error


class Heading(msgspec.Struct, frozen=True):
    """`wanted`: letter of each acknowledgement, whether on success, whether on error."""

    kind: str
    event: str
    device: str
    model: str
    program: str  # MSH-3 as it stands
    is_simulated: bool  # training and debugging messages are no patient's
    wanted: tuple[tuple[str, bool, bool], ...]
    answer: tuple[str, str, str]  # what stands before, between and after the two in the answer's own header


class Header(msgspec.Struct, frozen=True):
    """`time`: without blanks. `raw_time` and `number`: as they stand."""

    heading: Heading
    time: str
    raw_time: str
    number: str


def header_of(message: Message) -> Header:
    marks = message.marks
    line, time, number = without(message.lines[0], marks, _TIME, _NUMBER)
    heading = _heading_of(line, marks) if len(line) <= _LONGEST else _heading_of.__wrapped__(line, marks)
    return Header(heading, components_of(time, marks)[0], time, number)


@lru_cache(_MAX_HEADINGS)
def _heading_of(line: str, marks: Marks) -> Heading:
    header = Segment(line, marks)
    return Heading(
        header.part(9).upper(),
        header.part(9, 2).upper(),
        clipped(header.part(3, 2)) if header.part(3, 3) else "",  # MSH-3 names a device only where it says of what kind the identifier is
        clipped(header.part(3) or header.part(3, 2) or header.part(4)),
        header.raw(3),
        header.part(11).upper() in ("T", "D"),
        _wanted(header),
        _answer(header, marks),
    )


def _wanted(header: Segment) -> tuple[tuple[str, bool, bool], ...]:
    if header.part(9) == "ACK":  # two ends that acknowledge acknowledgements never stop
        return ()
    accept, application = header.part(15).upper(), header.part(16).upper()
    asked = (("C", accept), ("A", application)) if accept or application else (("A", "AL"),)
    return tuple((letter, *_WANTED_ON.get(condition, (False, False))) for letter, condition in asked)


def _answer(header: Segment, marks: Marks) -> tuple[str, str, str]:
    """MSH-3 to 6 change places."""
    separators = marks.component + marks.repetition + marks.escape + marks.subcomponent
    kind = marks.component.join(part for part in ("ACK", header.part(9, 2), "ACK") if part)
    own = [header.raw(field) for field in (5, 6, 3, 4)]
    after = ["", header.raw(11) or "P", header.raw(12) or "2.6"]
    if charset := header.raw(18):
        after += ["", "", "", "", "", charset]
    return marks.field.join(["MSH", separators, *own, ""]), marks.field.join(["", "", kind, ""]), marks.field.join(after)
