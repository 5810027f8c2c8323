"""What clinicians do: begin a session, bind devices, move it on, give, acknowledge, note. Each answer goes out when it is on disk."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies import AcknowledgementBody, BindingBody, DoseBody, NewSessionBody, NoteBody, PhaseBody
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import on_record, require, why_not_open
from monitor.api.sessions import now_of
from monitor.sessions.registry import Registry
from monitor.sessions.runner import Runner
from monitor.store.ports import Store
from schemas.log import DeviceBound, DeviceUnbound, Entry, Input
from schemas.stream_wire import SessionNow

_PROBLEMS: Final = (404, 409, 503)


class Done(msgspec.Struct, frozen=True):
    """What the command wrote into the log: itself, and what it caused."""

    entries: tuple[Entry, ...]


class Commands:
    """Carries them out."""

    def __init__(self, registry: Registry, store: Store, access: AccessControl) -> None:
        self.registry = registry
        self._store = store
        self._access = access

    async def do(self, session_id: str, *bodies: Input) -> Response:
        """Several inputs are judged in one turn of the event loop: a command runs up to its wait for the disk without a pause, and the
        tasks of `gather` start in their order, so nothing comes between them. Where one may be refused and another not, the caller has
        checked them before. Raises Problem, CommandRefused, StoreFailed."""
        await self.open_session(session_id)
        try:
            written = await on_record(_together([self.registry.command(session_id, body) for body in bodies]))
        except KeyError:
            await self.open_session(session_id)  # it ended between the two looks: then this says so
            raise
        return answer(Done(tuple(entry for entries in written for entry in entries)))

    async def open_session(self, session_id: str) -> Runner:
        """Raises Problem (404, 409)."""
        runner = self.registry.get(session_id)
        if runner is None:
            raise await why_not_open(self._store, session_id)
        return runner

    async def bind(self, session_id: str, device: str, by: str) -> Response:
        """Mode and source are the registered ones: nobody can bind a simulator as a real device."""
        rows = {row.device: row for row in await self._access.devices.all() if row.revoked_at_ms is None}
        if device not in rows:
            raise Problem(404, "unknown_device", "No such device is registered, or it was revoked.")
        return await self.do(session_id, DeviceBound(by=by, device=device, mode=rows[device].mode, source=rows[device].source))


async def _together(commands: Sequence[Coroutine[Any, Any, list[Entry]]]) -> list[list[Entry]]:
    return await asyncio.gather(*commands)


def routes(commands: Commands, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["commands"])
    registry = commands.registry
    done = documented.responses(Done, problems=_PROBLEMS)

    @router.post("/sessions", status_code=201, responses=documented.responses(SessionNow, status=201, problems=_PROBLEMS))
    async def create(person: PersonHere, body: NewSessionBody) -> Response:
        """A new session, planned. One room holds one open session."""
        require(person, Role.CLINICIAN)
        patient, order = body.patient.patient(), body.to_order()
        session_id = await on_record(registry.create(room=body.room, patient=patient, order=order, by=person.username))
        return answer(await on_record(now_of(registry, session_id)), 201)

    @router.post("/sessions/{session_id}/bindings", responses=done)
    async def bind(person: PersonHere, session_id: str, body: BindingBody) -> Response:
        """From here on the device's readings are this patient's. A device is bound to one session at a time."""
        require(person, Role.CLINICIAN)
        return await commands.bind(session_id, body.device, person.username)

    @router.delete("/sessions/{session_id}/bindings/{device}", responses=done)
    async def unbind(person: PersonHere, session_id: str, device: str) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, DeviceUnbound(by=person.username, device=device))

    @router.post("/sessions/{session_id}/phase", responses=done)
    async def move_on(person: PersonHere, session_id: str, body: PhaseBody) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.ordered(person.username))

    @router.post("/sessions/{session_id}/doses", responses=done)
    async def give(person: PersonHere, session_id: str, body: DoseBody) -> Response:
        """Records what was set or given by hand. The monitor drives no pump."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.given(person.username))

    @router.post("/sessions/{session_id}/alerts/{alert}/acknowledgement", responses=done)
    async def acknowledge(person: PersonHere, session_id: str, alert: str, body: AcknowledgementBody | None = None) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, (body or AcknowledgementBody()).acknowledged(alert, person.username))

    @router.post("/sessions/{session_id}/notes", responses=done)
    async def note(person: PersonHere, session_id: str, body: NoteBody) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.added(person.username))

    return router
