"""One reading of the log for all views: its events, what was measured when an alert changed, and what is missing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from monitor.export.selection import LogSource, Selection
from monitor.export.views.completeness import Completeness
from monitor.export.views.device_figures import DeviceFigures
from monitor.sessions.told_figures import is_figures
from schemas.announcement import DeviceAnnounced
from schemas.log import AlertChanged, Entry, Measured, MonitorRestarted
from schemas.measurement import Reason, Validity
from schemas.patient import is_afterword
from schemas.vitals import Vital

_NOT_JUDGED: Final = frozenset({Reason.LATE, Reason.SECOND_SOURCE})
SLICE: Final = 250  # entries looked at before other tasks of the loop get their turn


class Survey:
    """Fed entry by entry. Holds the events (as many as the seals, which an export holds too), never the measurements nor the figures that
    devices say again and again: of these `figures` has the few that are shown.

    `value_milli`: by the `seq` of an alert's change, the newest value of its vital sign that was judged. `silent_since_ms`: by the
    `seq` of a restart, the time of the entry before it.
    """

    def __init__(self) -> None:
        self.events: list[Entry] = []
        self.value_milli: dict[int, int] = {}
        self.silent_since_ms: dict[int, int] = {}
        self.completeness = Completeness()
        self.figures = DeviceFigures()
        self.last_at_ms = 0
        self._newest: dict[Vital, int] = {}

    def add(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, MonitorRestarted):
            self.silent_since_ms[entry.seq] = self.last_at_ms
        self.completeness.add(entry)
        if not is_afterword(body):
            self.last_at_ms = entry.at_ms
        if isinstance(body, Measured):
            for reading in body.readings:
                if reading.value_milli is not None and reading.validity is not Validity.INVALID and reading.reason not in _NOT_JUDGED:
                    self._newest[reading.vital] = reading.value_milli
            return
        if isinstance(body, DeviceAnnounced):
            self.figures.add(entry.seq, body)
            if is_figures(body):
                return
        self.events.append(entry)
        if isinstance(body, AlertChanged) and body.alert.vital in self._newest:
            self.value_milli[entry.seq] = self._newest[body.alert.vital]


async def survey(source: LogSource, selection: Selection) -> Survey:
    made = Survey()
    async for part in slices(source, selection):
        for entry in part:
            made.add(entry)
    return made


async def slices(source: LogSource, selection: Selection) -> AsyncIterator[list[Entry]]:
    async for chunk in source.entries(selection.session, until_seq=selection.last_seq):
        for start in range(0, len(chunk), SLICE):
            yield chunk[start : start + SLICE]
            await asyncio.sleep(0)
