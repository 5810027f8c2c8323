"""What a device is told of its frame, and when: once it is on disk."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import count

from monitor.sessions.proceedings import Made
from monitor.sessions.runner import Runner
from schemas.announcement import Announcement, DeviceAnnounced
from schemas.device_wire import Invalid, RefusedReason
from schemas.log import Measured
from schemas.measurement import Measurement, Validity


def follow_commit(result: asyncio.Future[tuple[Invalid, ...]], commit: asyncio.Future[None] | None, invalid: tuple[Invalid, ...]) -> None:
    """Answer when the commit is done, and only then; StoreFailed where it never will be."""
    if commit is None:
        result.set_result(invalid)
        return

    def committed(done: asyncio.Future[None]) -> None:
        if not result.done():
            if done.cancelled():
                result.cancel()
            elif (error := done.exception()) is not None:
                result.set_exception(error)
                result.exception()  # the device may be gone: then nobody asks
            else:
                result.set_result(invalid)

    commit.add_done_callback(committed)


def before_binding(
    runner: Runner | None, device: str, measurements: Sequence[Measurement], received_at_ms: int, sent_at_ms: int | None
) -> frozenset[int]:
    """The places of those that were measured before the device was bound to this session. How old each is, is the device's word alone,
    by its own clock; a device that does not say when it sent is taken as one that did not wait."""
    if runner is None or sent_at_ms is None:
        return frozenset()
    since_ms = runner.engine.devices[device].bound_at_ms - received_at_ms
    return frozenset(place for place, one in enumerate(measurements) if one.measured_at_ms - sent_at_ms < since_ms)


def of_session(
    runner: Runner | None, device: str, announced: Iterable[Announcement], received_at_ms: int, sent_at_ms: int | None
) -> list[DeviceAnnounced | None]:
    """Each as it goes on record, with when it was said by the monitor's clock; None where that was before the binding to this session."""
    if runner is None:
        return []
    bound = runner.engine.devices[device]
    made: list[DeviceAnnounced | None] = []
    for one in announced:
        waited_ms = 0 if sent_at_ms is None else max(0, sent_at_ms - one.said_at_ms)
        said_at_ms = received_at_ms - waited_ms
        is_theirs = said_at_ms >= bound.bound_at_ms
        made.append(DeviceAnnounced(device, one.facts, bound.mode, received_at_ms, said_at_ms, one.text) if is_theirs else None)
    return made


def not_announced(said: Sequence[DeviceAnnounced | None]) -> tuple[Invalid, ...]:
    """What was said before the binding, by its place in the frame."""
    return tuple(Invalid(f"announcements[{place}]", RefusedReason.DEVICE_UNBOUND) for place, one in enumerate(said) if one is None)


def not_taken(made: Iterable[Made], early: frozenset[int]) -> tuple[Invalid, ...]:
    """What was measured before the binding, and what admission did not take of the rest, by the place of each measurement in its frame."""
    taken = (place for place in count() if place not in early)
    return tuple(Invalid(f"measurements[{index}]", RefusedReason.DEVICE_UNBOUND) for index in sorted(early)) + tuple(
        Invalid(f"measurements[{index}].readings[{place}]", reading.reason)
        for index, (entries, _) in zip(taken, made, strict=False)
        for entry in entries
        if type(entry.body) is Measured
        for place, reading in enumerate(entry.body.readings)
        if reading.validity is Validity.INVALID and reading.value_milli is not None
    )
