"""What a device is told of its frame, and when: once it is on disk."""

import asyncio
from collections.abc import Iterable

from monitor.sessions.proceedings import Made
from schemas.device_wire import Invalid
from schemas.log import Measured
from schemas.measurement import Validity


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


def invalid_readings(made: Iterable[Made]) -> tuple[Invalid, ...]:
    """What admission did not take of a frame, by the place of each measurement in it."""
    return tuple(
        Invalid(f"measurements[{index}].readings[{place}]", reading.reason)
        for index, (entries, _) in enumerate(made)
        for entry in entries
        if type(entry.body) is Measured
        for place, reading in enumerate(entry.body.readings)
        if reading.validity is Validity.INVALID and reading.value_milli is not None
    )
