"""Plays the clinician of one session: moves it through its phases at the scenario's times, charts what is asked, and makes the patient
follow the record.

A person at the screen has the last word. The director only ever takes the next step of the usual course, and only when the record says
that the session stands where that step begins: a session that a person paused stays paused, one that was stopped early recovers early. It
never resumes, never sets a rate back. The bed's physiology follows the phase and rate on record, whoever ordered them.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.alert import AlertState
from schemas.session import INFUSED, OPEN_PHASES, Order, Phase, Treatment
from schemas.signs import Charted
from schemas.stream_wire import SessionNow
from simulators.acting import Actions
from simulators.bed import Bed
from simulators.charting import CHECK_EVERY_MS, before_discharge, check_due_ms, response_check, unaccounted_ug, unanswered
from simulators.clinician import NAME, Clinician
from simulators.clock import Clock
from simulators.rest import MonitorRefused
from simulators.say import Say, ignore
from simulators.scenario import Timeline

ACKNOWLEDGE_AFTER_MS: Final = 45_000
LOOK_EVERY_S: Final = 0.25  # real seconds: how soon the patient feels what a person ordered
LOOK_EVERY_MS: Final = 60_000  # of the monitor's time, where that runs fast
RETRY_AFTER_MS: Final = 10_000  # of the patient's time, after an order was refused
OVERRIDE_AT: Final = 3  # the attempt at which a reason is given to override a gate, and at which one that nobody can override ends it
_REASONS: Final = {Phase.CLOSED: f"{NAME}: simulated run ends"}
GATE_HARD: Final = "gate_hard"
_BOLUS_AT_LEAST_UG: Final = 1_000  # smaller differences are the rate changing between two looks
_NOT_WORTH_A_WORD_UG: Final = 500  # the gate of the default rule set lets it pass
_UNANSWERED: Final = frozenset({AlertState.ACTIVE, AlertState.LATCHED})


class Step(msgspec.Struct, frozen=True):
    """The next step of the usual course and when it is due, by the monitor's clock."""

    phase: Phase
    due_ms: int


def next_step(session: SessionNow, timeline: Timeline, *, begin_ms: int, speed: float) -> Step | None:
    """What the scenario's clinician does next in a session that stands like this. None: nothing, until somebody else does something.

    `begin_ms`: when the baseline phase may begin. `speed`: minutes of the patient in one of the monitor's. The infusion ends when its dose
    is in, so a pause or a lower rate makes it last longer.
    """
    minute_ms = 60_000 / speed
    match session.phase:
        case Phase.PLANNED:
            return Step(Phase.BASELINE, begin_ms)
        case Phase.BASELINE:
            then = Phase.RECOVERY if session.order.treatment is Treatment.NONE else Phase.INFUSING
            return Step(then, session.phase_since_ms + round(timeline.baseline_min * minute_ms))
        case Phase.INFUSING if session.rate_ug_per_min > 0:
            left_ug = _planned_ug_per_min(session.order) * timeline.infusion_min / speed - session.given_ug
            return Step(Phase.RECOVERY, session.given_at_ms + max(0, round(left_ug / session.rate_ug_per_min * 60_000)))
        case Phase.INFUSING if session.order.treatment not in INFUSED:  # nothing runs: it ends when it has been watched long enough
            return Step(Phase.RECOVERY, session.phase_since_ms + round(timeline.infusion_min * minute_ms))
        case Phase.RECOVERY:
            return Step(Phase.CLOSED, session.phase_since_ms + round(timeline.recovery_min * minute_ms))
        case _:
            return None


def bolus_ug(before: SessionNow, after: SessionNow) -> int:
    """What was given between two looks beyond the rate: a bolus that somebody recorded, or 0."""
    by_rate = max(before.rate_ug_per_min, after.rate_ug_per_min) * (after.given_at_ms - before.given_at_ms) / 60_000
    beyond = round(after.given_ug - before.given_ug - by_rate)
    return beyond if beyond >= _BOLUS_AT_LEAST_UG else 0


