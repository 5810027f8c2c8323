"""The demo's past: sessions of earlier weeks that have ended, so that the pages that look back have something to show at first sight.

They are simulated, as everything in the demo, and say so. Each is judged by the rule set in force and stands under its chain, as a session
over real connections would; only the connections are left out, and a streamed value comes each five seconds. So a past session takes a
fraction of a second.
"""

import heapq
from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.limits import encode_limits, parse_limits
from monitor.core.refused import Refused
from monitor.sessions.runner import Runner
from monitor.settings import Settings
from monitor.store.ports import Batch
from monitor.store.review import NewOutcome
from monitor.store.sqlite import SqliteStore
from schemas.alert import AlertState, Why
from schemas.device_wire import WireMeasurement
from schemas.instant import to_ms
from schemas.log import (
    AlertAcknowledged,
    AlertChanged,
    AlertShown,
    DeviceBound,
    DeviceJoined,
    DrugDrawn,
    Entry,
    Input,
    Interval,
    NoteAdded,
    ObservationCharted,
    PhaseOrdered,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
    Seal,
    SessionCreated,
    SignedOff,
)
from schemas.measurement import Measurement, Mode, Value
from schemas.outcomes import Instrument
from schemas.session import Order, Patient, Phase, Treatment
from schemas.signs import Charted
from schemas.vitals import to_milli
from simulators.bed import Bed, BedScript
from simulators.bed_feed import source_of
from simulators.bedside_monitor import CUFF, bed_intervals
from simulators.charting import CHECK_EVERY_MS, CHECKLIST, DISCHARGE, response_check
from simulators.clinician import CONCENTRATION_MG_PER_ML, LOT, NAME
from simulators.run import code_of
from simulators.scenario import Scenario, load_scenario

DAY_MS: Final = 86_400_000
BY: Final = "simulated-clinician"
EVERY_S: Final = 5  # how often a streamed value comes
RECOVERY_MIN: Final = 61  # so long that nothing stands against the discharge
ANSWERED_AFTER_MS: Final = 25_000
SHOWN_AFTER_MS: Final = 400
_TOLD_AGAIN: Final = frozenset({Why.UNSEEN, Why.ESCALATED, Why.REMINDED})
_CHECK: Final = NoteAdded(BY, "response check")  # stands for it in what is to be done later; never recorded


class Ended(msgspec.Struct, frozen=True):
    """A session that began `days` before the demo. `phq9`: the score of that day, where one was taken."""

    scenario: str
    seed: int
    days: int
    room: str
    phq9: int | None = None


PAST: Final = (
    Ended("uneventful", 101, 15, "Room 1", 19),
    Ended("hypertensive-surge", 102, 9, "Room 2"),
    Ended("uneventful", 103, 8, "Room 3", 12),
)


async def live_past(store: SqliteStore, settings: Settings, now_ms: int) -> None:
    """Before anybody is let in: sessions are numbered by their age. Nothing in a folder that has sessions already. Raises StoreFailed."""
    if await store.next_session_no() > 1:
        return
    limits = encode_limits(parse_limits(settings.limits.read_text(encoding="utf-8")))
    for no, ended in enumerate(PAST, 1):
        began_ms = now_ms - ended.days * DAY_MS
        scenario = load_scenario(ended.scenario)
        await store.append(Course(f"S-{no:06d}", ended, scenario, limits, began_ms, token_hex(32)).played())
        if ended.phq9 is not None:
            day = datetime.fromtimestamp(began_ms / 1000, ZoneInfo(settings.site_zone)).date().isoformat()
            await store.review.add_outcome(
                NewOutcome(
                    code=code_of(scenario) or "",
                    instrument=Instrument.PHQ9,
                    value_milli=ended.phq9 * 1000,
                    taken_on=day,
                    entered_at_ms=began_ms,
                    by=BY,
                )
            )


