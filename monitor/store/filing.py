"""Filing: measurements leave `arrival`, where they lie in the order they came, and go to their session's place in `measurement`.

Why not write them there at once: each session's newest rows lie on a page of their own, so every measurement would write a whole page,
twice (log and file). Measured with 20,000 sessions in random order, commits of 100 measurements: 21 us a reading written at once, 5 us
this way. A commit appends one row to `arrival`; a session is filed when it has `session_rows` waiting (a page full), when its oldest has
waited `horizon_ms` or `arrivals`, or when more than `unfiled_rows` wait in all. Filing rides in the transaction of a group, at most about
twice as many rows as came in, so that no group waits long for it. Device positions go the same way: they are part of an arrival, and
their rows are brought up to date as that arrival's sessions are filed.

What is not filed is as durable as the rest: `ledger.load` finds it after a crash, and readers add it to what they find in the tables.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final

import msgspec

from monitor.store.connection import Connection
from monitor.store.ledger import Ledger, SessionState
from monitor.store.many import insert

SLICE_ROWS: Final = 1_024  # what one filing takes at least, where there is so much
LEAST_GAP_MS: Final = 100  # of the record's time between two filings, unless much is due
_CLEAR: Final = "DELETE FROM arrival WHERE arrival_no < ?"
_MOVE: Final = "ON CONFLICT (device_no) DO UPDATE SET boot = excluded.boot, seq = excluded.seq"
_SLACK: Final = 64  # commits between two filings that only old arrivals ask for


class FilingPace(msgspec.Struct, frozen=True):
    """When a session is filed. 64 rows of some 75 bytes fill a page; 131,072 unfiled rows are about 47 MB of memory.

    `horizon_ms` is of the record's time; where that stands still, `arrivals` (commits) bound what waits.
    """

    session_rows: int = 64
    horizon_ms: int = 10_000
    unfiled_rows: int = 131_072
    arrivals: int = 8_192


class Filing:
    """Chooses what is filed and keeps the ledger in step. `execute` inside a transaction, `apply` after its commit, `drop` if it failed."""

    def __init__(self, ledger: Ledger, pace: FilingPace) -> None:
        self._ledger = ledger
        self.pace = pace
        self._filed_at_ms = 0
        self._sessions: list[SessionState] = []
        self._devices: list[str] = []
        self._is_all = False
        self._cleared = 0

    def is_due(self, new_rows: int) -> bool:
        """Cheap; asked once a group."""
        ledger, pace = self._ledger, self.pace
        if not ledger.waiting and not ledger.moved:
            return False
        return (
            len(ledger.ripe) * pace.session_rows >= SLICE_ROWS
            or ledger.unfiled_rows + new_rows > pace.unfiled_rows
            or ledger.newest_at_ms - self._filed_at_ms >= LEAST_GAP_MS
            or ledger.next_arrival_no - ledger.cleared_below >= pace.arrivals + _SLACK
        )

    def execute(self, connection: Connection, new_rows: int, *, everything: bool = False) -> int:
        """Writes what is chosen; how many rows that were."""
        ledger = self._ledger
        budget = 1 << 62 if everything else max(SLICE_ROWS, 2 * new_rows)
        self._sessions = list(self._choose(budget, new_rows, everything=everything))
        rows = insert(connection, "measurement", 9, chain.from_iterable(state.unfiled for state in self._sessions))
        self._devices = list(self._choose_devices(budget, everything=everything))
        positions = (ledger.positions[device] for device in self._devices)
        insert(
            connection, "device_position", 4, ((ledger.devices[each.device], each.device, each.boot, each.seq) for each in positions), _MOVE
        )
        if ledger.cleared_below > self._cleared:
            connection.execute(_CLEAR, (ledger.cleared_below,))
        self._is_all = rows < budget
        return rows

    def _choose(self, budget: int, new_rows: int, *, everything: bool) -> Iterator[SessionState]:
        """First those with a page full, then the oldest. A session is filed whole."""
        ledger, pace = self._ledger, self.pace
        chosen: set[str] = set()
        left = ledger.unfiled_rows + new_rows
        for state in ledger.ripe:
            if budget <= 0:
                return
            if state.unfiled and state.name not in chosen:
                chosen.add(state.name)
                budget -= len(state.unfiled)
                left -= len(state.unfiled)
                yield state
        for state in ledger.waiting.values():
            is_due = everything or left > pace.unfiled_rows or self._is_old(state.unfiled[0][2], state.arrival_no)
            if budget <= 0 or not is_due:
                return
            if state.name not in chosen:
                budget -= len(state.unfiled)
                left -= len(state.unfiled)
                yield state

    def _is_old(self, at_ms: int, arrival_no: int) -> bool:
        ledger, pace = self._ledger, self.pace
        return at_ms <= ledger.newest_at_ms - pace.horizon_ms or arrival_no <= ledger.next_arrival_no - pace.arrivals

    def _choose_devices(self, budget: int, *, everything: bool) -> Iterator[str]:
        """Those that are old, and those whose arrival no session needs any more."""
        chosen = {state.name for state in self._sessions}
        left = (state.arrival_no for name, state in self._ledger.waiting.items() if name not in chosen)
        needed_from = next(left, None)
        for device, (arrival_no, at_ms) in self._ledger.moved.items():
            is_free = needed_from is not None and arrival_no < needed_from
            if budget <= 0 or not (everything or is_free or self._is_old(at_ms, arrival_no)):
                return
            budget -= 1
            yield device

    def apply(self) -> None:
        """After the commit. What was written is cleared from `arrival` by the next filing."""
        ledger = self._ledger
        for state in self._sessions:
            ledger.unfiled_rows -= len(state.unfiled)
            state.unfiled = []
            del ledger.waiting[state.name]
        ledger.ripe = [state for state in ledger.ripe if len(state.unfiled) >= self.pace.session_rows]
        for device in self._devices:
            del ledger.moved[device]
        self._cleared = ledger.cleared_below
        oldest = [ledger.next_arrival_no]
        if ledger.waiting:
            oldest.append(next(iter(ledger.waiting.values())).arrival_no)
        if ledger.moved:
            oldest.append(next(iter(ledger.moved.values()))[0])
        ledger.cleared_below = min(oldest)
        if self._is_all:
            self._filed_at_ms = ledger.newest_at_ms
        self.drop()

    def drop(self) -> None:
        self._sessions, self._devices = [], []
