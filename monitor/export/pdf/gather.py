"""One reading of the log for the report: events, measured values, completeness."""

from zoneinfo import ZoneInfo

import msgspec

from monitor.core.channel import Channel
from monitor.core.limits import LimitsError, decode_limits
from monitor.export.manifest import Stamp
from monitor.export.pdf.course import AlertSpan, Given, LimitSpan, alert_spans, given, limit_spans
from monitor.export.pdf.tracks import Tracks
from monitor.export.selection import LogSource, Selection
from monitor.export.views.completeness import Statement
from monitor.export.views.survey import Survey, slices
from schemas.log import BaselineSet, Measured, PhaseOrdered, SessionCreated
from schemas.patient import PatientCorrected, corrected
from schemas.review import BroughtIn
from schemas.session import Patient, Phase
from schemas.vitals import Vital

_LONGEST_MS = 10_000  # a shorter silence is no gap on paper


class SessionHasNoBeginning(ValueError):
    """The log does not begin with the session's creation: there is nothing to write above the chart."""


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn, and no key: it may be sent to another process. `zone`: of the site; every table has UTC beside it.
    `installation`: id of the key that signs. `patient`: with the code that was said last, by the entries `patient_from`. `brought_in` None:
    it was recorded here."""

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


async def gather(source: LogSource, selection: Selection, stamp: Stamp, zone: ZoneInfo, brought_in: BroughtIn | None = None) -> Gathered:
    """Memory: the events, and 20 bytes a value. Raises SessionHasNoBeginning."""
    survey, tracks = Survey(), Tracks()
    async for part in slices(source, selection):
        for entry in part:
            survey.add(entry)
            if isinstance(entry.body, Measured):
                tracks.add(entry.body, entry.at_ms)
    tracks.sort()
    events, last_ms = survey.events, survey.last_at_ms
    if not events or not isinstance(events[0].body, SessionCreated):
        raise SessionHasNoBeginning(f"the log of {selection.session} does not begin with the session's creation")
    created = events[0].body
    said = [(entry.seq, entry.body) for entry in events if isinstance(entry.body, PatientCorrected)]
    firsts = [track.at[0] for track in tracks.of.values() if track.at]
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
        first_ms=min([events[0].at_ms, *firsts]),
        last_ms=max([last_ms, *(track.at[-1] for track in tracks.of.values() if track.at)]),
        started_at_ms=next(started, None),
        survey=survey,
        tracks=tracks,
        statement=survey.completeness.statement(selection),
        given=given(events, last_ms),
        limits=tuple(limit_spans(events, last_ms)),
        alerts=tuple(alert_spans(events, last_ms)),
        baselines=baselines,
        gone_after_ms=_gone_after(created.limits),
        brought_in=brought_in,
    )


def _gone_after(limits: str) -> dict[Vital, int]:
    """How long a value may be the newest before its silence is a gap, by the rule set of the log."""
    try:
        decoded = decode_limits(limits)
    except LimitsError:
        return dict.fromkeys(Vital, _LONGEST_MS)
    return {vital: max(_LONGEST_MS, Channel(vital, decoded.admission, decoded.freshness).gone_after_ms) for vital in Vital}
