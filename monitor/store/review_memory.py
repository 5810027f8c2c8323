"""Looking back on a store that keeps nothing beyond its own life: for tests, and the plain statement of what is asked."""

from monitor.store.memory import MemoryStore
from monitor.store.ports import SessionRow, StoreFailed
from monitor.store.review import OUTCOME_GENESIS, CodeRow, Kept, NewOutcome, PastQuery, outcome_digest, refuse_correction
from monitor.store.rows import session_no
from schemas.outcomes import Outcome
from schemas.session import OPEN_PHASES


class MemoryReviewStore:
    """Beside a MemoryStore, whose sessions it looks at."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.kept: dict[str, Kept] = {}
        self.rows: list[tuple[Outcome, bytes]] = []

    async def past(self, query: PastQuery) -> list[SessionRow]:
        found = [row for row in reversed(await self._store.sessions(open_only=False)) if self._fits(row, query)]
        return found[: query.limit]

    def _fits(self, row: SessionRow, query: PastQuery) -> bool:
        is_open = row.phase in OPEN_PHASES
        kept = self.kept.get(row.id)
        return (
            query.since_ms <= row.created_at_ms < query.until_ms
            and query.room in {None, row.room}
            and (query.label is None or query.label.lower() in row.patient.label.lower())
            and query.treatment in {None, row.order.treatment}
            and query.code in {None, row.patient.code}
            and (not query.had_high or is_open or (kept is not None and kept.high_alerts > 0))
            and not (query.ended and is_open)
            and (query.before is None or (session_no(row.id) or 0) < (session_no(query.before) or 1 << 62))
        )

    async def figures(self, sessions: list[str], form: int) -> dict[str, str]:
        return {name: self.kept[name].body for name in sessions if name in self.kept and self.kept[name].form == form}

    async def keep(self, kept: Kept) -> None:
        self.kept[kept.session] = kept

    async def without_figures(self, form: int, limit: int) -> list[str]:
        ended = [row.id for row in await self._store.sessions(open_only=False) if row.phase not in OPEN_PHASES]
        missing = [session for session in ended if session not in self.kept or self.kept[session].form != form]
        return missing[::-1][:limit]

    async def codes(self, *, after: str, limit: int) -> list[CodeRow]:
        of: dict[str, list[SessionRow]] = {}
        for row in await self._store.sessions(open_only=False):
            if row.patient.code is not None and row.patient.code > after:
                of.setdefault(row.patient.code, []).append(row)
        return [CodeRow(code, len(rows), max(row.created_at_ms for row in rows)) for code, rows in sorted(of.items())][:limit]

    async def add_outcome(self, new: NewOutcome) -> Outcome:
        refusal = refuse_correction(new, await self.outcomes(new.code))
        if refusal is not None:
            raise StoreFailed("constraint", refusal)
        row = new.numbered(len(self.rows) + 1)
        self.rows.append((row, outcome_digest(self.rows[-1][1] if self.rows else OUTCOME_GENESIS, row)))
        return row

    async def outcomes(self, code: str) -> list[Outcome]:
        return [row for row, _ in self.rows if row.code == code]

    async def first_broken_outcome(self) -> int | None:
        digest = OUTCOME_GENESIS
        for number, (row, kept) in enumerate(self.rows, 1):
            digest = outcome_digest(digest, row)
            if row.no != number or digest != kept:
                return number
        return None
