"""What clinicians do: begin a session, bind devices, move it on, give, acknowledge, note. Each answer goes out when it is on disk."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Header
from starlette.responses import Response

from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies import AcknowledgementBody, BindingBody, DoseBody, NewSessionBody, NoteBody, PhaseBody
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import on_record, require, why_not_open
from monitor.api.sessions import now_of
from monitor.sessions.read_back import is_about
from monitor.sessions.registry import Registry
from monitor.sessions.requests import Once, asked
from monitor.sessions.runner import Runner
from monitor.store.ports import Store
from schemas.log import DeviceBound, DeviceUnbound, Entry, Input, PhaseOrdered
from schemas.measurement import Mode
from schemas.stream_wire import SessionNow

_PROBLEMS: Final = (404, 409, 503)
_MAX_PHASES: Final = 1_000  # steps of a session that is over, looked through for a request that is sent again

T = TypeVar("T")

# The id of a request, made by who sends it. Sent again with the same id it is not done again: the answer is what was done.
RequestKey = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9-]{8,64}$")]


class Done(msgspec.Struct, frozen=True):
    """What the command wrote into the log: itself, and what it caused. `was_done`: the request was carried out before, and these are the
    inputs it made then; nothing was done now."""

    entries: tuple[Entry, ...]
    was_done: bool = False


class Commands:
    """Carries them out."""

    def __init__(self, registry: Registry, store: Store, access: AccessControl) -> None:
        self.registry = registry
        self._store = store
        self._access = access
        self._creating: Once[str] = Once()

    async def do(self, session_id: str, *bodies: Input, key: str | None = None) -> Response:
        """Several inputs are judged in one turn of the event loop: a command runs up to its wait for the disk without a pause, and the
        tasks of `gather` start in their order, so nothing comes between them. Where one may be refused and another not, the caller has
        checked them before. A request sent again under its `key` is answered with what it did. Raises Problem, CommandRefused,
        StoreFailed."""
        bodies = tuple(asked(bodies, key))
        try:
            runner = await self.open_session(session_id)
        except Problem:
            ended = await self._ended_by(session_id, key)
            if ended:
                return answer(Done(ended, was_done=True))
            raise
        known = None if key is None or runner.requests.once.is_running(key) else runner.requests.done(key, bodies)
        if known is not None:
            return answer(Done(tuple(known), was_done=True))

        def start() -> Coroutine[Any, Any, list[list[Entry]]]:
            return _together([self.registry.command(session_id, body) for body in bodies])

        try:
            written = await on_record(start() if key is None else _wait(runner.requests.once.run(key, start)))
        except KeyError:
            await self.open_session(session_id)  # it ended between the two looks: then this says so
            raise
        return answer(Done(tuple(entry for entries in written for entry in entries)))

    async def _ended_by(self, session_id: str, key: str | None) -> tuple[Entry, ...]:
        """The step with which a request has ended the session."""
        if key is None:
            return ()
        await self.registry.settled()
        steps = await self._store.events(session_id, kinds=frozenset({"phase_ordered"}), limit=_MAX_PHASES)
        return tuple(entry for entry in steps if isinstance(entry.body, PhaseOrdered) and entry.body.request == key)

    async def create(self, body: NewSessionBody, by: str, key: str | None) -> str:
        """The new session's id, or that of the one which this request has made. Raises Problem, CommandRefused, StoreFailed."""

        def start() -> Coroutine[Any, Any, str]:
            patient, order = body.patient.patient(), body.to_order()
            return self.registry.create(room=body.room, patient=patient, order=order, by=by, indication=body.indication, request=key)

        if key is None:
            return await on_record(start())
        made = None if self._creating.is_running(key) else self.registry.created_by(key)
        if made is not None:
            return made
        return await on_record(_wait(self._creating.run(key, start)))

    async def open_session(self, session_id: str) -> Runner:
        """Raises Problem (404, 409)."""
        runner = self.registry.get(session_id)
        if runner is None:
            raise await why_not_open(self._store, session_id)
        return runner

    async def bind(self, session_id: str, body: BindingBody, by: str, key: str | None) -> Response:
        """Mode and source are the registered ones: nobody can bind a simulator as a real device."""
        rows = {row.device: row for row in await self._access.devices.all() if row.revoked_at_ms is None}
        device = body.device
        if device not in rows:
            raise Problem(404, "unknown_device", "No such device is registered, or it was revoked.")
        row = rows[device]
        if row.mode is Mode.REAL:
            self._refuse_unread(await self.open_session(session_id), body)
        bound = DeviceBound(by=by, device=device, mode=row.mode, source=row.source, read_back=body.read_back)
        return await self.do(session_id, bound, key=key)

    @staticmethod
    def _refuse_unread(runner: Runner, body: BindingBody) -> None:
        """A real device at the wrong bed is another patient's record: the page asks for the sentence, and so does the monitor."""
        created = runner.engine.created
        if not body.read_back:
            raise Problem(422, "read_back_missing", 'Confirm at the bedside which device is whose: read_back "room = patient = device".')
        if not is_about(body.read_back, created.room, created.patient, body.device):
            raise Problem(409, "read_back_differs", "What was read back names another room, patient or device than this binding.")


async def _together(commands: Sequence[Coroutine[Any, Any, list[Entry]]]) -> list[list[Entry]]:
    return await asyncio.gather(*commands)


async def _wait(work: asyncio.Future[T]) -> T:
    """Of several who wait, one that goes away takes nothing from the others."""
    return await asyncio.shield(work)


def routes(commands: Commands, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["commands"])
    registry = commands.registry
    done = documented.responses(Done, problems=_PROBLEMS)

    @router.post("/sessions", status_code=201, responses=documented.responses(SessionNow, status=201, problems=_PROBLEMS))
    async def create(person: PersonHere, body: NewSessionBody, key: RequestKey = None) -> Response:
        """A new session, planned. One room holds one open session."""
        require(person, Role.CLINICIAN)
        session_id = await commands.create(body, person.username, key)
        return answer(await on_record(now_of(registry, session_id)), 201)

    @router.post("/sessions/{session_id}/bindings", responses=done)
    async def bind(person: PersonHere, session_id: str, body: BindingBody, key: RequestKey = None) -> Response:
        """From here on the device's readings are this patient's. A device is bound to one session at a time."""
        require(person, Role.CLINICIAN)
        return await commands.bind(session_id, body, person.username, key)

    @router.delete("/sessions/{session_id}/bindings/{device}", responses=done)
    async def unbind(person: PersonHere, session_id: str, device: str, key: RequestKey = None) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, DeviceUnbound(by=person.username, device=device), key=key)

    @router.post("/sessions/{session_id}/phase", responses=done)
    async def move_on(person: PersonHere, session_id: str, body: PhaseBody, key: RequestKey = None) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.ordered(person.username), key=key)

    @router.post("/sessions/{session_id}/doses", responses=done)
    async def give(person: PersonHere, session_id: str, body: DoseBody, key: RequestKey = None) -> Response:
        """Records what was set or given by hand. The monitor drives no pump."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.given(person.username), key=key)

    @router.post("/sessions/{session_id}/alerts/{alert}/acknowledgement", responses=done)
    async def acknowledge(
        person: PersonHere, session_id: str, alert: str, body: AcknowledgementBody | None = None, key: RequestKey = None
    ) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, (body or AcknowledgementBody()).acknowledged(alert, person.username), key=key)

    @router.post("/sessions/{session_id}/notes", responses=done)
    async def note(person: PersonHere, session_id: str, body: NoteBody, key: RequestKey = None) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.added(person.username), key=key)

    return router
