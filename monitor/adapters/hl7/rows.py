"""One OBX: what it says beside its value and its time, and what its value says. Pure.

A monitor sends the same rows over and over with other numbers in them. What a row means is read once, from the row without OBX-5 and
OBX-14, and its value once for each such row. Neither function is given anything else, so what is remembered is what would be read again.
"""

from functools import lru_cache
from typing import Final

import msgspec

from monitor.adapters.device_time import DeviceTime
from monitor.adapters.doubts import Doubt
from monitor.adapters.hl7.codes import Code, code_of, meaning_of, unit_of
from monitor.adapters.hl7.message import Marks, Segment, components_of, text_of, without
from monitor.adapters.hl7.values import doubts_of, flags_of, is_none, kind_of, value_of
from monitor.adapters.nomenclature import Meaning
from monitor.adapters.said import DeviceValue, Kind, Origin, Sender, clipped

_VALUE, _TIME = 5, 14
_LONGEST: Final = 300  # characters of a row: what a longer one says is not remembered
_MAX_FORMS: Final = 2_048  # a gateway of fifty beds has 500; beyond it the one that was longest not met is read again
_MAX_CONTENTS: Final = 8_192
_EFFICIA_LINE: Final = "MDIL-ALERT"


class Form(msgspec.Struct, frozen=True, eq=False):
    """A row without its value and its time."""

    marks: Marks
    segment: Segment
    code: Code
    name: str  # of the code, in capitals
    meaning: Meaning | None
    why_none: str
    unit: Code
    ucum: str
    kind: Kind
    flags: frozenset[str]
    doubts: frozenset[Doubt]
    device: str  # that it names, with its model; empty: none
    model: str
    is_demo: bool
    is_streamed: bool  # a quantity that no cuff measures
    is_line: bool  # of text, that tells an alarm of Philips Efficia


class Content(msgspec.Struct, frozen=True):
    """OBX-5 of a row. `value`: where the row's code is a quantity's."""

    text: str
    parts: tuple[str, ...]
    origin: Origin
    value: DeviceValue | None

    @property
    def is_none(self) -> bool:
        return is_none(self.text)


class Row(msgspec.Struct, frozen=True):
    """`has_own_time`: else it is that of its OBR, or of the message."""

    form: Form
    content: Content
    sender: Sender
    time: DeviceTime
    has_own_time: bool

    @property
    def word(self) -> str:
        return self.content.parts[0]


def read_row(line: str, marks: Marks) -> tuple[Form, Content, str]:
    """With OBX-14 as it stands."""
    row, value, time = without(line, marks, _VALUE, _TIME)
    if len(line) <= _LONGEST:
        form = _form_of(row, marks)
        return form, _content_of(value, form), time
    form = _form_of.__wrapped__(row, marks)
    return form, _content_of.__wrapped__(value, form), time


@lru_cache(_MAX_FORMS)
def _form_of(row: str, marks: Marks) -> Form:
    segment = Segment(row, marks)
    code, unit = code_of(segment, 3), code_of(segment, 6)
    name, found, flags = code.name.upper(), meaning_of(code), flags_of(segment)
    meaning = None if isinstance(found, str) else found
    device = "" if name.startswith("MDC_ATTR_") else segment.part(18) or segment.part(18, 3)  # of an attribute a pump's is its ward
    return Form(
        marks,
        segment,
        code,
        name,
        meaning,
        found if isinstance(found, str) else "",
        unit,
        unit_of(unit),
        kind_of(segment, is_spot=meaning is not None and meaning.is_spot),
        flags,
        doubts_of(segment),
        clipped(device),
        clipped(segment.part(18, 2)),
        "DEMO" in flags,
        meaning is not None and not meaning.is_spot,
        code.system.upper() == _EFFICIA_LINE,
    )


@lru_cache(_MAX_CONTENTS)
def _content_of(value: str, form: Form) -> Content:
    text = text_of(value, form.marks)
    origin = Origin(clipped(form.code.text), clipped(text), clipped(form.unit.text), clipped(form.segment.raw(4)))
    read = None if form.meaning is None else value_of(form.meaning.quantity, text, form.ucum, origin, form.doubts)
    return Content(text, tuple(components_of(value, form.marks)), origin, read)
