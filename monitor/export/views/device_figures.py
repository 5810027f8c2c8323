"""What pumps and other devices said of themselves in figures, in few rows: the first and the last of each, and each change of a rate. Pure.

A pump says its figures again and again; all of it is in the record and in the table of readings and events.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from monitor.sessions.told_figures import RATES
from schemas.announcement import DeviceAnnounced, Fact

MAX_NAMES: Final = 256  # figures told apart in a session, by device and name
MAX_CHANGES: Final = 300


class Why(StrEnum):
    """Why it has a row."""

    FIRST = "first"
    CHANGED = "rate changed"
    LAST = "last"


class Told(msgspec.Struct, frozen=True):
    """Of one entry the figures that are shown. With a rate that changed stands all that was said with it: the volume by then."""

    seq: int
    body: DeviceAnnounced
    whys: tuple[Why, ...]
    facts: tuple[Fact, ...]


class DeviceFigures:
    """Fed entry by entry, in order. Bounds: 256 figures, 300 changes; what is beyond is counted in `unlisted`, not held."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], tuple[int, DeviceAnnounced]] = {}
        self._last: dict[tuple[str, str], tuple[int, DeviceAnnounced]] = {}
        self._newest: dict[tuple[str, str], int | None] = {}  # of the entry before, whenever it was said
        self._changes: dict[int, DeviceAnnounced] = {}
        self.unlisted = 0

    def add(self, seq: int, body: DeviceAnnounced) -> None:
        """What waited on the way comes out of turn: the first and the last are so by the time at which they were said. A rate is compared
        with the one that was recorded before, so each row is true wherever it stands."""
        is_changed = False
        for fact in body.facts:
            key = body.device, fact.name
            if fact.turn is not None:
                continue
            if key not in self._first and len(self._first) >= MAX_NAMES:
                self.unlisted += 1
                continue
            if key not in self._first or body.said_at_ms < self._first[key][1].said_at_ms:
                self._first[key] = seq, body
            if key not in self._last or body.said_at_ms >= self._last[key][1].said_at_ms:
                self._last[key] = seq, body
            is_changed |= fact.name in RATES and fact.value_milli != self._newest.get(key, fact.value_milli)
            self._newest[key] = fact.value_milli
        if is_changed and len(self._changes) >= MAX_CHANGES:
            self.unlisted += 1
        elif is_changed:
            self._changes[seq] = body

    def told(self) -> Iterator[Told]:
        """By the time at which it was said."""
        bodies: dict[int, DeviceAnnounced] = dict(self._changes)
        firsts, lasts = self._of(self._first, bodies), self._of(self._last, bodies)
        for seq, body in sorted(bodies.items(), key=lambda one: (one[1].said_at_ms, one[0])):
            named = firsts.get(seq, set()) | lasts.get(seq, set())
            facts = tuple(fact for fact in body.facts if fact.turn is None and (seq in self._changes or fact.name in named))
            which = ((Why.FIRST, seq in firsts), (Why.CHANGED, seq in self._changes), (Why.LAST, seq in lasts))
            yield Told(seq, body, tuple(why for why, applies in which if applies), facts)

    @staticmethod
    def _of(found: dict[tuple[str, str], tuple[int, DeviceAnnounced]], bodies: dict[int, DeviceAnnounced]) -> dict[int, set[str]]:
        """By `seq` the names that it is there for."""
        made: dict[int, set[str]] = {}
        for (_, name), (seq, body) in found.items():
            made.setdefault(seq, set()).add(name)
            bodies[seq] = body
        return made
