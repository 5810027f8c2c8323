"""Looking back on the store's file: SQL on the readers, writes through the writer's thread."""

from typing import Any, Final

import msgspec

from monitor.store.access_sql import Read, Write
from monitor.store.connection import Connection, Row
from monitor.store.ports import SessionRow, StoreFailed
from monitor.store.reader import read_sessions_by
from monitor.store.review import OUTCOME_GENESIS, CodeRow, Kept, NewOutcome, PastQuery, outcome_digest, refuse_correction
from monitor.store.rows import session_id, session_no
from schemas.outcomes import Instrument, Outcome
from schemas.session import OPEN_PHASES

_OPEN: Final = ", ".join(f"'{phase.value}'" for phase in sorted(OPEN_PHASES))
_HIGH: Final = f"""
(phase IN ({_OPEN}) OR EXISTS (SELECT 1 FROM session_figures AS f WHERE f.session_no = s.session_no AND f.high_alerts > 0))
"""  # noqa: S608 - the phases are ours
_MISSING: Final = f"""
SELECT session_no FROM session AS s WHERE phase NOT IN ({_OPEN})
AND NOT EXISTS (SELECT 1 FROM session_figures AS f WHERE f.session_no = s.session_no AND f.form = ?) ORDER BY session_no DESC LIMIT ?
"""  # noqa: S608 - the phases are ours
_CODES: Final = """
SELECT p.code, count(*), max(s.created_at_ms) FROM session_patient AS p JOIN session AS s ON s.session_no = p.session_no
WHERE p.code > ? GROUP BY p.code ORDER BY p.code LIMIT ?
"""
_OUTCOME: Final = 'no, code, instrument, value_milli, taken_on, entered_at_ms, "by", corrects, reason'


class SqlReviewStore:
    def __init__(self, write: Write, read: Read) -> None:
        self._write = write
        self._read = read

    async def past(self, query: PastQuery) -> list[SessionRow]:
        return await self._read(_past, query)

    async def figures(self, sessions: list[str], form: int) -> dict[str, str]:
        return await self._read(_figures, sessions, form)

    async def keep(self, kept: Kept) -> None:
        values = (session_no(kept.session), kept.form, kept.high_alerts, kept.body)
        statement = "INSERT OR REPLACE INTO session_figures (session_no, form, high_alerts, body) VALUES (?, ?, ?, ?)"
        await self._write(lambda connection: connection.execute(statement, values).rowcount)

    async def without_figures(self, form: int, limit: int) -> list[str]:
        return await self._read(
            lambda connection: [session_id(number) for (number,) in connection.execute(_MISSING, (form, limit)).fetchall()]
        )

    async def codes(self, *, after: str, limit: int) -> list[CodeRow]:
        return await self._read(lambda connection: [CodeRow(*row) for row in connection.execute(_CODES, (after, limit)).fetchall()])

    async def add_outcome(self, new: NewOutcome) -> Outcome:
        row = await self._write(lambda connection: _add_outcome(connection, new))
        if isinstance(row, str):
            raise StoreFailed("constraint", row)
        return row

    async def outcomes(self, code: str) -> list[Outcome]:
        return await self._read(_outcomes, code)

    async def first_broken_outcome(self) -> int | None:
        return await self._read(_first_broken)


def _past(connection: Connection, query: PastQuery) -> list[SessionRow]:
    before = session_no(query.before) if query.before is not None else None
    terms: list[tuple[str, object]] = [("created_at_ms >= ?", query.since_ms), ("created_at_ms < ?", query.until_ms)]
    if query.room is not None:
        terms.append(("room = ?", query.room))
    if query.label is not None:
        terms.append(("instr(lower(patient_label), lower(?)) > 0", query.label))
    if query.treatment is not None:
        terms.append(("treatment = ?", query.treatment.value))
    if query.code is not None:
        terms.append(("session_no IN (SELECT session_no FROM session_patient WHERE code = ?)", query.code))
    if before is not None:
        terms.append(("session_no < ?", before))
    where = [term for term, _ in terms]
    if query.had_high:
        where.append(_HIGH)
    if query.ended:
        where.append(f"phase NOT IN ({_OPEN})")
    values = (*(value for _, value in terms), query.limit)
    return read_sessions_by(connection, f"WHERE {' AND '.join(where)} ORDER BY session_no DESC LIMIT ?", values)


def _figures(connection: Connection, sessions: list[str], form: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for session in sessions:
        row = connection.execute(
            "SELECT body FROM session_figures WHERE session_no = ? AND form = ?", (session_no(session), form)
        ).fetchone()
        if row is not None:
            found[session] = row[0]
    return found


def _outcome(row: Row) -> Outcome:
    """Raises ValueError for an instrument that no version of the monitor knows."""
    no, code, instrument, value_milli, taken_on, entered_at_ms, by, corrects, reason = row
    return Outcome(
        no=no,
        code=code,
        instrument=Instrument(instrument),
        value_milli=value_milli,
        taken_on=taken_on,
        entered_at_ms=entered_at_ms,
        by=by,
        corrects=corrects,
        reason=reason,
    )


def _outcomes(connection: Connection, code: str) -> list[Outcome]:
    rows = connection.execute(f"SELECT {_OUTCOME} FROM outcome WHERE code = ? ORDER BY no", (code,)).fetchall()  # noqa: S608 - names are ours
    return [_outcome(row) for row in rows]


def _add_outcome(connection: Connection, new: NewOutcome) -> Outcome | str:
    """The row, or why there is none. One job of the writer at a time: nothing comes between the last digest and the next."""
    refusal = refuse_correction(new, _outcomes(connection, new.code))
    if refusal is not None:
        return refusal
    last = connection.execute("SELECT no, digest FROM outcome ORDER BY no DESC LIMIT 1").fetchone() or (0, OUTCOME_GENESIS)
    row = new.numbered(last[0] + 1)
    values: list[Any] = [*msgspec.structs.astuple(row), outcome_digest(last[1], row)]
    values[2] = row.instrument.value
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO outcome ({_OUTCOME}, digest) VALUES ({marks})", values)  # noqa: S608 - names are ours
    return row


def _first_broken(connection: Connection) -> int | None:
    digest, expected = OUTCOME_GENESIS, 1
    for *row, kept in connection.execute(f"SELECT {_OUTCOME}, digest FROM outcome ORDER BY no"):  # noqa: S608 - names are ours
        if row[0] != expected:
            return expected
        digest = outcome_digest(digest, _outcome(tuple(row)))
        if digest != kept:
            return expected
        expected += 1
    return None
