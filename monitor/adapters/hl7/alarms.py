"""The device's own alarms: ORU^R40 (IHE PCD-04), and the text lines that Philips Efficia sends as observations. Pure.

The parts of an R40 alarm are known by their names: their numbers differ from maker to maker. A watchdog is no alarm.
"""

from typing import Final

from monitor.adapters.hl7.context import Context, Observed
from monitor.adapters.hl7.rows import Row
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, Phase, Said, Sender, Unmapped, clipped
from schemas.alert import AlertKind, Priority

_PHASES: Final = {"start": Phase.START, "end": Phase.END, "reset": Phase.END}  # all the others go on: continue, update, escalate, ...
_ENDED_STATES: Final = frozenset({"inactive", "off"})
_PRIORITIES: Final = {"PH": Priority.HIGH, "PM": Priority.MEDIUM, "PL": Priority.LOW}
_KINDS: Final = {"SP": AlertKind.PHYSIOLOGICAL, "ST": AlertKind.TECHNICAL}
_EVENT_NAMES: Final = ("MDC_EVT_", "MDCX_EVT_")
_WATCHDOG: Final = "MDC_EVT_ACTIVE"
_ANY_ALARM: Final = "MDC_EVT_ALARM"  # then OBX-5 says which

_EFFICIA_CLASSES: Final = {
    "1": (AlertKind.PHYSIOLOGICAL, Priority.HIGH),  # red
    "2": (AlertKind.PHYSIOLOGICAL, Priority.MEDIUM),  # yellow
    "6": (AlertKind.TECHNICAL, Priority.LOW),  # inop
}
_MAX_SHOWN: Final = 256


class Alarms:
    """Of one connection: it knows which text lines are shown, for a line that stands is sent again with every message."""

    def __init__(self) -> None:
        self._shown: dict[tuple[Sender, str], str] = {}

    def event(self, context: Context, observed: Observed) -> list[Said]:
        """One OBR of an R40."""
        rows = observed.rows
        row = next((row for row in rows if row.form.name.startswith(_EVENT_NAMES)), None)
        if row is None:
            return [_without_event(context, row) for row in rows[:1]]
        if row.form.name == _WATCHDOG:
            return []
        words = {row.form.name: row.word for row in reversed(rows)}
        flags = row.form.flags | {words.get("MDC_ATTR_ALARM_PRIORITY", ""), words.get("MDC_ATTR_ALERT_TYPE", "")}
        which, text = _which(row)
        about, source = _source(rows)
        silence = words.get("MDC_ATTR_ALARM_INACTIVATION_STATE", "").lower()
        event = DeviceEvent(
            context.at_ms,
            context.mode,
            clipped(f"{which} {row.form.segment.part(4).rpartition('.')[0]}"),
            _phase(words),
            clipped(words.get("MDC_ATTR_ALERT_TEXT", "") or text),
            row.sender,
            row.time,
            next((kind for flag, kind in _KINDS.items() if flag in flags), None),
            next((priority for flag, priority in _PRIORITIES.items() if flag in flags), None),
            about,
            None if source is None else source.content.origin,
            "" if source is None else clipped(source.form.segment.text(7)),
            silence not in ("", "enabled"),
            context.next_id(),
        )
        return [event]

    def line(self, context: Context, row: Row) -> list[Said]:
        """One text line of Efficia; an empty one ends what its class showed. Told at each change."""
        number, text = row.form.code.number, clipped(row.content.text)
        before = self._shown.pop((row.sender, number), "")
        if text:
            if len(self._shown) >= _MAX_SHOWN:
                del self._shown[next(iter(self._shown))]
            self._shown[row.sender, number] = text
        if text == before:
            return []
        kind, priority = _EFFICIA_CLASSES.get(number, (None, None))
        phase = Phase.END if not text else Phase.CONTINUE if before else Phase.START
        origin = row.content.origin
        event = DeviceEvent(
            context.at_ms, context.mode, origin.code, phase, text or before, row.sender, row.time, kind, priority, origin=origin,
            message_id=context.next_id(),
        )  # fmt: skip
        return [event]


def _phase(words: dict[str, str]) -> Phase:
    state = (words.get("MDC_ATTR_ALARM_STATE") or words.get("MDC_ATTR_ALERT_STATE") or "").lower()
    phase = words.get("MDC_ATTR_EVENT_PHASE", "").lower()
    if not phase and state in _ENDED_STATES:
        return Phase.END
    return _PHASES.get(phase, Phase.CONTINUE)


def _which(row: Row) -> tuple[str, str]:
    """The event's code as it stands, and its text."""
    code = row.form.code
    if row.form.name != _ANY_ALARM:
        return f"{code.number}^{code.name}", row.content.text or code.name
    number, name, *_ = [*row.content.parts, ""]
    return (f"{number}^{name}", name) if name else (number, number or code.name)


def _source(rows: list[Row]) -> tuple[Quantity | None, Row | None]:
    """The observation that the alarm is about: the line whose code is a quantity's."""
    for row in rows:
        if (meaning := row.form.meaning) is not None and (not row.content.is_none or row.form.segment.raw(7)):
            return meaning.quantity, row
    return None, None


def _without_event(context: Context, row: Row) -> Unmapped:
    origin, why = row.content.origin, "an alarm without an event"
    return Unmapped(context.at_ms, context.mode, origin, why, row.sender, row.time, context.next_id())
