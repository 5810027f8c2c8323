"""FHIR resources of logs, for the tests of them; and the log that has one of each kind."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from monitor.access.ports import AccessKind, AccessLogRow
from monitor.export.fhir.bundle import fhir_bundle
from monitor.export.selection import LogSource, select
from schemas.log import DrugDrawn, DrugWasted, Entry, Measured, ObservationCharted, PhaseOrdered, WasteWitnessed
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.session import Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.export.session_log import FakeStore, Log, every_event, stamp_of

Resource = dict[str, Any]
ROWS = (
    AccessLogRow(at_ms=1_795_000_100_000, kind=AccessKind.EXPORT, who="vera", address="10.0.0.7", what="S-000001", detail="csv", no=7),
    AccessLogRow(at_ms=1_795_000_200_000, kind=AccessKind.DENIED, who=None, address=None, what="S-000001", times=3, no=8),
)


async def bundle_bytes(source: LogSource, session: str = "S-000001", audit: Sequence[AccessLogRow] = ()) -> bytes:
    selection = await select(source, session)
    return b"".join([block async for block in fhir_bundle(source, selection, stamp_of(), audit)])


def bundle_of(log: Log, audit: Sequence[AccessLogRow] = (), *, chunk: int = 2_000) -> Resource:
    made: Resource = json.loads(asyncio.run(bundle_bytes(FakeStore(log, chunk=chunk), log.id, audit)))
    return made


def resources_of(log: Log, kind: str = "", audit: Sequence[AccessLogRow] = ()) -> list[Resource]:
    found = [entry["resource"] for entry in bundle_of(log, audit)["entry"]]
    return [one for one in found if not kind or one["resourceType"] == kind]


def log_of(entries: list[Entry]) -> Log:
    log = Log(entries[0].session)
    log.entries = entries
    return log


def reading(vital: Vital, value: float | None, reason: Reason = Reason.NONE, validity: Validity = Validity.VALID) -> Reading:
    milli = None if value is None else round(value * 1000)
    return Reading(reason=reason, validity=Validity.INVALID if value is None else validity, value_milli=milli, vital=vital)


def measure(log: Log, *readings: Reading, mode: Mode = Mode.SIMULATED) -> Entry:
    at_ms = log.at_ms + 1_000
    body = Measured(len(log.entries), "sim-room-1", at_ms - 40, mode, readings, at_ms - 2)
    return log.say(body)


def full_log(mode: Mode = Mode.SIMULATED) -> Log:
    """Every kind of entry and of value: all vital signs, a cuff whole, one without a mean, one half, none; refused, questionable, late."""
    log = Log()
    log.create()
    log.bind(mode=mode)
    whole = (reading(Vital.SYSTOLIC_BP, 121), reading(Vital.DIASTOLIC_BP, 79), reading(Vital.MEAN_BP, 93))
    one_by_one = [(reading(vital, 60.5 if vital is not Vital.SPO2 else 97.5),) for vital in Vital]
    none = tuple(reading(vital, None, Reason.NOT_MEASURED) for vital in Vital)
    doubted = (
        reading(Vital.SPO2, 65, Reason.UNCALIBRATED, Validity.QUESTIONABLE),
        reading(Vital.HEART_RATE, 301, Reason.OUT_OF_RANGE, Validity.INVALID),
        reading(Vital.RESPIRATORY_RATE, 12, Reason.LATE),
    )
    for readings in (whole, whole[:2], *one_by_one, none, doubted, (reading(Vital.PULSE_RATE, None, Reason.NOT_MEASURED), *whole[:1])):
        measure(log, *readings, mode=mode)
    for body in every_event():
        log.say(body)
    log.say(ObservationCharted(by="anna", note=None, sign=Charted.PAIN, value=3))
    log.say(ObservationCharted(by="anna", note=None, sign=Charted.VOMITING, value=1))
    log.say(DrugDrawn(amount_ug=50_000, by="anna", concentration_ug_per_ml=10_000, lot="B\x0118"))
    wasted = log.say(DrugWasted(amount_ug=12_500, by="anna", note="down the sink"))
    log.say(WasteWitnessed(by="ben", waste=wasted.seq))
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.RECOVERY))
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED))
    return log
