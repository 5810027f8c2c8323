"""The monitor's REST interface in memory: sessions with phases, doses and alerts by a clock the test moves, and a person at the screen."""

import asyncio
import heapq
import re
from collections.abc import Callable
from typing import Any

import httpx2
import msgspec

from schemas.alert import Alert, AlertKind, AlertState, Priority
from schemas.measurement import Mode
from schemas.session import Order, Patient, Phase, Treatment
from schemas.signs import Charted
from schemas.stream_wire import ObservationNow, SessionNow
from schemas.vitals import Vital

START_MS = 1_760_000_000_000
STEPS = {
    Phase.PLANNED: {Phase.BASELINE},
    Phase.BASELINE: {Phase.INFUSING, Phase.RECOVERY, Phase.ABORTED},
    Phase.INFUSING: {Phase.PAUSED, Phase.RECOVERY},
    Phase.PAUSED: {Phase.INFUSING, Phase.RECOVERY},
    Phase.RECOVERY: {Phase.CLOSED},
}


class VirtualClock:
    """Time that passes when everybody waits for it. `turns`: turns of the event loop that others get before it moves on."""

    def __init__(self, turns: int = 5) -> None:
        self.speed = 1.0
        self._now_ms = START_MS
        self._turns = turns
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._number = 0
        self.acts: list[tuple[int, Callable[[], None]]] = []  # what somebody does at a time

    def now_ms(self) -> int:
        return self._now_ms

    def at_minute(self, minute: float, act: Callable[[], None]) -> None:
        self.acts.append((START_MS + round(minute * 60_000), act))
        self.acts.sort(key=lambda item: item[0])

    async def sleep_until(self, at_ms: int) -> None:
        if at_ms > self._now_ms:
            sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._number += 1
            heapq.heappush(self._sleepers, (at_ms, self._number, sleeper))
            await sleeper

    async def drive(self) -> None:
        """Moves time on for ever; run it beside what waits for time."""
        while True:
            for _ in range(self._turns):
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers:
                continue
            next_ms = min([at_ms for at_ms, _ in self.acts[:1]] + [self._sleepers[0][0]])
            self._now_ms = max(self._now_ms, next_ms)
            while self.acts and self.acts[0][0] <= self._now_ms:
                self.acts.pop(0)[1]()
            while self._sleepers and self._sleepers[0][0] <= self._now_ms:
                sleeper = heapq.heappop(self._sleepers)[2]
                if not sleeper.done():
                    sleeper.set_result(None)


