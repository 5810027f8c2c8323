"""Builds the log of a session and a store that holds it, for the tests of exports."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from monitor.core.chain import Chain
from monitor.export.csv import CsvExport
from monitor.export.jsonl import jsonl
from monitor.export.manifest import Stamp
from monitor.export.selection import LogSource, select
from monitor.export.signing import InstallationKey
from monitor.export.verify import Verdict, verify_record
from schemas.alert import Alert, AlertKind, AlertState, Priority, Why
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.limits import Before, Effect
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertNotified,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    AudioResumed,
    BaselineSet,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    DrugDrawn,
    DrugWasted,
    Entry,
    EntryVoided,
    GateFinding,
    GatesJudged,
    Interval,
    LimitAwaitsConfirmation,
    LimitChanged,
    LimitConfirmed,
    LimitProposed,
    Measured,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
    Seal,
    SessionCreated,
    SignedOff,
    WasteWitnessed,
    canonical,
)
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.patient import PatientCorrected
from schemas.session import Baseline, Order, Patient, Phase, Treatment
from schemas.signs import Charted
from schemas.vitals import Vital

START_MS = 1_795_000_000_123
LIMITS = '{"rule":[],"version":"test"}'


def key_of(seed: int = 1) -> InstallationKey:
    return InstallationKey(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def stamp_of(key: InstallationKey | None = None) -> Stamp:
    return Stamp(key=key or key_of(), software="1.2.3", exported_at_ms=START_MS + 86_400_000)


class Log:
    """A log under construction. `say` appends an entry and, for anything but a measurement, a seal, as the monitor does."""

    def __init__(self, session: str = "S-000001") -> None:
        self.id = session
        self.entries: list[Entry] = []
        self.seals: list[Seal] = []
        self.at_ms = START_MS
        self._chain = Chain(session)

    @property
    def last_seq(self) -> int:
        return self.entries[-1].seq

    def say(self, body: Body, *, after_ms: int = 1_000, seal: bool | None = None) -> Entry:
        self.at_ms += after_ms
        entry = Entry(at_ms=self.at_ms, body=body, seq=len(self.entries) + 1, session=self.id)
        self.entries.append(entry)
        self._chain.take(entry)
        if seal if seal is not None else not isinstance(body, Measured):
            self.seal()
        return entry

    def seal(self) -> None:
        if seal := self._chain.seal(self.at_ms):
            self.seals.append(seal)

    def create(self, room: str = "Room 1", *, limits: str = LIMITS, salt: str | None = None) -> None:
        self.say(
            SessionCreated(
                by="anna",
                limits=limits,
                limits_sha256=sha256(limits.encode()).hexdigest(),
                order=Order(dose_ug=37_500, duration_ms=2_400_000, treatment=Treatment.KETAMINE_IV),
                patient=Patient(birth_year=1980, label="A. B.", weight_g=75_000),
                room=room,
                salt=salt,
            )
        )

    def bind(self, device: str = "sim-room-1", mode: Mode = Mode.SIMULATED) -> None:
        self.say(DeviceBound(by="anna", device=device, mode=mode, source="simulated patient"))

    def measure(self, *, seal: bool = False, mode: Mode = Mode.SIMULATED, device: str = "sim-room-1") -> None:
        """Heart rate, SpO2 and a breath rate that the device does not have."""
        self.say(measured(len(self.entries), self.at_ms + 1_000, mode=mode, device=device), seal=seal)


def measured(number: int, at_ms: int, *, mode: Mode = Mode.SIMULATED, device: str = "sim-room-1") -> Measured:
    readings = (
        Reading(reason=Reason.NONE, validity=Validity.VALID, value_milli=60_000 + number % 40 * 1_000, vital=Vital.HEART_RATE),
        Reading(reason=Reason.NONE, validity=Validity.VALID, value_milli=97_500, vital=Vital.SPO2),
        Reading(reason=Reason.NOT_MEASURED, validity=Validity.INVALID, value_milli=None, vital=Vital.RESPIRATORY_RATE),
    )
    return Measured(counter=number, device=device, measured_at_ms=at_ms - 40, mode=mode, readings=readings, received_at_ms=at_ms - 2)


def alert_of(state: AlertState = AlertState.ACTIVE) -> Alert:
    return Alert(
        acknowledged_at_ms=None,
        acknowledged_by=None,
        cause="blood_pressure",
        escalation=0,
        id="BP-H1.1",
        kind=AlertKind.PHYSIOLOGICAL,
        priority=Priority.HIGH,
        raised_at_ms=START_MS,
        reason="SBP 184 >= 180, +47 % of baseline 125",
        rule="BP-H1",
        shown_at_ms=None,
        since_ms=START_MS,
        state=state,
        title="Blood pressure very high",
        vital=Vital.SYSTOLIC_BP,
    )


def usual_events() -> list[Body]:
    """What a log of these tests holds after the session is created and a device bound."""
    return [
        DeviceJoined(boot="b1", device="sim-room-1", intervals=(Interval(interval_ms=1_000, vital=Vital.SPO2),)),
        PhaseOrdered(by="anna", override="baseline cuff \u2265 1, patient asked", phase=Phase.INFUSING),
        BaselineSet(baselines=(Baseline(count=3, value_milli=125_000, vital=Vital.SYSTOLIC_BP),)),
        RateSet(by="anna", rate_ug_per_min=937),
        BolusGiven(amount_ug=5_250, by="anna"),
        RemeasureRequested(alert="BP-H1.1", vital=Vital.SYSTOLIC_BP, within_ms=60_000),
        AlertChanged(alert=alert_of(), why=Why.IMMEDIATE),
        AlertAcknowledged(alert="BP-H1.1", by="anna", comment=None),
        NoteAdded(by="anna", text='He said "I float", \u00b5 \U0001f600 \t\x01 line\nbreak'),
        DeviceAnnounced(
            device="sim-room-1",
            facts=(Fact("11:INA2", priority=Priority.HIGH, turn=Turn.START), Fact("infusion_rate", unit="mL/h", value_milli=12_500)),
            mode=Mode.SIMULATED,
            received_at_ms=START_MS + 1_000,
            said_at_ms=START_MS,
            text="=syringe empty",
        ),
        DeviceLeft(device="sim-room-1", why="closed"),
        MonitorRestarted(version="1.2.3"),
        DeviceUnbound(by="anna", device="sim-room-1"),
    ]


def every_event() -> list[Body]:
    """One of each kind that may come after the session is created and a device bound."""
    return [
        *usual_events(),
        ObservationCharted(by="anna", note="after \u00b5", sign=Charted.SEDATION, value=4),
        DrugDrawn(amount_ug=50_000, by="anna", concentration_ug_per_ml=50_000, lot="A17"),
        DrugWasted(amount_ug=15_000, by="anna", note=None),
        WasteWitnessed(by="ben", waste=4),
        SignedOff(by="anna", meaning="fit to leave", name="A. Meyer"),
        EntryVoided(by="anna", reason="meant for room 4", voids=3),
        PatientCorrected(by="anna", code="KX-0017", old_code="KX-0071", reason="read wrongly", is_late=True),
        AlertShown(alert="BP-H1.1", by="anna", latency_ms=120),
        ScreensChanged(people=("anna",), screens=1),
        AlertNotified(alert="BP-H1.1", channel="webhook", detail="200", is_delivered=True),
        AudioPaused(by="anna", for_ms=60_000),
        AudioPauseEnded(by="anna"),
        AudioResumed(why="ended_by_person"),
        LimitProposed(by="anna", direction="high", limit_milli=190_000, reason="known", rule="BP-H1", vital=Vital.SYSTOLIC_BP),
        LimitAwaitsConfirmation(proposal=1, rule="BP-H1"),
        LimitConfirmed(by="ben", proposal=1),
        LimitChanged(
            by="anna", confirmed_by="ben", direction="high", new_milli=190_000, old_milli=180_000, rule="BP-H1", vital=Vital.SYSTOLIC_BP
        ),
        GatesJudged(before=Before.START, findings=(GateFinding(effect=Effect.CAUTION, gate="G-BP1", reason="SBP 142 > 140", title="x"),)),
    ]


def short_log(session: str = "S-000001", *, measurements: int = 30, is_closed: bool = True, salt: str | None = None) -> Log:
    """Every kind of entry, and a seal every ten measurements."""
    log = Log(session)
    log.create(salt=salt)
    log.bind()
    for number in range(measurements):
        log.measure(seal=number % 10 == 9)
    for body in usual_events():
        log.say(body)
    if is_closed:
        log.say(PhaseOrdered(by="anna", override=None, phase=Phase.CLOSED))
    else:
        for _ in range(3):
            log.measure()
    return log


class FakeStore:
    """Holds logs in memory and yields them in chunks of `chunk` entries."""

    def __init__(self, *logs: Log, chunk: int = 7) -> None:
        self._logs = {log.id: log for log in logs}
        self._chunk = chunk

    async def session(self, session_id: str, /) -> SimpleNamespace | None:
        log = self._logs.get(session_id)
        return SimpleNamespace(last_seq=log.last_seq) if log else None

    async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
        wanted = [entry for entry in self._logs[session].entries if since_seq < entry.seq <= (until_seq or 10**9)]
        for start in range(0, len(wanted), self._chunk):
            yield wanted[start : start + self._chunk]

    async def events(self, session: str, /, *, since_seq: int = 0, kinds: frozenset[str] | None = None, limit: int = 1000) -> list[Entry]:
        found = [entry for entry in self._logs[session].entries if not isinstance(entry.body, Measured) and entry.seq > since_seq]
        return [entry for entry in found if kinds is None or entry.body.__struct_config__.tag in kinds][:limit]

    async def seals(self, session: str, /, *, since_seq: int = 0, limit: int | None = None) -> list[Seal]:
        return [seal for seal in self._logs[session].seals if seal.last_seq > since_seq][:limit]


async def export_jsonl(source: LogSource, session: str = "S-000001", key: InstallationKey | None = None) -> bytes:
    selection = await select(source, session)
    return b"".join([block async for block in jsonl(source, selection, stamp_of(key))])


async def export_csv(source: LogSource, session: str = "S-000001", key: InstallationKey | None = None) -> tuple[bytes, bytes]:
    """The CSV and its manifest."""
    export = CsvExport(source, await select(source, session), stamp_of(key))
    table = b"".join([block async for block in export.rows()])
    return table, export.manifest()


def exported(log: Log, key: InstallationKey | None = None, *, chunk: int = 2_000) -> bytes:
    """The JSONL export, for tests that are not asynchronous."""
    return asyncio.run(export_jsonl(FakeStore(log, chunk=chunk), log.id, key))


def check(data: bytes, *, pinned: bytes | None = None) -> Verdict:
    return verify_record(io.BytesIO(data), "export.jsonl", pinned=pinned)


def signed_again(data: bytes, key: InstallationKey) -> bytes:
    """What a forger does: header and manifest fit the changed lines between them and are signed with a key of his own."""
    first, *rest, last = data.splitlines(keepends=True)
    lines = [canonical(json.loads(first) | {"installation": key.key_id}) + b"\n", *rest]
    manifest = json.loads(last)
    manifest.pop("signature")
    manifest |= {"sha256": sha256(b"".join(lines)).hexdigest(), "public_key": key.public_text, "installation": key.key_id}
    manifest["signature"] = key.sign(canonical(manifest))
    return b"".join(lines) + canonical(manifest) + b"\n"
