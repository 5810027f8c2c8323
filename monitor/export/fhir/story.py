"""What the events of a log say, once all are known: a correction comes after what it corrects, an alert ends after it began.

Bounded by what people enter, what devices connect and how many alerts occur, some kilobytes a session. Measurements are not kept.
"""

from collections.abc import Iterable

import msgspec

from schemas.alert import Alert, AlertState
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    BolusGiven,
    DeviceBound,
    DrugDrawn,
    DrugWasted,
    Entry,
    EntryVoided,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    SessionCreated,
    SignedOff,
    WasteWitnessed,
)
from schemas.patient import PatientCorrected, corrected, is_afterword
from schemas.session import OPEN_PHASES, Patient, Phase


class Occurrence(msgspec.Struct):
    """One alert: as it stood last, when it was over, and who answered."""

    alert: Alert
    seq: int  # of its first transition
    ended_at_ms: int | None = None
    comment: str | None = None


class Story(msgspec.Struct):
    """`entered`: (seq, at, body) of what people entered, in order; `voided`: seq of those that count no more -> the correction."""

    created: SessionCreated
    patient: Patient
    created_at_ms: int
    last_at_ms: int
    phases: list[tuple[int, PhaseOrdered]] = []
    devices: dict[str, DeviceBound] = {}
    alerts: dict[str, Occurrence] = {}
    entered: list[Entry] = []
    voided: dict[int, EntryVoided] = {}
    witnesses: dict[int, str] = {}

    @property
    def phase(self) -> Phase:
        return self.phases[-1][1].phase if self.phases else Phase.PLANNED

    @property
    def ended_at_ms(self) -> int | None:
        return self.phases[-1][0] if self.phases and self.phase not in OPEN_PHASES else None


_ENTERED = (RateSet, BolusGiven, ObservationCharted, NoteAdded, DrugDrawn, DrugWasted, SignedOff, PhaseOrdered, PatientCorrected)


class NoStory(ValueError):
    """The log does not begin with the session's creation."""


class Telling:
    """Feed it the events of a log in order; `story` is there after the first."""

    def __init__(self) -> None:
        self._story: Story | None = None

    def take(self, entries: Iterable[Entry]) -> None:
        """Raises NoStory."""
        for entry in entries:
            if isinstance(entry.body, SessionCreated):
                self._story = Story(entry.body, entry.body.patient, entry.at_ms, entry.at_ms)
            else:
                _take(self.story, entry)

    @property
    def story(self) -> Story:
        """Raises NoStory."""
        if self._story is None:
            raise NoStory("the log does not begin with the session's creation")
        return self._story


def _take(story: Story, entry: Entry) -> None:
    body = entry.body
    if not is_afterword(body):
        story.last_at_ms = entry.at_ms
    if isinstance(body, _ENTERED):
        story.entered.append(entry)
    match body:
        case PhaseOrdered():
            story.phases.append((entry.at_ms, body))
        case DeviceBound():
            story.devices[body.device] = body
        case EntryVoided():
            story.voided[body.voids] = body
            story.witnesses.pop(body.voids, None)
        case PatientCorrected():
            story.patient = corrected(story.patient, body)
        case WasteWitnessed():
            story.witnesses[body.waste] = body.by
        case AlertChanged():
            _change(story, entry, body.alert)
        case AlertAcknowledged():
            if (known := story.alerts.get(body.alert)) is not None:
                known.comment = body.comment
        case _:
            pass


def _change(story: Story, entry: Entry, alert: Alert) -> None:
    occurrence = story.alerts.setdefault(alert.id, Occurrence(alert, entry.seq))
    occurrence.alert = alert
    occurrence.ended_at_ms = entry.at_ms if alert.state is AlertState.RESOLVED else None
