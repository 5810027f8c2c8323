"""All resources of a session as one Bundle, streamed. Type `collection`: a file to keep and to read; `push` sends the same resources."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from monitor.access.ports import AccessLogRow
from monitor.export.fhir.naming import Naming
from monitor.export.fhir.resources import naming_of, resources
from monitor.export.fhir.terms import Json
from monitor.export.manifest import Stamp
from monitor.export.selection import LogSource, Selection
from schemas.instant import format_ms

_encode: Final = msgspec.json.Encoder().encode
_BEFORE_ENTRIES: Final = b',"entry":[\n'


async def fhir_bundle(source: LogSource, selection: Selection, stamp: Stamp, audit: Sequence[AccessLogRow] = ()) -> AsyncIterator[bytes]:
    """One resource a line. Raises NoStory before the first byte; what `source` raises later ends the file in the middle, and no JSON reader
    accepts it. `audit`: the rows of the access log that name the session."""
    naming, is_first = naming_of(source, selection, stamp), True
    async for group in resources(source, selection, stamp, audit):
        lines = [_encode(entry_of(naming, resource)) for resource in group]
        if is_first:
            yield _head(naming, selection, stamp) + b",\n".join(lines)
            is_first = False
        elif lines:
            yield b",\n" + b",\n".join(lines)
    yield b"\n]}\n"


def entry_of(naming: Naming, resource: Json) -> Json:
    return {"fullUrl": f"{naming.base}/{resource['resourceType']}/{resource['id']}", "resource": resource}


def _head(naming: Naming, selection: Selection, stamp: Stamp) -> bytes:
    """The Bundle without its end, ready for its entries."""
    bundle = {
        "resourceType": "Bundle",
        "id": naming.id_of("bundle", selection.last_seq),
        **naming.meta(),
        "identifier": naming.identifier("export", f"{selection.session}/{selection.last_seq}"),
        "type": "collection",
        "timestamp": format_ms(stamp.exported_at_ms),
    }
    return _encode(bundle)[:-1] + _BEFORE_ENTRIES