class Director:
    """One session from planned to closed. `acknowledge`: also answer raised alerts, 45 s after (the unattended run)."""

    def __init__(
        self,
        clinician: Clinician,
        clock: Clock,
        session: SessionNow,
        timeline: Timeline,
        *,
        bed: Bed | None = None,
        begin_ms: int = 0,
        speed: float = 1.0,
        acknowledge: bool = False,
        actions: Actions | None = None,
        say: Say = ignore,
    ) -> None:
        self._clinician = clinician
        self._clock = clock
        self._now = session
        self._timeline = timeline
        self._bed = bed
        self._begin_ms = begin_ms
        self._speed = speed
        self._acknowledge = acknowledge
        self._actions = actions
        self._say = say
        self._refusals = 0
        self._retry_ms = 0
        self._chart_again_ms = 0

    async def run(self) -> SessionNow:
        """Returns the session as it ended, closed or aborted, by whomever."""
        while True:
            self._see(await self._clinician.look(self._now.id))
            if self._now.phase not in OPEN_PHASES:
                return self._now
            if self._acknowledge:
                await self._answer_alerts()
            await self._chart(unanswered(self._now))
            action_ms = None if self._actions is None else await self._actions.do(self._now.id, self._clock.now_ms())
            check_ms = check_due_ms(self._now)
            if check_ms is not None and check_ms <= self._clock.now_ms():
                await self._chart(response_check(self._now.given_ug, self._now.order))
                check_ms = max(check_ms + CHECK_EVERY_MS, self._chart_again_ms)
            step = next_step(self._now, self._timeline, begin_ms=self._begin_ms, speed=self._speed)
            due_ms = None if step is None else max(step.due_ms, self._retry_ms)
            if step is not None and due_ms is not None and due_ms <= self._clock.now_ms():
                await self._order(step.phase)
            else:
                await self._wait(min((at_ms for at_ms in (due_ms, check_ms, action_ms) if at_ms is not None), default=None))

    def _see(self, session: SessionNow) -> None:
        """Make the patient follow what is on record."""
        before, self._now = self._now, session
        if session.phase is not before.phase:
            self._refusals, self._retry_ms = 0, 0
        if self._bed is None:
            return
        self._bed.follow(session.phase, session.rate_ug_per_min / 1000)
        given = bolus_ug(before, session)
        if given:
            self._bed.bolus(given / 1000)

    async def _order(self, phase: Phase) -> None:
        is_last_attempt = self._refusals + 1 >= OVERRIDE_AT
        override = _REASONS.get(phase, f"{NAME}: the scenario goes on") if is_last_attempt else None
        try:
            if phase is Phase.CLOSED and self._refusals == 0:
                await self._chart(before_discharge(self._now))
                await self._settle()
            if phase is Phase.INFUSING and not self._now.vials:
                await self._clinician.draw(self._now.id, self._now.order.dose_ug / 1000)
            await self._clinician.order_phase(self._now.id, phase, override)
            if (
                phase is Phase.INFUSING
                and self._now.order.treatment in INFUSED
                and (await self._clinician.look(self._now.id)).rate_ug_per_min == 0
            ):
                await self._clinician.set_rate(self._now.id, _planned_ug_per_min(self._now.order) / 1000)
        except MonitorRefused as refused:
            if not _is_about_the_order(refused):
                raise
            self._refusals += 1
            self._retry_ms = self._clock.now_ms() + round(RETRY_AFTER_MS / self._speed)
            if self._refusals == 1:
                self._say(f"{self._now.id}: {phase} refused: {refused}")
            if is_last_attempt and refused.reason == GATE_HARD:
                self._say(f"{self._now.id}: aborted: {refused}")
                await self._clinician.order_phase(self._now.id, Phase.ABORTED, f"{NAME}: {refused.reason}")

    async def _settle(self) -> None:
        """The drug's account and the signature. What is wasted has no witness here: the session is closed with a reason then."""
        if self._now.order.treatment is Treatment.NONE:
            return
        left_ug = unaccounted_ug(self._now)
        if left_ug < -_NOT_WORTH_A_WORD_UG:
            await self._clinician.draw(self._now.id, -left_ug / 1000)
        elif left_ug > _NOT_WORTH_A_WORD_UG:
            await self._clinician.waste(self._now.id, left_ug / 1000)
        await self._clinician.sign_off(self._now.id)

    async def _chart(self, values: Mapping[Charted, int]) -> None:
        if not values or self._clock.now_ms() < self._chart_again_ms:
            return
        try:
            await self._clinician.chart(self._now.id, values)
        except MonitorRefused as refused:
            if not _is_about_the_order(refused):  # the session ended in the meantime
                raise
            self._chart_again_ms = self._clock.now_ms() + round(RETRY_AFTER_MS / self._speed)

    async def _answer_alerts(self) -> None:
        now_ms = self._clock.now_ms()
        for alert in self._now.alerts:
            if alert.state in _UNANSWERED and alert.raised_at_ms is not None and now_ms - alert.raised_at_ms >= ACKNOWLEDGE_AFTER_MS:
                try:
                    await self._clinician.acknowledge(self._now.id, alert.id)
                except MonitorRefused as refused:
                    if not _is_about_the_order(refused):  # answered by a person in the meantime, or over
                        raise

    async def _wait(self, due_ms: int | None) -> None:
        """Until the next step is due, but look again before that: a person may have done something."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                look_ms = self._clock.now_ms() + LOOK_EVERY_MS
                await self._clock.sleep_until(look_ms if due_ms is None else min(due_ms, look_ms))
        except TimeoutError:
            return


def _planned_ug_per_min(order: Order) -> float:
    return order.dose_ug * 60_000 / order.duration_ms if order.duration_ms else 0.0


def _is_about_the_order(refused: MonitorRefused) -> bool:
    """The order does not fit the state of things (409, 422); anything else will not get better by itself."""
    return refused.status in (409, 422)
