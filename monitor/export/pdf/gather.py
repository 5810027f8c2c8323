"""What the log says, for the report: events, measured values, completeness."""

import sys
from collections.abc import Callable, Hashable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.channel import Channel
from monitor.core.limits import LimitsError, decode_limits
from monitor.export.deidentified import is_without_names
from monitor.export.manifest import Stamp
from monitor.export.pdf.course import AlertSpan, Given, LimitSpan, alert_spans, given, limit_spans
from monitor.export.pdf.layout import MINUTE_MS, column_of, sheets
from monitor.export.pdf.tracks import SHORTEST_GAP_MS, Cuff, Tracks, cuff_of, values_of
from monitor.export.selection import LogSource, Selection
from monitor.export.views.completeness import Statement
from monitor.export.views.survey import Survey, slices
from schemas.log import BaselineSet, Measured, PhaseOrdered, SessionCreated
from schemas.patient import PatientCorrected, corrected
from schemas.review import BroughtIn
from schemas.session import Patient, Phase
from schemas.vitals import Vital

_EVERY_MS: Final = 5 * MINUTE_MS


class SessionHasNoBeginning(ValueError):
    """The log does not begin with the session's creation: there is nothing to write above the chart."""


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn, and no key: it may be sent to another process. `zone`: of the site; every table has UTC beside it.
    `installation`: id of the key that signs. `patient`: with the code that was said last, by the entries `patient_from`. `brought_in` None:
    it was recorded here. `is_deidentified`: commitments stand for names, texts and the patient."""

    selection: Selection
    software: str
    installation: str
    made_at_ms: int
    zone: ZoneInfo
    created: SessionCreated
    patient: Patient
    patient_from: tuple[int, ...]
    created_at_ms: int
    first_ms: int
    last_ms: int
    started_at_ms: int | None
    survey: Survey
    tracks: Tracks
    statement: Statement
    given: Given
    limits: tuple[LimitSpan, ...]
    alerts: tuple[AlertSpan, ...]
    baselines: dict[Vital, int]
    gone_after_ms: dict[Vital, int]
    brought_in: BroughtIn | None
    is_deidentified: bool


class Times:
    """Of the first and the last value that is drawn."""

    def __init__(self) -> None:
        self.first_ms, self.last_ms = sys.maxsize, -sys.maxsize

    def add(self, body: Measured, at_ms: int) -> None:
        for value in values_of(body, at_ms):
            self.first_ms, self.last_ms = min(self.first_ms, value.at_ms), max(self.last_ms, value.at_ms)


def marks(first_ms: int, last_ms: int) -> range:
    """The instants whose values stand in the table of vital signs, beside those of the cuffs."""
    return range(-(-first_ms // _EVERY_MS) * _EVERY_MS, last_ms + 1, _EVERY_MS)


def _column(windows: list[tuple[int, int]], dose: Given) -> Callable[[int], Hashable]:
    """What came before the first dose is held apart from what came after it."""
    first_ms = sys.maxsize if dose.span_ms is None else dose.span_ms[0]
    return lambda at_ms: (column_of(windows, at_ms), at_ms >= first_ms)


async def gather(source: LogSource, selection: Selection, stamp: Stamp, zone: ZoneInfo, brought_in: BroughtIn | None = None) -> Gathered:
    """Reads the log twice: what is held of a value depends on where on paper it comes to lie. Memory: the events, the cuffs, and what
    `Track` holds. Raises SessionHasNoBeginning."""
    survey, cuffs, times = Survey(), list[Cuff](), Times()
    async for part in slices(source, selection):
        for entry in part:
            survey.add(entry)
            if isinstance(entry.body, Measured):
                times.add(entry.body, entry.at_ms)
                if cuff := cuff_of(entry.body, entry.at_ms):
                    cuffs.append(cuff)
    events = survey.events
    if not events or not isinstance(events[0].body, SessionCreated):
        raise SessionHasNoBeginning(f"the log of {selection.session} does not begin with the session's creation")
    first_ms, last_ms = min(events[0].at_ms, times.first_ms), max(survey.last_at_ms, times.last_ms)
    cuffs.sort(key=lambda cuff: cuff.at_ms)
    said_given = given(events, survey.last_at_ms)
    tracks = Tracks(
        _column(sheets(first_ms, last_ms), said_given), sorted({*marks(first_ms, last_ms), *(cuff.at_ms for cuff in cuffs)}), cuffs
    )
    async for part in slices(source, selection):
        for entry in part:
            if isinstance(entry.body, Measured):
                tracks.add(entry.body, entry.at_ms)
    tracks.sort()
    created = events[0].body
    said = [(entry.seq, entry.body) for entry in events if isinstance(entry.body, PatientCorrected)]
    started = (entry.at_ms for entry in events if isinstance(entry.body, PhaseOrdered) and entry.body.phase is Phase.INFUSING)
    baselines = {row.vital: row.value_milli for entry in events if isinstance(entry.body, BaselineSet) for row in entry.body.baselines}
    return Gathered(
        selection=selection,
        software=stamp.software,
        installation=stamp.key.key_id,
        made_at_ms=stamp.exported_at_ms,
        zone=zone,
        created=created,
        patient=corrected(created.patient, said[-1][1]) if said else created.patient,
        patient_from=(1, *(seq for seq, _ in said)),
        created_at_ms=events[0].at_ms,
        first_ms=first_ms,
        last_ms=last_ms,
        started_at_ms=next(started, None),
        survey=survey,
        tracks=tracks,
        statement=survey.completeness.statement(selection),
        given=said_given,
        limits=tuple(limit_spans(events, survey.last_at_ms)),
        alerts=tuple(alert_spans(events, survey.last_at_ms)),
        baselines=baselines,
        gone_after_ms=_gone_after(created.limits),
        brought_in=brought_in,
        is_deidentified=is_without_names(source, selection),
    )


def _gone_after(limits: str) -> dict[Vital, int]:
    """How long a value may be the newest before its silence is a gap, by the rule set of the log."""
    try:
        decoded = decode_limits(limits)
    except LimitsError:
        return dict.fromkeys(Vital, SHORTEST_GAP_MS)
    return {vital: max(SHORTEST_GAP_MS, Channel(vital, decoded.admission, decoded.freshness).gone_after_ms) for vital in Vital}
