"""Rows of the access log that name this session, as AuditEvents."""

from collections.abc import Iterable, Iterator
from typing import Final

from monitor.access.ports import AccessKind, AccessLogRow
from monitor.export.fhir.naming import Naming
from monitor.export.fhir.terms import Json, coding, ours, person, text_of
from schemas.instant import format_ms

_TYPE: Final = coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "object", "Audit Object")
_REFUSED: Final = frozenset({AccessKind.DENIED, AccessKind.DEVICE_REFUSED, AccessKind.LOGIN_FAILED, AccessKind.TICKET_REFUSED})
_NETWORK_BY_IP: Final = "2"
_MINOR_FAILURE: Final = "4"


def events(naming: Naming, rows: Iterable[AccessLogRow]) -> Iterator[Json]:
    return (_event(naming, row) for row in rows)


def _event(naming: Naming, row: AccessLogRow) -> Json:
    is_refused = row.kind in _REFUSED
    who = {"who": person(row.who)} if row.who is not None else {"altId": "unknown"}
    network = {} if not row.address else {"network": {"address": row.address, "type": _NETWORK_BY_IP}}
    detail = text_of(row.detail)
    times = [] if row.times == 1 else [{"type": "times", "valueString": str(row.times)}]
    said = [*([{"type": "detail", "valueString": detail}] if detail else []), *times]
    return {
        "resourceType": "AuditEvent",
        "id": f"{naming.installation}-access-{row.no}",
        **naming.meta(),
        "type": _TYPE,
        "subtype": [coding(ours("access"), row.kind.value)],
        "action": "R",
        "recorded": format_ms(row.at_ms),
        "outcome": _MINOR_FAILURE if is_refused else "0",
        "agent": [{**who, "requestor": True, **network}],
        "source": {"observer": naming.monitor},
        "entity": [{"what": naming.encounter, "name": text_of(row.what) or naming.session, **({"detail": said} if said else {})}],
    }
