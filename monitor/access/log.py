"""The access log: who came in, who was refused, who looked at what, who took data out.

What was let through is recorded at once and must be on disk before the answer goes out (`record`). What was refused may come by the
million, so it is folded (`note`): the first of a kind is written, its repeats within a minute are counted into one later row, and at
most 600 rows a minute are written of those who are nobody we know; the rest are counted in `unwritten`. A refusal is a refusal whether or
not its row was written.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from monitor.access.ports import AccessKind, AccessLogRow, AccessStore, AccessStoreFailed

FOLD_MS: Final = 60_000
MAX_FOLDS: Final = 2_000
MAX_ROWS_OF_STRANGERS: Final = 600
_MAX_TEXT: Final = 200

_Key = tuple[AccessKind, str | None, str | None, str, str]


class _Fold(msgspec.Struct):
    since_ms: int
    repeats: int = 0


class AccessLog:
    """`unwritten`: what was noted and is in no row, because there were too many or the store failed."""

    def __init__(self, store: AccessStore, now_ms: Callable[[], int]) -> None:
        self.store = store
        self._now_ms = now_ms
        self._folds: dict[_Key, _Fold] = {}  # oldest first
        self._window_ms = 0
        self._rows_in_window = 0
        self.unwritten = 0

    async def record(self, kind: AccessKind, *, who: str | None, address: str | None, what: str, detail: str = "") -> None:
        """On disk when it returns. Raises AccessStoreFailed: then what was to be recorded must not happen."""
        await self.store.log_access([_row(self._now_ms(), (kind, who, address, what, detail), 1)])

    async def note(self, kind: AccessKind, *, who: str | None, address: str | None, what: str, detail: str = "") -> None:
        """Never raises for a store that failed. Bounds: 2,000 kinds of refusal are told apart at a time (at the bound the oldest is
        closed), 600 rows a minute of strangers.

        Rows that name a person or a device we know are always written: they are as few as people and routes are."""
        now_ms = self._now_ms()
        rows = self._close_folds(now_ms - FOLD_MS)
        key = (kind, who, address, what[:_MAX_TEXT], detail[:_MAX_TEXT])
        fold = self._folds.get(key)
        if fold is not None:
            fold.repeats += 1
        else:
            self._folds[key] = _Fold(now_ms)
            rows.append(_row(now_ms, key, 1))
        await self._write(rows)

    async def flush(self) -> None:
        """Writes the repeats counted so far. Call it at shutdown and from time to time."""
        await self._write(self._close_folds(self._now_ms()))

    def _close_folds(self, until_ms: int) -> list[AccessLogRow]:
        rows: list[AccessLogRow] = []
        while self._folds:
            key, fold = next(iter(self._folds.items()))
            if fold.since_ms > until_ms and len(self._folds) < MAX_FOLDS:
                break
            del self._folds[key]
            if fold.repeats:
                rows.append(_row(self._now_ms(), key, fold.repeats))
        return rows

    async def _write(self, rows: list[AccessLogRow]) -> None:
        now_ms = self._now_ms()
        if now_ms - self._window_ms >= FOLD_MS:
            self._window_ms, self._rows_in_window = now_ms, 0
        written: list[AccessLogRow] = []
        for row in rows:
            if row.who is None and self._rows_in_window >= MAX_ROWS_OF_STRANGERS:
                self.unwritten += row.times
                continue
            self._rows_in_window += row.who is None
            written.append(row)
        if not written:
            return
        try:
            await self.store.log_access(written)
        except AccessStoreFailed:
            self.unwritten += sum(row.times for row in written)


def _row(at_ms: int, key: _Key, times: int) -> AccessLogRow:
    kind, who, address, what, detail = key
    return AccessLogRow(at_ms=at_ms, kind=kind, who=who, address=address, what=what[:_MAX_TEXT], detail=detail[:_MAX_TEXT], times=times)
