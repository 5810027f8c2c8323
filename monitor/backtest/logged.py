"""The lines of a log as far as judging them again needs them, so that a reading is decoded once and into what the core takes.

Inputs are decoded whole and strictly. A measurement is decoded straight into the core's own type, without the verdicts of then, but for a
device's own doubt. Of the outputs, which are made anew, only the names of an alert are taken.
"""

from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

import msgspec

from monitor.core.replay import was_doubted
from schemas.instant import MAX_INSTANT_MS
from schemas.log import OUTPUT_KINDS, AlertChanged, Body, Input, Measured
from schemas.measurement import Measurement, Reason, Validity
from schemas.vitals import Vital

_VALID = Validity.VALID  # an enum's member is slow to look up, and this is on the path of every reading


class SaidValue(msgspec.Struct, frozen=True, gc=False):
    """A `schemas.measurement.Value`, whose device's doubt is told by the verdict of then."""

    vital: Vital
    value_milli: int | None
    validity: Validity
    reason: Reason

    @property
    def is_doubted(self) -> bool:
        return self.validity is not _VALID and was_doubted(self.validity, self.reason)


class Said(Measurement, frozen=True, gc=False, tag_field="kind", tag="measurement"):
    """A measurement as a device said it, and when it came."""

    values: tuple[SaidValue, ...] = msgspec.field(name="readings")  # type: ignore[assignment]  # read as Values are
    received_at_ms: int


class AlertName(msgspec.Struct, frozen=True):
    cause: str
    id: str
    rule: str


class AlertThen(msgspec.Struct, frozen=True, tag_field="kind", tag="alert_changed"):
    """An alert changed when the session was recorded."""

    alert: AlertName


class OutputThen(msgspec.Struct, frozen=True):
    """Any other output of then."""


def _as_read(body: type) -> type:
    if body is Measured:
        return Said
    if body is AlertChanged:
        return AlertThen
    kind = body.__struct_config__.tag  # type: ignore[attr-defined]  # every body is a tagged struct
    if kind in OUTPUT_KINDS:
        return msgspec.defstruct(f"Then_{kind}", [], bases=(OutputThen,), frozen=True, tag_field="kind", tag=kind)
    return body


if TYPE_CHECKING:
    LoggedBody = Said | AlertThen | OutputThen | Input
else:  # from the kinds there are, so that a new one is read without a change here
    LoggedBody = Union[tuple(_as_read(body) for body in get_args(Body))]  # noqa: UP007 - made at run time


class Logged(msgspec.Struct, gc=False):
    """One entry."""

    at_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_INSTANT_MS)]
    body: LoggedBody
    seq: int
    session: str


class Line(msgspec.Struct, gc=False):
    """One line: `header`, `entry`, `seal` or `manifest`."""

    type: str
    entry: Logged | None = None
    installation: Any = None  # of the header


line_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
