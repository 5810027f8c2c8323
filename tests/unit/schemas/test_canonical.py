"""Canonical bytes are RFC 8785, checked against an implementation that is not ours; and they come back as what they were."""

import json
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.limits import Before, Effect
from schemas.log import (
    OUTPUT_KINDS,
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    AudioResumed,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    DrugDrawn,
    DrugWasted,
    Entry,
    EntryVoided,
    GateFinding,
    GatesJudged,
    Input,
    Interval,
    LimitAwaitsConfirmation,
    LimitChanged,
    LimitConfirmed,
    LimitProposed,
    Measured,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    Output,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
    Seal,
    SessionCreated,
    SignedOff,
    WasteWitnessed,
    canonical,
    decode_body,
    decode_entry,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.patient import PatientCorrected
from schemas.session import Baseline, Order, Patient, Phase, Treatment
from schemas.signs import Charted
from schemas.vitals import Vital

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
amounts = st.integers(0, 10_000_000)
vitals, modes = st.sampled_from(Vital), st.sampled_from(Mode)
readings = st.builds(Reading, st.sampled_from(Reason), st.sampled_from(Validity), st.none() | whole, vitals)
orders = st.builds(Order, st.integers(0, 2_000_000), st.integers(0, 86_400_000), st.sampled_from(Treatment))
labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
patients = st.builds(Patient, st.none() | st.integers(1900, 2100), labels, st.integers(20_000, 300_000))
alerts = st.builds(
    Alert, st.none() | whole, st.none() | texts, texts, whole, texts, st.sampled_from(AlertKind), st.sampled_from(Priority),
    st.none() | whole, texts, texts, st.none() | whole, whole, st.sampled_from(AlertState), texts, st.none() | vitals,
)  # fmt: skip
findings = st.builds(GateFinding, st.sampled_from(Effect), texts, texts, texts)
facts = st.builds(Fact, texts, st.none() | st.sampled_from(Priority), st.none() | st.sampled_from(Turn), texts, st.none() | whole)
some_facts = st.lists(facts, max_size=3).map(tuple)
BODIES: dict[type, st.SearchStrategy[Any]] = {
    Measured: st.builds(Measured, whole, texts, whole, modes, st.lists(readings, max_size=4).map(tuple), whole),
    SessionCreated: st.builds(SessionCreated, texts, texts, texts, orders, patients, texts),
    DeviceBound: st.builds(DeviceBound, texts, texts, modes, texts),
    DeviceUnbound: st.builds(DeviceUnbound, texts, texts),
    DeviceJoined: st.builds(DeviceJoined, texts, texts, st.lists(st.builds(Interval, whole, vitals), max_size=3).map(tuple)),
    DeviceLeft: st.builds(DeviceLeft, texts, texts),
    DeviceAnnounced: st.builds(
        DeviceAnnounced, texts, st.lists(facts, max_size=3).map(tuple), modes, whole, whole, st.none() | texts.filter(bool)
    ),
    PhaseOrdered: st.builds(PhaseOrdered, texts, st.none() | texts, st.sampled_from(Phase)),
    RateSet: st.builds(RateSet, texts, amounts),
    BolusGiven: st.builds(BolusGiven, amounts, texts),
    AlertAcknowledged: st.builds(AlertAcknowledged, texts, texts, st.none() | texts),
    NoteAdded: st.builds(NoteAdded, texts, texts),
    DrugDrawn: st.builds(DrugDrawn, st.integers(1, 10**7), texts, st.integers(1, 10**7), st.text(min_size=1, max_size=80)),
    DrugWasted: st.builds(DrugWasted, st.integers(1, 10**7), texts, st.none() | texts),
    WasteWitnessed: st.builds(WasteWitnessed, texts, st.integers(1, 2**53 - 1)),
    SignedOff: st.builds(SignedOff, texts, texts, st.text(min_size=1, max_size=80)),
    EntryVoided: st.builds(
        EntryVoided, texts, texts, st.integers(1, 2**53 - 1), st.none() | st.from_regex(r"[A-Za-z0-9-]{8,64}", fullmatch=True)
    ),
    PatientCorrected: st.builds(PatientCorrected, texts, st.none() | labels, st.none() | labels, texts, st.booleans()),
    MonitorRestarted: st.builds(MonitorRestarted, texts),
    BaselineSet: st.builds(BaselineSet, st.lists(st.builds(Baseline, whole, whole, vitals), max_size=3).map(tuple)),
    AlertChanged: st.builds(AlertChanged, alerts, st.sampled_from(Why)),
    RemeasureRequested: st.builds(RemeasureRequested, texts, vitals, whole),
    ObservationCharted: st.builds(ObservationCharted, texts, st.none() | texts, st.sampled_from(Charted), st.integers(-5, 24)),
    AudioPaused: st.builds(AudioPaused, texts, st.integers(1, 120_000)),
    AudioPauseEnded: st.builds(AudioPauseEnded, texts),
    AudioResumed: st.builds(AudioResumed, texts),
    LimitProposed: st.builds(LimitProposed, texts, texts, whole, texts, texts, vitals),
    LimitConfirmed: st.builds(LimitConfirmed, texts, whole),
    LimitChanged: st.builds(LimitChanged, texts, st.none() | texts, texts, whole, whole, texts, vitals),
    LimitAwaitsConfirmation: st.builds(LimitAwaitsConfirmation, whole, texts),
    AlertShown: st.builds(AlertShown, texts, texts, whole),
    ScreensChanged: st.builds(ScreensChanged, st.lists(texts, max_size=3).map(tuple), whole),
    AlertNotified: st.builds(AlertNotified, texts, texts, texts, st.booleans()),
    GatesJudged: st.builds(GatesJudged, st.sampled_from(Before), st.lists(findings, max_size=3).map(tuple)),
}
entries = st.builds(Entry, whole, st.one_of(*BODIES.values()), whole, texts)


def test_every_kind_is_here() -> None:
    assert set(BODIES) == set(Body.__args__)
    assert {kind.__struct_config__.tag for kind in Output.__args__} == OUTPUT_KINDS
    assert not set(Input.__args__) & set(Output.__args__)


@given(entries)
def test_an_entry_is_canonical(entry: Entry) -> None:
    line = canonical(entry)
    assert line == rfc8785.dumps(json.loads(line))
    assert decode_entry(line) == entry
    assert canonical(decode_entry(line)) == line
    assert b"\n" not in line, "one line an entry"


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
def test_the_fields_of_every_kind_stand_in_canonical_order(kind: type[msgspec.Struct]) -> None:
    """A reader of the code sees the order that is hashed; what may be left out stands last, as Python wants it, and is left out."""
    fields = list(kind.__struct_fields__)
    required = fields[: len(fields) - len(kind.__struct_defaults__)]
    optional = fields[len(required) :]
    assert required == sorted(required)
    assert optional == sorted(optional)
    assert not optional or kind.__struct_config__.omit_defaults, "an old log must keep its bytes"


@given(st.one_of(*BODIES.values()))
def test_a_body_alone_comes_back(body: Body) -> None:
    assert decode_body(canonical(body)) == body


@given(st.builds(Seal, whole, texts, whole, whole, texts))
def test_a_seal_is_canonical(seal: Seal) -> None:
    assert canonical(seal) == rfc8785.dumps(msgspec.to_builtins(seal))


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_escaped_as_the_standard_says(text: str) -> None:
    assert canonical(text) == rfc8785.dumps(text)


def test_half_a_character_has_no_bytes() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical(NoteAdded("anna", "\ud83d"))


@pytest.mark.parametrize(
    "line",
    [
        b"", b"null", b"[]", b"{}", b'{"at_ms":1}',
        b'{"at_ms":1.5,"body":{"kind":"note_added","by":"a","text":"b"},"seq":1,"session":"S"}',
        b'{"at_ms":"1","body":{"kind":"note_added","by":"a","text":"b"},"seq":1,"session":"S"}',
        b'{"at_ms":true,"body":{"kind":"note_added","by":"a","text":"b"},"seq":1,"session":"S"}',
        b'{"at_ms":NaN,"body":{"kind":"note_added","by":"a","text":"b"},"seq":1,"session":"S"}',
        b'{"at_ms":1,"body":{"kind":"something","by":"a"},"seq":1,"session":"S"}',
        b'{"at_ms":1,"body":{"by":"a","text":"b"},"seq":1,"session":"S"}',
        b'{"at_ms":1,"body":{"kind":"rate_set","by":"a","rate_ug_per_min":-1},"seq":1,"session":"S"}',
        b'{"at_ms":1,"body":{"kind":"bolus_given","by":"a","amount_ug":10000001},"seq":1,"session":"S"}',
        b'{"at_ms":1,"body":{"kind":"phase_ordered","by":"a","override":null,"phase":"over"},"seq":1,"session":"S"}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_entry(line)
