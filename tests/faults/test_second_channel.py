"""Nobody looks: the whole installation, its real store and stream, and a receiver on loopback that is there, is not, or comes late."""

import asyncio
import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from monitor.access.roles import Role
from monitor.app import Installation
from monitor.cli.serve import Server, listen
from monitor.clock import ManualClock
from monitor.settings import read_settings
from schemas.log import AlertNotified, AlertShown, Body, DeviceBound, PhaseOrdered
from schemas.measurement import Measurement, Mode, Value
from schemas.session import Phase
from schemas.vitals import Vital
from simulators.rest import signed_in
from simulators.watcher import Watcher
from tests.support.channels import Receiver, receiver
from tests.unit.core.bedside import INFUSION, PATIENT

SECRET = "a-secret-of-sixteen-bytes-or-more"


class Clinic:
    """An installation that is served on loopback, with a room whose patient is hypoxic. Its clocks move when they are told to."""

    def __init__(self, folder: Path, webhook: str) -> None:
        secret = folder / "secret"
        secret.write_text(SECRET)
        settings = read_settings({}, data_dir=folder / "data", port=0, notify_webhook_url=webhook, notify_webhook_secret_file=secret)
        self.listener, self.settings = listen(settings)
        self.clock = ManualClock()
        self.house = Installation(self.settings, self.clock)
        self.registry = self.house.registry
        for lives_by_it in (self.registry.screens, self.registry._calls, self.registry._calls._dispatcher):
            lives_by_it._clock = self.clock  # real time moves with the other one here
        self.session = ""
        self.counter = 0

    async def furnish(self) -> None:
        self.session = await self.registry.create(room="Room 7", patient=PATIENT, order=INFUSION, by="anna")
        await self._command(DeviceBound("anna", "d1", Mode.SIMULATED, "a bed"))
        await self._command(PhaseOrdered("anna", "test", Phase.BASELINE))
        await self._command(PhaseOrdered("anna", "test", Phase.INFUSING))

    async def _command(self, body: Any) -> None:
        await self.registry.command(self.session, body)

    async def live(self, seconds: int) -> None:
        """A measurement a second, each on disk before the next."""
        for _ in range(seconds):
            self.counter += 1
            values = ((Vital.HEART_RATE, 72_000), (Vital.SPO2, 79_000), (Vital.RESPIRATORY_RATE, 14_000))
            measured = Measurement("d1", self.counter, self.clock.now_ms(), tuple(Value(*each) for each in values))
            assert await self.registry.intake.frame("d1", "boot", self.counter, [measured], self.clock.now_ms()) == ()
            await self.pass_time(1)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(round(seconds * 1000))
        for _ in range(20):
            await asyncio.sleep(0)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110 - sockets, of which none tells
                await asyncio.sleep(0.005)

    async def carried(self) -> None:
        """Nothing is under way any more, tried again as often as it may be."""
        async with asyncio.timeout(20):
            while self.registry._calls._dispatcher.under_way:
                await self.pass_time(1)
                await asyncio.sleep(0.005)

    async def log(self, *kinds: type[Body]) -> list[Any]:
        await self.registry.settled()
        return [
            entry.body
            for entries in [entries async for entries in self.house.store.entries(self.session)]
            for entry in entries
            if isinstance(entry.body, kinds)
        ]

    async def notified(self, alert: str = "OX-H1.1") -> list[AlertNotified]:
        return [body for body in await self.log(AlertNotified) if body.alert == alert]


@asynccontextmanager
async def clinic(folder: Path, webhook: str) -> AsyncIterator[Clinic]:
    built = Clinic(folder, webhook)
    server = Server(uvicorn.Config(built.house.api, log_level="warning", server_header=False))
    serving = asyncio.create_task(server.serve(sockets=[built.listener]))
    try:
        await built.until(lambda: server.started)
        await built.furnish()
        yield built
    finally:
        server.should_exit = True
        await serving
        built.listener.close()


@pytest.fixture
async def relay() -> AsyncIterator[Receiver]:
    async with receiver() as there:
        yield there


def unseen(there: Receiver) -> list[dict[str, Any]]:
    """The notices of OX-H1.1 that came, each proved to be the monitor's."""
    found = []
    for post in there.posts:
        signed = post.headers["x-infusion-timestamp"].encode() + b"." + post.body
        assert post.headers["x-infusion-signature"] == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        notice = json.loads(post.body)
        if notice["title"] == "Deep desaturation" and notice["why"] == "unseen":
            found.append(notice)
    return found


