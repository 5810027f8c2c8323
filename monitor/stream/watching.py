"""Which screens watch, pure. A screen watches while the last it said is that it is visible and its sound works, and that is not too old.

A screen that is hidden, muted, frozen or cut off says nothing any more or says so; either way it stops counting by itself.
"""

from typing import Final

import msgspec

READY_FOR_MS: Final = 15_000  # three times the 5 s in which a screen says it again


class Watchers(msgspec.Struct, frozen=True):
    """How many screens watch, and whose they are: each person once, by username."""

    people: tuple[str, ...] = ()
    screens: int = 0


NOBODY: Final = Watchers()


class Watching:
    """`screen` is any number that stands for one connection. Bounded by the connections there are: whoever closes one says `left`."""

    def __init__(self) -> None:
        self._ready: dict[int, tuple[str, int]] = {}  # screen -> its person, and until when what it said counts

    def said(self, screen: int, person: str, now_ms: int, *, is_ready: bool) -> bool:
        """A screen said whether it can be seen and heard; whether that is news."""
        was_watching = self.is_watching(screen, now_ms)
        if is_ready:
            self._ready[screen] = (person, now_ms + READY_FOR_MS)
        else:
            self._ready.pop(screen, None)
        return was_watching is not is_ready

    def left(self, screen: int) -> None:
        self._ready.pop(screen, None)

    def is_watching(self, screen: int, now_ms: int) -> bool:
        found = self._ready.get(screen)
        return found is not None and now_ms < found[1]

    def now(self, now_ms: int) -> Watchers:
        people = [person for person, until_ms in self._ready.values() if now_ms < until_ms]
        return Watchers(tuple(sorted(set(people))), len(people))

    def next_end_ms(self, now_ms: int) -> int | None:
        """When the next screen stops counting, if it says nothing more."""
        return min((until_ms for _, until_ms in self._ready.values() if until_ms > now_ms), default=None)
