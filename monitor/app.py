"""The composition root: the only place that picks concrete classes and joins them into one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from dashboard.app import content_security_policy, create_dashboard
from monitor.access.control import AccessControl
from monitor.access.ports import AlreadyThere
from monitor.access.roles import Role
from monitor.api import problems, rest
from monitor.api.auth import auth_routes
from monitor.api.guard import Guard
from monitor.clock import Clock, SystemClock
from monitor.core.limits import encode_limits, parse_limits
from monitor.export.checkpoints import Checkpoints
from monitor.export.keyring import open_keyring
from monitor.lasting import Lasting
from monitor.notify.dispatch import Dispatcher
from monitor.notify.opening import open_channels
from monitor.sessions.registry import Registry
from monitor.settings import Settings, read_secret
from monitor.store.sqlite import SqliteStore
from monitor.telemetry import Telemetry

VERSION: Final = version("infusion-monitor")
REFRESH_S: Final = 5  # how soon a revoked session or token closes an open connection


class Installation:
    """One running monitor. `api` is the application to serve; the rest is there for the program around it."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Opens the data folder. Raises SettingsError, LimitsError, StoreFailed, SqliteTooOld: then nothing is armed."""
        self.settings = settings
        self.clock = clock or SystemClock()
        limits = parse_limits(settings.limits.read_text(encoding="utf-8"))
        real = SystemClock()
        channels = open_channels(settings, real.now_ms)
        token_file = settings.metrics_token_file
        metrics_token = None if token_file is None else read_secret("INFUSION_METRICS_TOKEN_FILE", token_file)
        self.store = SqliteStore.open(settings.data_dir)
        keyring = open_keyring(settings.data_dir, real.now_ms())
        self.access = AccessControl(self.store.access, real.now_ms)
        self.telemetry = Telemetry()
        self.registry = Registry(
            self.store,
            self.clock,
            encode_limits(limits),
            version=VERSION,
            site_zone=settings.site_zone,
            real=real,
            second_channel=Dispatcher(channels, real),
            telemetry=self.telemetry,
            public_url=settings.public_url,
        )
        report = partial(self.registry.trouble.put, "checkpoints")
        self.checkpoints = Checkpoints(self.store.proofs, keyring, self.clock, report)
        self.api = self._build(metrics_token)

    def _build(self, metrics_token: bytes | None) -> FastAPI:
        api = FastAPI(title="Infusion Monitor", version=VERSION, lifespan=self._lifespan, redoc_url=None)
        problems.install(api)
        api.include_router(auth_routes(self.access))
        parts = rest.Parts(
            registry=self.registry,
            store=self.store,
            review=self.store.review,
            access=self.access,
            clock=self.clock,
            checkpoints=self.checkpoints,
            site_zone=self.settings.site_zone,
        )
        rest.install(api, parts)
        dash = create_dashboard(api)
        origins = frozenset({self.settings.public_url})
        csp = content_security_policy(dash)
        api.add_middleware(Guard, access=self.access, csp=csp, origins=origins, metrics_token=metrics_token)
        return api

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        await self.access.start()
        await self.registry.start()
        trouble, refresh, lag = self.registry.trouble, Lasting("the check for revoked access"), Lasting("the measuring of the event loop")
        refresh.start(self._refresh(), lambda text: trouble.report("access", text))
        self.checkpoints.start(lambda text: trouble.report("signing", text))
        lag.start(self.telemetry.watch_loop(), lambda text: trouble.report("metrics", text))
        try:
            yield
        finally:
            await refresh.stop()
            await lag.stop()
            await self.registry.stop()
            await self.checkpoints.stop()
            await self.access.stop()
            await self.store.close()

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await self.access.refresh()

    async def login_link(self, username: str, name: str, role: Role) -> str:
        """A one-time link for a person, who is added where unknown."""
        with suppress(AlreadyThere):
            await self.access.add_person(username, name, role, password=None, by="start")
        ticket = await self.access.issue_ticket(username, by="start")
        return f"{self.settings.public_url}/auth/ticket?ticket={ticket}"