async def test_an_alert_that_no_screen_shows_reaches_the_receiver_in_its_time(tmp_path: Path, relay: Receiver) -> None:
    async with clinic(tmp_path, relay.url) as house:
        await house.live(1)
        raised = next(alert for alert in house.registry.view(house.session).alerts if alert.id == "OX-H1.1")
        assert raised.raised_at_ms is not None
        while house.clock.now_ms() < raised.raised_at_ms + 9_000:
            await house.live(1)
        assert unseen(relay) == []
        await house.live(1)
        await relay.wait_for(lambda: bool(unseen(relay)))
        (notice,) = unseen(relay)
        assert (notice["room"], notice["at_ms"], notice["mode"]) == ("Room 7", raised.raised_at_ms + 10_000, "simulated")
        assert house.clock.now_ms() - raised.raised_at_ms < 15_000
        await house.carried()
        assert await house.notified() == [AlertNotified("OX-H1.1", "webhook", "answered 204", is_delivered=True)]
        assert not any(word in relay.posts[0].body.decode() for word in (PATIENT.label, "1980"))


async def test_with_a_screen_that_watches_nothing_is_sent(tmp_path: Path, relay: Receiver) -> None:
    """The control: the same course, and a screen over a real socket."""
    async with clinic(tmp_path, relay.url) as house:
        link = await house.house.login_link("ben", "Ben", Role.CLINICIAN)
        async with (await signed_in(house.settings.public_url, link))() as signed:
            watcher = Watcher(house.settings.public_url, signed.cookies, rng=random.Random(1))
        screen = asyncio.create_task(watcher.run())
        await house.until(lambda: house.registry.screens.watchers().people == ("ben",))
        for _ in range(24):
            await house.live(1)
            await house.until(lambda: watcher.has_seen(house.registry.hub.position) and house.registry.screens.watchers().screens == 1)
            await house.until(lambda: all(alert.shown_at_ms for alert in house.registry.view(house.session).alerts if alert.raised_at_ms))
            house.registry.screens._watching.said(1, "ben", house.clock.now_ms(), is_ready=True)  # a real one says it by real time
        assert "OX-H1.1" in {alert.id for alert in house.registry.view(house.session).alerts if alert.raised_at_ms}
        shown = [body for body in await house.log(AlertShown) if body.alert == "OX-H1.1"]
        assert [(body.by, body.latency_ms < 2_000) for body in shown] == [("ben", True)]
        assert (relay.posts, await house.log(AlertNotified)) == ([], [])
        screen.cancel()
        await asyncio.gather(screen, return_exceptions=True)


async def test_a_receiver_that_is_gone_is_tried_again_and_nothing_else_is_disturbed(tmp_path: Path, relay: Receiver) -> None:
    await relay.shut()
    async with clinic(tmp_path, relay.url) as house:
        await house.live(70)
        await house.carried()
        attempts = await house.notified()
        assert len(attempts) >= 4
        assert {(body.is_delivered, body.detail) for body in attempts} == {(False, "no answer (ConnectError)")}
        system = house.registry.system()
        assert system.recording_impaired is None
        assert system.warnings == ("second channel webhook: the last notice was not delivered (no answer (ConnectError))",)
        async with httpx2.AsyncClient(base_url=house.settings.public_url) as http:
            assert (await http.get("/readyz")).status_code == 200
        assert all(SECRET not in repr(body) and "of-the-receiver" not in repr(body) for body in await house.log(AlertNotified))


async def test_a_receiver_that_comes_back_gets_it(tmp_path: Path, relay: Receiver) -> None:
    await relay.shut()
    async with clinic(tmp_path, relay.url) as house:
        await house.live(21)
        await house.until(lambda: bool(house.registry.system().warnings))
        await relay.open()
        await house.live(30)
        await relay.wait_for(lambda: bool(unseen(relay)))
        assert len(unseen(relay)) == 1
        await house.carried()
        outcomes = [body.is_delivered for body in await house.notified()]
        assert (outcomes[0], outcomes[-1]) == (False, True), "not delivered at first, and delivered in the end"


async def test_a_receiver_that_never_answers_holds_up_nothing(tmp_path: Path, relay: Receiver) -> None:
    relay.answers = False
    async with clinic(tmp_path, relay.url) as house:
        await house.live(25)
        await relay.wait_for(lambda: bool(unseen(relay)))
        assert await house.notified() == [], "it is still waited for"
        await house.live(5)
        assert house.registry.system().recording_impaired is None
