"""The whole API in one event loop: real registry, real access control and guard, stores in memory, HTTP without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from monitor.access.control import AccessControl
from monitor.access.memory import MemoryAccessStore
from monitor.access.roles import Role
from monitor.api import problems, rest
from monitor.api.guard import Guard
from monitor.api.ingest_connection import Patience
from monitor.clock import ManualClock
from monitor.core.limits import encode_limits, parse_limits
from monitor.export.checkpoints import Checkpoints
from monitor.export.keyring import open_keyring
from monitor.sessions.registry import Registry
from monitor.settings import DEFAULT_LIMITS
from monitor.store.memory import MemoryStore
from monitor.store.proofs_memory import MemoryProofStore
from monitor.store.review_memory import MemoryReviewStore
from schemas.instant import format_ms
from schemas.measurement import Mode

OWN = "http://monitor.example"
LIMITS = encode_limits(parse_limits(DEFAULT_LIMITS.read_text(encoding="utf-8")))
METRICS_TOKEN = b"a-token-for-figures"
SESSION: dict[str, Any] = {
    "room": "Room 1",
    "patient": {"label": "A.B.", "birth_year": 1980, "weight_kg": 70},
    "order": {"treatment": "ketamine_iv", "dose_mg_per_kg": 0.5, "duration_min": 40},
}


class House:
    """`as_` gives the headers of a role; devices come in with `token`."""

    def __init__(self, folder: Path, patience: Patience, store: MemoryStore | None) -> None:
        self.clock = ManualClock()
        self.store = store or MemoryStore()
        self.review = MemoryReviewStore(self.store)
        self.accesses = MemoryAccessStore()
        self.access = AccessControl(self.accesses, self.clock.now_ms)
        self.registry = Registry(self.store, self.clock, LIMITS, version="1.2.3", site_zone="UTC")
        keyring = open_keyring(folder, self.clock.now_ms())
        self.checkpoints = Checkpoints(MemoryProofStore(self.store), keyring, self.clock, lambda _: None)
        self.api = FastAPI(version="1.2.3", redoc_url=None)
        problems.install(self.api)
        parts = rest.Parts(
            registry=self.registry,
            store=self.store,
            review=self.review,
            access=self.access,
            clock=self.clock,
            checkpoints=self.checkpoints,
            patience=patience,
        )
        rest.install(self.api, parts)
        self.api.add_middleware(Guard, access=self.access, csp="default-src 'self'", metrics_token=METRICS_TOKEN)
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.api), base_url=OWN)
        self._headers: dict[Role, dict[str, str]] = {}

    async def furnish(self) -> None:
        await self.access.start()
        await self.registry.start()
        for role in Role:
            self._headers[role] = await self.person(role, role)

    async def person(self, name: str, role: Role = Role.CLINICIAN) -> dict[str, str]:
        """The headers of one more person."""
        await self.access.add_person(name, name, role, password=None, by="test")
        opened = await self.access.use_ticket(await self.access.issue_ticket(name, by="test"), None)
        return {"cookie": f"infusion_session={opened.token}", "origin": OWN}

    async def get(self, path: str, role: Role = Role.CLINICIAN, **params: Any) -> httpx2.Response:
        return await self.http.get(path, headers=self._headers[role], params=params)

    async def post(self, path: str, body: object = None, role: Role = Role.CLINICIAN) -> httpx2.Response:
        return await self.http.post(path, headers=self._headers[role], json=body)

    async def post_raw(self, path: str, body: bytes, role: Role = Role.CLINICIAN, **headers: str) -> httpx2.Response:
        return await self.http.post(path, headers={**self._headers[role], "content-type": "application/json", **headers}, content=body)

    async def delete(self, path: str, role: Role = Role.CLINICIAN) -> httpx2.Response:
        return await self.http.delete(path, headers=self._headers[role])

    async def session(self, **fields: Any) -> str:
        """A new session's id."""
        made = await self.post("/api/v1/sessions", {**SESSION, **fields})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def device(self, name: str = "sim-room-1", mode: Mode = Mode.SIMULATED) -> dict[str, str]:
        """A registered device's headers."""
        token = await self.access.register_device(name, mode, "simulator", by="test")
        return {"authorization": f"Bearer {token}"}

    async def bound(self, name: str = "sim-room-1") -> tuple[str, dict[str, str]]:
        """A session in its baseline with a device bound to it: the session's id and the device's headers."""
        session, headers = await self.session(room=f"Room of {name}"), await self.device(name)
        await self.post(f"/api/v1/sessions/{session}/bindings", {"device": name})
        await self.post(f"/api/v1/sessions/{session}/phase", {"phase": "baseline"})
        return session, headers

    async def send(self, headers: dict[str, str], body: object) -> httpx2.Response:
        """A device's post."""
        if isinstance(body, bytes):
            return await self.http.post("/api/v1/ingest", headers=headers, content=body)
        return await self.http.post("/api/v1/ingest", headers=headers, json=body)

    def now(self) -> str:
        return format_ms(self.clock.now_ms())


@asynccontextmanager
async def house(folder: Path, *, patience: Patience | None = None, store: MemoryStore | None = None) -> AsyncIterator[House]:
    built = House(folder, patience or Patience(), store)
    await built.furnish()
    try:
        yield built
    finally:
        await built.http.aclose()
        await built.registry.stop()
        await built.access.stop()