class FakeWard:
    """`requests` is everything that was asked. `refusals`: path ending -> answers (status, reason) given before it works."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.sessions: dict[str, SessionNow] = {}
        self.devices: set[str] = set()
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.refusals: dict[str, list[tuple[int, str]]] = {}
        self.outages = 0
        self.sets_no_rate = False
        self._given: dict[str, int] = {}  # exact: microgram-milliseconds per minute

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer), base_url="http://ward")

    def orders(self, ending: str) -> list[dict[str, Any]]:
        return [body for method, path, body in self.requests if method == "POST" and path.endswith(ending)]

    # --- what a person at the screen does -----------------------------------------------------------------------------------------

    def set_phase(self, session: str, phase: Phase) -> None:
        now_ms, now = self.clock.now_ms(), self._now(session)
        rate = 0
        if phase is Phase.INFUSING and not self.sets_no_rate:
            rate = round(now.order.dose_ug * 60_000 / now.order.duration_ms)
        started_ms = now.started_at_ms or (now_ms if phase is Phase.INFUSING else None)
        self.sessions[session] = msgspec.structs.replace(
            now, phase=phase, phase_since_ms=now_ms, rate_ug_per_min=rate, started_at_ms=started_ms
        )

    def set_rate(self, session: str, rate_ug_per_min: int) -> None:
        self.sessions[session] = msgspec.structs.replace(self._now(session), rate_ug_per_min=rate_ug_per_min)

    def give_bolus(self, session: str, amount_ug: int) -> None:
        self._given[session] = self._given.get(session, 0) + amount_ug * 60_000
        self._now(session)

    def chart(self, session: str, sign: Charted, value: int) -> None:
        now = self._now(session)
        others = tuple(row for row in now.observations if row.sign is not sign)
        charted = ObservationNow(self.clock.now_ms(), "somebody", sign, value)
        self.sessions[session] = msgspec.structs.replace(now, observations=(*others, charted))

    def raise_alert(self, session: str, rule: str) -> None:
        now_ms, now = self.clock.now_ms(), self._now(session)
        alert = Alert(
            acknowledged_at_ms=None,
            acknowledged_by=None,
            cause="x",
            escalation=0,
            id=f"{rule}.1",
            kind=AlertKind.PHYSIOLOGICAL,
            priority=Priority.HIGH,
            raised_at_ms=now_ms,
            reason="x",
            rule=rule,
            shown_at_ms=None,
            since_ms=now_ms,
            state=AlertState.ACTIVE,
            title="x",
            vital=Vital.SPO2,
        )
        self.sessions[session] = msgspec.structs.replace(now, alerts=(*now.alerts, alert))

    def _now(self, session: str) -> SessionNow:
        """As it stands now, the dose counted up to now."""
        now_ms, now = self.clock.now_ms(), self.sessions[session]
        exact = self._given.get(session, 0) + now.rate_ug_per_min * (now_ms - now.given_at_ms)
        self._given[session] = exact
        self.sessions[session] = msgspec.structs.replace(now, given_ug=exact // 60_000, given_at_ms=now_ms)
        return self.sessions[session]

    # --- what the wire does -------------------------------------------------------------------------------------------------------

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.outages:
            self.outages -= 1
            raise httpx2.ConnectError("nobody there", request=request)
        path, body = request.url.path, msgspec.json.decode(request.content) if request.content else {}
        self.requests.append((request.method, path, body))
        for ending, refusals in self.refusals.items():
            if request.method == "POST" and path.endswith(ending) and refusals:
                status, reason = refusals.pop(0)
                return httpx2.Response(status, json={"title": "No", "detail": "told to", "reason": reason, "status": status})
        assert path.startswith("/api/v1/")
        parts = path.removeprefix("/api/v1/").split("/")
        if parts[0] == "devices":
            return self._register(body)
        if len(parts) == 1:
            return self._create(body)
        return self._in_session(request.method, parts[1], parts[2:], body)

    def _register(self, body: dict[str, Any]) -> httpx2.Response:
        if body["device"] in self.devices:
            return httpx2.Response(409, json={"reason": "device_exists", "detail": "taken"})
        self.devices.add(body["device"])
        return httpx2.Response(201, json={"device": body["device"], "token": "inf_dev_test"})

    def _create(self, body: dict[str, Any]) -> httpx2.Response:
        session, who, order = f"S-{len(self.sessions) + 1:06}", body["patient"], body["order"]
        now_ms = self.clock.now_ms()
        dose_mg = order.get("dose_mg", order.get("dose_mg_per_kg", 0) * who["weight_kg"])
        self.sessions[session] = SessionNow(
            id=session,
            room=body["room"],
            patient=Patient(who["birth_year"], who["label"], round(who["weight_kg"] * 1000)),
            order=Order(round(dose_mg * 1000), round(order.get("duration_min", 0) * 60_000), Treatment(order["treatment"])),
            phase=Phase.PLANNED,
            phase_since_ms=now_ms,
            created_at_ms=now_ms,
            started_at_ms=None,
            stopped_at_ms=None,
            rate_ug_per_min=0,
            given_ug=0,
            given_at_ms=now_ms,
            mode=Mode.SIMULATED,
            devices=(),
            vitals=(),
            baselines=(),
            alerts=(),
            cuff_interval_ms=300_000,
            last_seq=1,
        )
        return self._show(session, 201)

    def _in_session(self, method: str, session: str, rest: list[str], body: dict[str, Any]) -> httpx2.Response:
        match rest:
            case [] if method == "GET":
                return self._show(session)
            case ["phase"]:
                phase = Phase(body["phase"])
                if phase not in STEPS.get(self.sessions[session].phase, set()):
                    return httpx2.Response(409, json={"reason": "phase_step", "detail": "not from here"})
                self.set_phase(session, phase)
            case ["doses"]:
                self.set_rate(session, round(body["rate_mg_per_min"] * 1000))
            case ["observations"]:
                for item in body["items"]:
                    self.chart(session, Charted(item["sign"]), item["value"])
            case ["alerts", alert, "acknowledgement"]:
                assert re.fullmatch(r"[A-Z-]+[0-9]+\.[0-9]+", alert)
                now = self.sessions[session]
                alerts = tuple(msgspec.structs.replace(item, state=AlertState.ACKNOWLEDGED) for item in now.alerts)
                self.sessions[session] = msgspec.structs.replace(now, alerts=alerts)
        return self._show(session)

    def _show(self, session: str, status: int = 200) -> httpx2.Response:
        return httpx2.Response(status, content=msgspec.json.encode(self._now(session)))
