"""Random session logs (Hypothesis): every kind of entry, every bound of a value, woven into batches of any size."""

from hypothesis import strategies as st

from monitor.store.ports import Batch, Position
from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.announcement import DeviceAnnounced, Fact
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    BaselineSet,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    Entry,
    EntryVoided,
    Interval,
    Measured,
    MonitorRestarted,
    NoteAdded,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.patient import PatientCorrected
from schemas.session import Baseline, Phase
from schemas.vitals import Vital
from tests.unit.store.logs import SESSION, START_MS, created, event, seal

_ms = st.integers(-(2**53), 2**53)
_micrograms = st.integers(0, 1_000_000)
_text = st.text(max_size=12)
_vitals, _modes = st.sampled_from(Vital), st.sampled_from(Mode)
_readings = st.builds(
    Reading, st.sampled_from(Reason), st.sampled_from(Validity), st.one_of(st.none(), st.integers(-(2**62), 2**62)), _vitals
)
_measured = st.builds(Measured, st.integers(0, 2**53 - 1), _text, _ms, _modes, st.lists(_readings, max_size=5).map(tuple), _ms)
_alerts = st.builds(
    Alert,
    acknowledged_at_ms=st.none() | _ms,
    acknowledged_by=st.none() | _text,
    cause=_text,
    id=_text,
    kind=st.sampled_from(AlertKind),
    priority=st.sampled_from(Priority),
    raised_at_ms=st.none() | _ms,
    reason=_text,
    rule=_text,
    since_ms=_ms,
    state=st.sampled_from(AlertState),
    title=_text,
    vital=st.none() | _vitals,
)
_facts = st.just((Fact("infusion_rate", unit="mL/h", value_milli=-1),))
_events = st.one_of(
    st.builds(DeviceUnbound, _text, _text),
    st.builds(DeviceJoined, _text, _text, st.lists(st.builds(Interval, _ms, _vitals), max_size=2).map(tuple)),
    st.builds(DeviceLeft, _text, _text),
    st.builds(DeviceAnnounced, _text, _facts, st.sampled_from(Mode), _ms, _ms, st.none() | _text.filter(bool)),
    st.builds(PhaseOrdered, _text, st.none() | _text, st.sampled_from(Phase)),
    st.builds(RateSet, _text, _micrograms),
    st.builds(BolusGiven, _micrograms, _text),
    st.builds(AlertAcknowledged, _text, _text, st.none() | _text),
    st.builds(NoteAdded, _text, _text),
    st.builds(EntryVoided, _text, _text, st.integers(1, 2**53 - 1), st.none() | st.just("0a1b2c3d-request")),
    st.builds(PatientCorrected, _text, st.none() | st.sampled_from(["K-17", "K-71", "withheld:"]), st.none(), _text),
    st.builds(MonitorRestarted, _text),
    st.builds(BaselineSet, st.lists(st.builds(Baseline, _ms, _ms, _vitals), max_size=2).map(tuple)),
    st.builds(AlertChanged, _alerts, st.sampled_from(Why)),
    st.builds(RemeasureRequested, _text, _vitals, _ms),
)
_steps = st.tuples(st.integers(0, 12_000), st.one_of(_measured, _measured, _events, st.just("bind")))


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Logs of up to three sessions, woven into batches of any size, with seals and positions."""
    seqs = dict.fromkeys(draw(st.lists(st.sampled_from([SESSION, "S-000002", "S-1234567"]), min_size=1, max_size=3, unique=True)), 0)
    at_ms = START_MS
    made = [Batch()]
    for step_ms, body in draw(st.lists(_steps, max_size=40)):
        session = draw(st.sampled_from(sorted(seqs)))
        at_ms += step_ms
        seqs[session] += 1
        seq = seqs[session]
        if draw(st.booleans()):
            made.append(Batch())
        if seq == 1:
            made[-1].entries.append(created(session, at_ms))
        elif isinstance(body, str):
            made[-1].entries.append(event(seq, DeviceBound("ana", f"{session}/{seq}", Mode.REAL, "ward"), session, at_ms))
        else:
            made[-1].entries.append(event(seq, body, session, at_ms))
            if isinstance(body, Measured):
                made[-1].positions.append(Position(body.device, "boot-1", seq))
        if draw(st.integers(0, 3)) == 0:
            made[-1].seals.append(seal(1, seq, session))
    return made


def logs_of(made: list[Batch]) -> dict[str, list[Entry]]:
    """What the batches hold, session by session."""
    found: dict[str, list[Entry]] = {}
    for batch in made:
        for entry in batch.entries:
            found.setdefault(entry.session, []).append(entry)
    return found
