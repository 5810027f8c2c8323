"""What a device says beside its vital signs, on the wire: taken exactly or refused by name."""

import json
from typing import Any

import pytest

from monitor.ingest.announcing import announcements_of
from monitor.ingest.codec import MAX_VALUE_MILLI, decode, measurements_of
from monitor.ingest.naming import Refusal
from schemas.alert import Priority
from schemas.announcement import MAX_FACTS, Announcement, Fact, Turn
from schemas.device_wire import MAX_ANNOUNCEMENTS, Frame, RefusedReason

R = RefusedReason
AT = "2026-11-22T10:41:07.123Z"
AT_MS = 1_795_344_067_123
RATE = {"name": "infusion_rate", "value": 12.5, "unit": "mL/h"}


def said(*facts: dict[str, Any], **more: Any) -> str:
    return json.dumps({"type": "frame", "seq": 7, "measurements": [], "announcements": [{"at": AT, "facts": facts, **more}]})


def taken(raw: str) -> tuple[Announcement, ...] | Refusal:
    frame = decode(raw)
    if isinstance(frame, Refusal):
        return frame
    assert isinstance(frame, Frame)
    assert measurements_of("pump-1", frame) == []
    return announcements_of(frame)


def test_figures_and_occurrences_are_taken_as_they_are() -> None:
    alarm = {"name": "11:INA2", "turn": "start", "priority": "high"}
    assert taken(said(RATE, {"name": "dose_given", "value": None, "unit": "mg"}, alarm, text="syringe empty")) == (
        Announcement(
            AT_MS,
            (
                Fact("infusion_rate", unit="mL/h", value_milli=12_500),
                Fact("dose_given", unit="mg"),
                Fact("11:INA2", priority=Priority.HIGH, turn=Turn.START),
            ),
            "syringe empty",
        ),
    )


@pytest.mark.parametrize(
    ("raw", "reason", "where"),
    [
        (said(), R.MALFORMED, "announcements[0].facts"),
        (said(*[{**RATE, "name": str(number)} for number in range(MAX_FACTS + 1)]), R.TOO_LARGE, "announcements[0].facts"),
        (said(RATE, RATE), R.MALFORMED, "announcements[0].facts[1].name"),
        (said({**RATE, "name": ""}), R.MALFORMED, "announcements[0].facts[0].name"),
        (said({**RATE, "value": MAX_VALUE_MILLI}), R.NOT_A_NUMBER, "announcements[0].facts[0].value"),
        (said({**RATE, "value": "12"}), R.NOT_A_NUMBER, "announcements[0].facts[0].value"),
        (said({**RATE, "turn": "middle"}), R.MALFORMED, "announcements[0].facts[0].turn"),
        (said(RATE, text="x" * 201), R.MALFORMED, "announcements[0].text"),
        (said(RATE).replace(AT, "2026-11-22T10:41:07+01:00"), R.TIME_NOT_UTC, "announcements[0].at"),
        (said(RATE).replace(AT, "2026-11-22T10:41:07"), R.TIME_NOT_AWARE, "announcements[0].at"),
        (said(RATE).replace('"unit"', '"value": 99, "unit"'), R.MALFORMED, ""),
        (json.dumps({"type": "frame", "seq": 7, "measurements": []}), R.MALFORMED, "measurements"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused_by_name(raw: str, reason: RefusedReason, where: str) -> None:
    refused = decode(raw)
    if isinstance(refused, Frame):
        refused = found if isinstance(found := measurements_of("pump-1", refused), Refusal) else announcements_of(refused)  # type: ignore[assignment]
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.where, refused.seq) == (reason, where, 7)


def test_a_frame_that_is_long_for_its_measurements_carries_none() -> None:
    """Whether a key stands in it twice could not be looked at."""
    reading = {"counter": 1, "measured_at": AT, "readings": [{"vital": "spo2", "value": 98, "unit": "%"}]}
    frame = {"type": "frame", "seq": 7, "measurements": [reading] * 1_000, "announcements": [{"at": AT, "facts": [RATE]}]}
    refused = decode(json.dumps(frame))
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.where, refused.seq) == (R.TOO_LARGE, "announcements", 7)


def test_a_frame_has_room_for_so_many() -> None:
    one = {"at": AT, "facts": [RATE]}
    frame = {"type": "frame", "seq": 7, "measurements": [], "announcements": [one] * (MAX_ANNOUNCEMENTS + 1)}
    refused = taken(json.dumps(frame))
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.where) == (R.TOO_LARGE, "announcements")