class Course:
    """One session from its opening to its discharge: bed, clinician and screen in one loop of seconds."""

    def __init__(
        self, session: str, ended: Ended, scenario: Scenario, limits: tuple[str, str], began_ms: int, salt: str | None = None
    ) -> None:
        who = scenario.patient
        patient = Patient(who.birth_year, who.label, round(who.weight_kg * 1000), code_of(scenario))
        self._order = Order(round(scenario.dose_mg * 1000), round(scenario.order.duration_min * 60_000), Treatment.KETAMINE_IV)
        self._runner = Runner(session, SessionCreated(BY, *limits, self._order, patient, ended.room, salt=salt), began_ms)
        timeline = msgspec.structs.replace(scenario.timeline, recovery_min=RECOVERY_MIN)
        self._bed = Bed(msgspec.structs.replace(scenario, timeline=timeline), ended.seed, began_ms)
        self._device = f"sim-{ended.room.lower().replace(' ', '-')}-past"
        self._source = source_of(scenario, ended.seed)
        self._batch = Batch()
        self._later: list[tuple[int, int, Input]] = []  # when, in which order, what the clinician and the screen do
        self._put = 0
        self._at_ms = began_ms

    def played(self) -> Batch:
        """All of it."""
        self._take(self._runner.begin(self._at_ms))
        self._open()
        script = BedScript(self._bed)
        while True:
            self._at_ms = self._bed.next_at_ms
            before = self._bed.phase
            script.step()
            if self._bed.phase is not before:
                self._pass()
                self._enter(self._bed.phase)
            if self._bed.has_ended:
                return self._batch
            for said in self._bed.next_frame().measurements:
                if self._bed.elapsed_s % EVERY_S == 0 or said.readings[0].vital in CUFF:
                    self._pass()
                    self._measure(said)

    def _open(self) -> None:
        every = {vital.vital: EVERY_S if vital.vital not in CUFF else vital.interval_s for vital in bed_intervals(self._bed.scenario)}
        self._do(NoteAdded(BY, f"{NAME}: {self._source}"))
        self._do(DeviceBound(BY, self._device, Mode.SIMULATED, self._source))
        intervals = tuple(Interval(round(interval_s * 1000), vital) for vital, interval_s in every.items())
        self._do(DeviceJoined(self._runner.session, self._device, intervals))
        self._do(ScreensChanged((BY,), 1))
        self._chart(CHECKLIST)

    def _enter(self, phase: Phase) -> None:
        if phase is Phase.INFUSING:
            self._do(DrugDrawn(self._order.dose_ug, BY, CONCENTRATION_MG_PER_ML * 1000, LOT))
        if phase is Phase.CLOSED:
            self._chart(DISCHARGE)
            self._do(SignedOff(BY, f"{NAME}: no patient leaves", NAME))
        self._step(phase)
        if phase is Phase.INFUSING:
            self._do(RateSet(BY, round(self._order.dose_ug * 60_000 / self._order.duration_ms)))
            self._put_off(CHECK_EVERY_MS, _CHECK)

    def _step(self, phase: Phase) -> None:
        """With a reason where the gates ask for one."""
        try:
            self._do(PhaseOrdered(BY, None, phase))
        except Refused as refused:
            self._take(self._runner.number(refused.steps))
            self._do(PhaseOrdered(BY, f"{NAME}: simulated run ends", phase))

    def _measure(self, said: WireMeasurement) -> None:
        values = tuple(Value(one.vital, None if one.value is None else to_milli(one.value)) for one in said.readings)
        self._take(self._runner.measure(Measurement(self._device, said.counter, to_ms(said.measured_at), values), self._at_ms, self._at_ms))

    def _pass(self) -> None:
        """What is due by now: deadlines of the rules, and what somebody does."""
        while self._later and self._later[0][0] <= self._at_ms:
            due_ms, _, body = heapq.heappop(self._later)
            self._take(self._runner.advance(due_ms))
            if body is _CHECK:
                if self._runner.engine.phase is Phase.INFUSING:
                    self._chart(response_check(self._runner.engine.dose.given_ug(due_ms), self._order))
                    self._put_off(CHECK_EVERY_MS, _CHECK)
                continue
            try:
                self._take(self._runner.apply(body, due_ms))
            except Refused as refused:  # over by now, or answered together with a higher one of its cause
                self._take(self._runner.number(refused.steps))
        self._take(self._runner.advance(self._at_ms))

    def _chart(self, values: Mapping[Charted, int]) -> None:
        for sign, value in values.items():
            self._do(ObservationCharted(BY, NAME, sign, value))

    def _do(self, body: Input) -> None:
        self._take(self._runner.apply(body, self._at_ms))

    def _put_off(self, by_ms: int, body: Input) -> None:
        self._put += 1
        heapq.heappush(self._later, (self._at_ms + by_ms, self._put, body))

    def _take(self, made: tuple[list[Entry], list[Seal]]) -> None:
        entries, seals = made
        self._batch.entries += entries
        self._batch.seals += seals
        for entry in entries:
            if isinstance(entry.body, RemeasureRequested):
                self._bed.remeasure(entry.body.vital)
            elif isinstance(entry.body, AlertChanged) and entry.body.alert.state is AlertState.ACTIVE and entry.body.why not in _TOLD_AGAIN:
                alert = entry.body.alert
                self._put_off(SHOWN_AFTER_MS, AlertShown(alert.id, BY, SHOWN_AFTER_MS))
                self._put_off(ANSWERED_AFTER_MS, AlertAcknowledged(alert.id, BY, NAME))
