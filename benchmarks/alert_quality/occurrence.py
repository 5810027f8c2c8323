"""One raising of one alert, whoever raised it."""

import msgspec

from schemas.alert import Priority


class Occurrence(msgspec.Struct):
    """Times in seconds of the session. `since_s`: when the condition was first seen. `ended_s` None: open to the end."""

    rule: str
    since_s: float
    raised_s: float
    ended_s: float | None = None
    is_cleared: bool = False  # it ended by values, not by a phase or a person
    cause: str = ""
    priority: Priority = Priority.LOW
