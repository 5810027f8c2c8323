"""Every resource of a session, in an order in which nothing is referred to before it is there."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from monitor.access.ports import AccessLogRow
from monitor.export.deidentified import is_without_names
from monitor.export.fhir.audit import events
from monitor.export.fhir.charted import charted
from monitor.export.fhir.drug import drawn, given, order
from monitor.export.fhir.issues import issues
from monitor.export.fhir.naming import Naming
from monitor.export.fhir.provenance import provenances
from monitor.export.fhir.session import devices, encounter, patient
from monitor.export.fhir.story import Story, Telling
from monitor.export.fhir.terms import Json
from monitor.export.fhir.vitals import observations
from monitor.export.jsonl import SLICE
from monitor.export.manifest import Stamp
from monitor.export.selection import LogSource, Selection
from schemas.log import Entry, Measured

_PAGE: Final = 1_000


def naming_of(source: LogSource, selection: Selection, stamp: Stamp) -> Naming:
    return Naming(stamp.installation or stamp.key.key_id, selection.session, selection.modes, is_without_names(source, selection))


async def resources(source: LogSource, selection: Selection, stamp: Stamp, audit: Sequence[AccessLogRow] = ()) -> AsyncIterator[list[Json]]:
    """Groups that refer to themselves and to groups before them alone. Memory: the events of the session and one slice of measurements.

    Raises NoStory, and what `source` raises."""
    naming = naming_of(source, selection, stamp)
    story = await _story(source, selection)
    yield [*devices(naming, story, stamp), patient(naming, story)]
    yield [encounter(naming, story)]
    yield [*order(naming, story), *drawn(naming, story)]
    async for chunk in source.entries(selection.session, until_seq=selection.last_seq):
        for start in range(0, len(chunk), SLICE):
            yield measured(naming, chunk[start : start + SLICE])
            await asyncio.sleep(0)
    yield list(charted(naming, story))
    yield [*given(naming, story), *issues(naming, story)]
    yield [*provenances(naming, story, selection, stamp), *events(naming, audit)]


def measured(naming: Naming, entries: Iterable[Entry]) -> list[Json]:
    bodies = ((entry.seq, entry.body) for entry in entries)
    return [one for seq, body in bodies if isinstance(body, Measured) for one in observations(naming, seq, body)]


async def _story(source: LogSource, selection: Selection) -> Story:
    telling, since_seq = Telling(), 0
    while page := await source.events(selection.session, since_seq=since_seq, limit=_PAGE):
        telling.take(entry for entry in page if entry.seq <= selection.last_seq)
        since_seq = page[-1].seq
    return telling.story
