"""One OBX: what it says beside its value and its time, and what its value says. Pure.

A monitor sends the same rows over and over with other numbers in them, all of one time. What a row means is read once, from the row without
OBX-5 and OBX-14; a row with its value is read once, from the row without OBX-14 where that is what the row before it had there. Neither
function is given anything else, so what is remembered is what would be read again.
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
_MAX_ROWS: Final = 8_192
_LIKELY: Final = "\r"  # stands for the likely time; no segment holds it
_EFFICIA_LINE: Final = "MDIL-ALERT"


class Form(msgspec.Struct, frozen=True):
    """A row without its value and its time."""

    segment: Segment
    code: Code
    name: str  # of the code, in capitals
    meaning: Meaning | None
    why_none: str
    origin: Origin  # of any value
    unit: str  # UCUM
    kind: Kind
    flags: frozenset[str]
    doubts: frozenset[Doubt]
    device: str  # that it names, with its model; empty: none
    model: str
    is_demo: bool
    is_streamed: bool  # a quantity that no cuff measures
    is_container: bool  # only opens a device or a channel, where it has no value
    is_line: bool  # of text, that tells an alarm of Philips Efficia


class Content(msgspec.Struct, frozen=True):
    """OBX-5 of a row. `ranked`: where the row's code is a quantity's, the value with the rank of its source."""

    text: str
    parts: tuple[str, ...]
    origin: Origin
    ranked: tuple[int, DeviceValue] | None
    is_none: bool


Told = tuple[Form, Content, str]  # OBX-14 as it stands


class Row(msgspec.Struct, frozen=True):
    form: Form
    content: Content
    sender: Sender
    time: DeviceTime

    @property
    def word(self) -> str:
        return self.content.parts[0]


def read_row(line: str, marks: Marks, likely: str) -> Told:
    """`likely`: what may stand in OBX-14, not empty. Whatever it is, the same is read; where it is right, sooner."""
    if len(line) <= _LONGEST and (known := _known(line.replace(likely, _LIKELY), marks)) is not None:
        return known if known[2] != _LIKELY else (known[0], known[1], likely)
    return _read(line, marks)


@lru_cache(_MAX_ROWS)
def _known(line: str, marks: Marks) -> Told | None:
    """None: the likely time stands elsewhere than as the whole of OBX-14."""
    told = _read(line, marks)
    return told if line.count(_LIKELY) == (told[2] == _LIKELY) else None


def _read(line: str, marks: Marks) -> Told:
    row, value, time = without(line, marks, _VALUE, _TIME)
    form = _form_of(row, marks) if len(line) <= _LONGEST else _form_of.__wrapped__(row, marks)
    text, field = text_of(value, marks), form.origin
    origin = Origin(field.code, clipped(text), field.unit, field.channel)
    ranked = None
    if (meaning := form.meaning) is not None:
        ranked = meaning.rank, value_of(meaning.quantity, text, form.unit, origin, form.doubts)
    return form, Content(text, tuple(components_of(value, marks)), origin, ranked, is_none(text)), time


@lru_cache(_MAX_FORMS)
def _form_of(row: str, marks: Marks) -> Form:
    segment = Segment(row, marks)
    code, unit = code_of(segment, 3), code_of(segment, 6)
    name, found, flags = code.name.upper(), meaning_of(code), flags_of(segment)
    meaning = None if isinstance(found, str) else found
    device = "" if name.startswith("MDC_ATTR_") else segment.part(18) or segment.part(18, 3)  # of an attribute a pump's is its ward
    return Form(
        segment,
        code,
        name,
        meaning,
        found if isinstance(found, str) else "",
        Origin(clipped(code.text), "", clipped(unit.text), clipped(segment.raw(4))),
        unit_of(unit),
        kind_of(segment, is_spot=meaning is not None and meaning.is_spot),
        flags,
        doubts_of(segment),
        clipped(device),
        clipped(segment.part(18, 2)),
        "DEMO" in flags,
        meaning is not None and not meaning.is_spot,
        segment.part(11).upper() in ("X", "") and not segment.raw(2),
        code.system.upper() == _EFFICIA_LINE,
    )
