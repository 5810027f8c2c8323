"""Who watched when, as the log tells it: how many screens that could be seen and heard, whose they were, and when nobody watched. Pure.

A row is a stretch of time. `watched` is no where no screen watched or the monitor was not running; it is empty where the log says nothing
yet, which is before the first screen was counted. What one screen showed and when is in the alert journal.
"""

from collections.abc import Iterator
from typing import Final

from monitor.export.cells import Cell, Number, table, time_text
from monitor.export.views.survey import Survey
from schemas.log import MonitorRestarted, ScreensChanged, SessionCreated
from schemas.vitals import format_milli

COLUMNS: Final = ("session", "seq", "from", "until", "duration_s", "watched", "screens", "people", "why")


def watching_table(survey: Survey) -> bytes:
    return table(COLUMNS, _rows(survey))


def _rows(survey: Survey) -> Iterator[list[Cell]]:
    open_row: tuple[int, int, str, int | None, str, str] | None = None  # seq, from, watched, screens, people, why
    session = ""
    for entry in survey.events:
        body = entry.body
        if isinstance(body, SessionCreated):
            session = entry.session
            open_row = (entry.seq, entry.at_ms, "", None, "", "no screen has been counted yet")
        elif isinstance(body, ScreensChanged):
            yield from _closed(session, open_row, entry.at_ms)
            open_row = (entry.seq, entry.at_ms, "yes" if body.screens else "no", body.screens, "; ".join(body.people), "screens")
        elif isinstance(body, MonitorRestarted):
            gap_ms = survey.silent_since_ms[entry.seq]
            yield from _closed(session, open_row, gap_ms)
            yield from _closed(session, (entry.seq, gap_ms, "no", 0, "", "the monitor was not running"), entry.at_ms)
            open_row = (entry.seq, entry.at_ms, "", None, "", "no screen has been counted since the restart")
    yield from _closed(session, open_row, survey.last_at_ms)


def _closed(session: str, row: tuple[int, int, str, int | None, str, str] | None, until_ms: int) -> Iterator[list[Cell]]:
    if row is None or until_ms == row[1]:
        return
    seq, since_ms, watched, screens, people, why = row
    duration = Number(format_milli(until_ms - since_ms))
    yield [session, seq, time_text(since_ms), time_text(until_ms), duration, watched, screens, people, why]
