"""What a device says beside its vital signs, out of its wire form. Pure; as strict as the measurements are."""

from datetime import UTC

from monitor.ingest.codec import MAX_VALUE_MILLI, wrong_time
from monitor.ingest.naming import Refusal
from schemas.announcement import Announcement, Fact
from schemas.device_wire import Frame, RefusedReason, WireFact
from schemas.instant import to_ms
from schemas.vitals import MILLI


def announcements_of(frame: Frame) -> tuple[Announcement, ...] | Refusal:
    """In order; the first fault refuses the whole frame."""
    made: list[Announcement] = []
    for index, wire in enumerate(frame.announcements):
        where = f"announcements[{index}]"
        if wire.at.tzinfo is not UTC:
            return wrong_time(wire.at, f"{where}.at", frame.seq)
        seen: set[str] = set()
        for place, fact in enumerate(wire.facts):
            if fact.name in seen:
                return Refusal(RefusedReason.MALFORMED, f"{where}.facts[{place}].name", f"{fact.name} is given twice", frame.seq)
            seen.add(fact.name)
            if fact.value is not None and not -MAX_VALUE_MILLI <= fact.value * MILLI <= MAX_VALUE_MILLI:
                detail = f"a value is at most {MAX_VALUE_MILLI // MILLI} either way"
                return Refusal(RefusedReason.NOT_A_NUMBER, f"{where}.facts[{place}].value", detail, frame.seq)
        made.append(Announcement(to_ms(wire.at), tuple(_fact(fact) for fact in wire.facts), wire.text))
    return tuple(made)


def _fact(wire: WireFact) -> Fact:
    value_milli = None if wire.value is None else round(wire.value * MILLI)
    return Fact(wire.name, wire.priority, wire.turn, wire.unit, value_milli)
