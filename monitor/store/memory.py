"""A store that keeps nothing beyond its own life: for tests, and the plain statement of what a store does."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice

from msgspec.structs import replace

from monitor.core.merkle import leaf_hash
from monitor.store import trend
from monitor.store.ports import CHUNK, MAX_ASIDE_ROWS, Aside, Batch, Position, SessionRow, StoreFailed, Trend, cut
from monitor.store.rows import kind_of, measurement_row, session_no
from schemas.log import DeviceBound, DeviceUnbound, Entry, Measured, PhaseOrdered, Seal, SessionCreated, canonical
from schemas.patient import PatientCorrected, corrected
from schemas.session import OPEN_PHASES, Phase
from schemas.vitals import Vital


class MemoryStore:
    """Commits at once, in order, without a bound. `fails` makes every further append fail with that kind, until it is None again."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Entry]] = {}
        self.rows: dict[str, SessionRow] = {}
        self.sealed: dict[str, list[Seal]] = {}
        self.leaves: list[tuple[Seal, bytes]] = []  # in the order of the commits
        self.known: dict[str, Position] = {}
        self.bound: dict[str, str] = {}  # device -> session
        self.kept_aside: list[Aside] = []
        self.fails: str | None = None

    def append(self, batch: Batch) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            if self.fails is not None:
                raise StoreFailed(self.fails)
            self._check(batch)
        except StoreFailed as failed:
            done.set_exception(failed)
            return done
        for entry in batch.entries:
            self.logs.setdefault(entry.session, []).append(entry)
            self._derive(entry)
        for seal in batch.seals:
            self.sealed.setdefault(seal.session, []).append(seal)
            self.leaves.append((seal, leaf_hash(canonical(seal))))
        self.known.update({position.device: position for position in batch.positions})
        self.kept_aside.extend(map(cut, batch.aside))
        del self.kept_aside[:-MAX_ASIDE_ROWS]
        done.set_result(None)
        return done

    def _check(self, batch: Batch) -> None:
        """Raises StoreFailed (`constraint`) before anything of the batch is taken."""
        last: dict[str, int] = {}
        bound = dict(self.bound)
        for entry in batch.entries:
            known = last.get(entry.session, len(self.logs.get(entry.session, ())))
            is_first = isinstance(entry.body, SessionCreated)
            if session_no(entry.session) is None or entry.seq != known + 1 or is_first != (entry.seq == 1):
                raise StoreFailed("constraint", f"{entry.session} entry {entry.seq} does not follow {known}")
            last[entry.session] = entry.seq
            if isinstance(entry.body, DeviceBound) and entry.body.device in bound:
                raise StoreFailed("constraint", f"{entry.body.device} is bound to {bound[entry.body.device]}")
            _bind(bound, entry)
        sealed = {(seal.session, seal.last_seq) for one in batch.seals for seal in self.sealed.get(one.session, ())}
        for seal in batch.seals:
            known = last.get(seal.session, len(self.logs.get(seal.session, ())))
            if seal.last_seq > known or (seal.session, seal.last_seq) in sealed:
                raise StoreFailed("constraint", f"{seal.session}: a seal up to {seal.last_seq} does not fit a log up to {known}")
            sealed.add((seal.session, seal.last_seq))

    def _derive(self, entry: Entry) -> None:
        body, session = entry.body, entry.session
        _bind(self.bound, entry)
        if isinstance(body, SessionCreated):
            self.rows[session] = SessionRow(session, body.room, Phase.PLANNED, entry.at_ms, None, body.patient, body.order, entry.seq)
            return
        row = replace(self.rows[session], last_seq=entry.seq)
        if isinstance(body, PhaseOrdered):
            row = replace(row, phase=body.phase, closed_at_ms=None if body.phase in OPEN_PHASES else entry.at_ms)
        elif isinstance(body, PatientCorrected):
            row = replace(row, patient=corrected(row.patient, body))
        self.rows[session] = row

    async def sessions(self, *, open_only: bool) -> list[SessionRow]:
        rows = [row for row in self.rows.values() if not open_only or row.phase in OPEN_PHASES]
        return sorted(rows, key=lambda row: session_no(row.id) or 0)

    async def session(self, session: str) -> SessionRow | None:
        return self.rows.get(session)

    async def entries(self, session: str, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        found = self.logs.get(session, [])[max(since_seq, 0) : until_seq]
        for first in range(0, len(found), CHUNK):
            yield found[first : first + CHUNK]

    async def events(self, session: str, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1_000) -> list[Entry]:
        events = (entry for entry in self.logs.get(session, []) if entry.seq > since_seq and type(entry.body) is not Measured)
        return list(islice((entry for entry in events if kinds is None or kind_of(entry.body) in kinds), limit))

    async def seals(self, session: str, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        found = [seal for seal in self.sealed.get(session, []) if seal.last_seq > since_seq]
        return sorted(found, key=lambda seal: seal.last_seq)[:limit]

    async def trend(self, session: str, vitals: tuple[Vital, ...], *, since_ms: int, until_ms: int, max_points: int) -> dict[Vital, Trend]:
        window = trend.Window(vitals, since_ms, until_ms, max_points)
        log = self.logs.get(session, [])
        rows = (measurement_row(1, 1, entry, entry.body) for entry in log if isinstance(entry.body, Measured))
        return trend.thin(trend.rows_of(rows), window)

    async def positions(self) -> dict[str, Position]:
        return dict(self.known)

    async def next_session_no(self) -> int:
        return max((session_no(session) or 0 for session in self.rows), default=0) + 1

    async def aside(self, limit: int) -> list[Aside]:
        return self.kept_aside[-limit:] if limit else []

    async def counts(self) -> dict[str, int]:
        entries = sum(map(len, self.logs.values()))
        is_open = sum(row.phase in OPEN_PHASES for row in self.rows.values())
        return {"sessions": len(self.rows), "open_sessions": is_open, "entries": entries, "waiting": 0, "aside": len(self.kept_aside)}

    async def ping(self) -> None:
        if self.fails is not None:
            raise StoreFailed(self.fails)

    async def close(self) -> None:
        self.fails = "closed"


def _bind(bound: dict[str, str], entry: Entry) -> None:
    """Which device belongs to which session after this entry."""
    body, session = entry.body, entry.session
    if isinstance(body, DeviceBound):
        bound[body.device] = session
    elif isinstance(body, DeviceUnbound) and bound.get(body.device) == session:
        del bound[body.device]
    elif isinstance(body, PhaseOrdered) and body.phase not in OPEN_PHASES:
        for device in [device for device, of in bound.items() if of == session]:
            del bound[device]
