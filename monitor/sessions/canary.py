"""A canary: once a minute an alert that nobody sees runs the way of a real one, and the time it takes is measured.

A small session of its own is made each time, with the installation's whole rule set and one rule more. It never goes on record, for no
store takes its number, and no screen is told of it; everything else is the real thing: a measurement through a real engine, the watch that
raises the alert at its deadline, the chain, the recorder's next batch, the commit, the hub, the encoded frame at a subscriber. In the batch
it is the position of a device that nobody can register, so the store stays as small as it was. Where it does not come through, every screen
and the second channel say that the alert path does not answer. A fault in it ends with it and touches no session.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from monitor.clock import Clock
from monitor.core.limits import decode_limits, encode_limits
from monitor.lasting import Lasting
from monitor.sessions.recorder import Recorder
from monitor.sessions.runner import Runner
from monitor.store.ports import Position
from monitor.stream.hub import Hub, Subscription
from monitor.telemetry import Telemetry
from schemas.alert import RAISES, AlertKind, Priority
from schemas.limits import Clause, Direction, Rule, RuleKind, Sure, Term
from schemas.log import AlertChanged, DeviceBound, PhaseOrdered, SessionCreated
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Order, Patient, Phase, Treatment
from schemas.stream_wire import Canary as CanaryFrame
from schemas.vitals import Vital

EVERY_MS: Final = 60_000
WITHIN_MS: Final = 10_000  # of real time, from its falling due
ONSET_S: Final = 1.0
SESSION: Final = "S-000000"  # session numbers begin at 1
DEVICE: Final = "~canary"  # no name that a device can be registered by
SILENT: Final = "the alert path does not answer"

_VALUE: Final = 60  # any number that every rule set lets through: it is compared with itself
_RULE: Final = Rule(
    id="CAN-M99",
    title="Canary",
    kind=RuleKind.LIMIT,
    alert_kind=AlertKind.TECHNICAL,
    priority=Priority.MEDIUM,
    cause="canary",
    phases=(Phase.RECOVERY,),
    any=(Clause(all=(Term(vital=Vital.HEART_RATE, direction=Direction.HIGH, limit=_VALUE),)),),
    onset_s=ONSET_S,
    source="no patient is judged by it",
    sure=Sure.PROPOSAL,
    reviewer="not clinical",
)
_PATIENT: Final = Patient(birth_year=None, label="canary", weight_g=70_000)
_ORDER: Final = Order(dose_ug=0, duration_ms=0, treatment=Treatment.NONE)
_decode: Final = msgspec.json.Decoder(CanaryFrame).decode
_TAG: Final = b'{"type":"canary"'


class Canary:
    """Owned by the event loop. `limits`: the canonical rule set. `clock` is the installation's, `real` the true one. `on_silent` is called
    with a reason when one does not come through, `on_answer` when one does."""

    def __init__(
        self,
        limits: str,
        clock: Clock,
        real: Clock,
        *,
        recorder: Recorder,
        hub: Hub,
        look: Callable[[Runner], None],
        on_silent: Callable[[str], None],
        on_answer: Callable[[], None],
        telemetry: Telemetry,
    ) -> None:
        rules = decode_limits(limits)
        self._limits = encode_limits(replace(rules, rule=(*rules.rule, _RULE)))
        self._clock = clock
        self._real = real
        self._recorder = recorder
        self._hub = hub
        self._look = look
        self._on_silent = on_silent
        self._on_answer = on_answer
        self._telemetry = telemetry
        self._number = 0
        self._runner: Runner | None = None
        self._id = ""
        self._due_ms = 0
        self._painted: set[int] = set()
        self._task = Lasting("the canary")
        self.is_answering = True

    def start(self, on_death: Callable[[str], None]) -> None:
        def died(text: str) -> None:
            self.is_answering = False
            on_death(text)

        self._task.start(self._run(), died)

    async def stop(self) -> None:
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now_ms() + EVERY_MS)
            try:
                reason = await self._fly()
            except Exception as error:  # noqa: BLE001 - whatever it is, alerts may go the same way
                reason = type(error).__name__
            self._land(reason)

    # --- one canary -----------------------------------------------------------------------------------------------------------------

    async def _fly(self) -> str | None:
        """None where it came through, else why not."""
        self._number += 1
        self._id = f"{self._hub.stream}-{self._number}"
        self._painted = set()
        probe = self._hub.probe()
        try:
            runner = self._runner = self._hatch()
            self._look(runner)
            seen = asyncio.ensure_future(self._seen(probe))
            late = asyncio.ensure_future(self._real.sleep_until(self._real.now_ms() + round(ONSET_S * 1000) + WITHIN_MS))
            try:
                await asyncio.wait({seen, late}, return_when=asyncio.FIRST_COMPLETED)
                if not seen.done():
                    return f"not through in {WITHIN_MS // 1000} s"
                self._measured(seen.result())
                return None
            finally:
                seen.cancel()
                late.cancel()
        finally:
            probe.close()
            if self._runner is not None:
                self._runner.is_over = True
                self._runner = None

    def _hatch(self) -> Runner:
        """A session with a device and a value at the limit, a second before its alert falls due."""
        at_ms = self._due_ms = self._clock.now_ms()
        runner = Runner(SESSION, SessionCreated("canary", *self._limits, _ORDER, _PATIENT, "canary"), at_ms)
        runner.apply(DeviceBound("canary", DEVICE, Mode.SIMULATED, "canary"), at_ms)
        for phase in (Phase.BASELINE, Phase.RECOVERY):
            runner.apply(PhaseOrdered("canary", None, phase), at_ms)
        runner.measure(Measurement(DEVICE, 1, at_ms, (Value(Vital.HEART_RATE, _VALUE * 1000),)), at_ms, at_ms)
        return runner

    def owns(self, runner: Runner) -> bool:
        return runner.session == SESSION

    def advance(self, runner: Runner) -> None:
        """Called by the watch at the canary's deadline."""
        if runner is not self._runner:
            return
        try:
            entries, _ = runner.advance(self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - its own fault must not be the watch's
            runner.is_over = True
            self._on_silent(f"{SILENT} ({type(error).__name__})")
            return
        for entry in entries:
            body = entry.body
            if isinstance(body, AlertChanged) and body.alert.rule == _RULE.id and body.why in RAISES:
                self._due_ms = entry.at_ms
                self._recorder.canary(Position(DEVICE, self._hub.stream, self._number), CanaryFrame(id=self._id, now_ms=entry.at_ms))

    async def _seen(self, probe: Subscription) -> int:
        """When its frame was there, by the installation's clock."""
        while True:
            frame = await probe.next()
            if frame.startswith(_TAG) and _decode(frame).id == self._id:
                return self._clock.now_ms()

    # --- what it came to ------------------------------------------------------------------------------------------------------------

    def _measured(self, at_ms: int) -> None:
        latency_s = max(0, at_ms - self._due_ms) / 1000
        self._telemetry.canary.observe(latency_s)
        self._telemetry.canary_last.set(latency_s)

    def painted(self, screen: int, canary: str) -> None:
        """A screen has answered the canary."""
        if canary == self._id and screen not in self._painted:
            self._painted.add(screen)
            self._telemetry.canary_painted.observe(max(0, self._clock.now_ms() - self._due_ms) / 1000)

    def _land(self, reason: str | None) -> None:
        self.is_answering = reason is None
        if reason is None:
            self._on_answer()
        else:
            self._telemetry.canary_failed.inc()
            self._on_silent(f"{SILENT} ({reason})")
