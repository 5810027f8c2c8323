"""What people send is taken strictly: exact units, no guessing, every fault with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from monitor.api.bodies import AcknowledgementBody, BindingBody, DoseBody, NewDeviceBody, NewSessionBody, NoteBody, PhaseBody
from monitor.api.bodies import RateBody as Rate
from schemas.session import Treatment
from tests.unit.api.house import SESSION, House

DOSE: TypeAdapter[Any] = TypeAdapter(DoseBody)


def session(**fields: Any) -> dict[str, Any]:
    """A good session with some fields replaced; 'order.dose_mg' reaches inside."""
    made: dict[str, Any] = {**SESSION, "patient": {**SESSION["patient"]}, "order": {**SESSION["order"]}}
    for name, value in fields.items():
        outer, _, inner = name.partition("__")
        if inner:
            made[outer][inner] = value
        else:
            made[outer] = value
    return made


def test_a_dose_per_kilogram_is_taken_for_the_weight() -> None:
    order = NewSessionBody.model_validate(session(patient__weight_kg=83.4)).to_order()
    assert (order.dose_ug, order.duration_ms, order.treatment) == (41_700, 2_400_000, Treatment.KETAMINE_IV)


def test_a_whole_dose_is_taken_as_it_is() -> None:
    order = NewSessionBody.model_validate(session(order={"treatment": "ketamine_iv", "dose_mg": 35.1, "duration_min": 40})).to_order()
    assert order.dose_ug == 35_100


def test_a_session_may_be_only_watched() -> None:
    order = NewSessionBody.model_validate(session(order={"treatment": "none"})).to_order()
    assert (order.dose_ug, order.duration_ms) == (0, 0)


@given(st.integers(1, 2_000_000))
def test_micrograms_written_as_milligrams_come_back_exactly(ug: int) -> None:
    assert Rate(kind="rate", rate_mg_per_min=ug / 1000).given("a").rate_ug_per_min == ug


@pytest.mark.parametrize(
    "body",
    [
        session(room=""),
        session(room="   "),
        session(room="Room\n1"),
        session(room="x" * 41),
        session(room=7),
        session(patient__label="A\u202eB"),
        session(patient__weight_kg=0),
        session(patient__weight_kg=True),
        session(patient__weight_kg="70"),
        session(patient__weight_kg=float("nan")),
        session(patient__weight_kg=1e999),
        session(patient__birth_year=80),
        session(patient__name="Anna"),
        session(order__dose_mg_per_kg=-0.5),
        session(order__dose_mg_per_kg=None),
        session(order__dose_mg=35),
        session(order__duration_min=0),
        session(order__treatment="esketamine"),
        session(order={"treatment": "none", "dose_mg": 1}),
        session(order={"treatment": "ketamine_iv", "dose_mg": 0.0001, "duration_min": 40}),
        session(order={"treatment": "ketamine_iv", "dose_mg_per_kg": 20, "duration_min": 40}, patient__weight_kg=300),
        {},
        [],
        "room",
    ],
)
def test_a_session_that_is_not_exactly_right_is_refused(body: object) -> None:
    with pytest.raises(ValidationError):
        NewSessionBody.model_validate(body)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "rate"},
        {"kind": "rate", "rate_mg_per_min": -1},
        {"kind": "rate", "rate_mg_per_min": "1"},
        {"kind": "rate", "rate_mg_per_min": 1, "amount_mg": 1},
        {"kind": "bolus", "amount_mg": 0},
        {"kind": "bolus", "amount_mg": True},
        {"kind": "bolus", "amount_mg": 3_000},
        {"kind": "drip", "amount_mg": 1},
        {"amount_mg": 1},
    ],
)
def test_a_dose_that_is_not_exactly_right_is_refused(body: object) -> None:
    with pytest.raises(ValidationError):
        DOSE.validate_python(body)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (PhaseBody, {"phase": "planned"}),
        (PhaseBody, {"phase": "infusing", "override": ""}),
        (PhaseBody, {"phase": "infusing", "override": "x" * 2_001}),
        (NoteBody, {"text": " "}),
        (NoteBody, {"text": "\x00"}),
        (NoteBody, {"text": "\ud800"}),
        (BindingBody, {"device": "sim-room-1\n"}),
        (BindingBody, {"device": "../etc"}),
        (NewDeviceBody, {"device": "d", "mode": "pretended", "source": "x"}),
        (NewDeviceBody, {"device": "d", "mode": "real", "source": "a\nb"}),
    ],
)
def test_texts_are_bounded_and_readable(model: Any, body: object) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_notes_may_have_lines() -> None:
    assert NoteBody.model_validate({"text": " a\nb "}).added("x").text == "a\nb"
    assert AcknowledgementBody().acknowledged("BP-H1.1", "x").comment is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"text":"\\ud800"}',
        b'{"text":NaN}',
        b"[" * 50_000,
        b'{"text":' + b"9" * 5_000 + b"}",
        b'{"text":"a","x":1}',
    ],
)
async def test_no_body_makes_the_monitor_stumble(home: House, raw: bytes) -> None:
    made = await home.session()
    refused = await home.post_raw(f"/api/v1/sessions/{made}/notes", raw)
    assert refused.status_code in {400, 422}, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["reason"]
