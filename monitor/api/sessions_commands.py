"""What clinicians do: begin a session, bind devices, move it on, give, acknowledge, note. Each answer goes out when it is on disk."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Header
from msgspec.structs import replace
from starlette.responses import Response

from monitor.access.brought_in import Imports
from monitor.access.control import AccessControl
from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies import AcknowledgementBody, BindingBody, DoseBody, NewSessionBody, NoteBody, PhaseBody
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import on_record, require, unknown_session, why_not_open
from monitor.api.sessions import now_of
from monitor.core.refused import Refused
from monitor.sessions.read_back import is_about
from monitor.sessions.registry import Registry
from monitor.sessions.requests import Once, asked
from monitor.sessions.runner import Runner
from monitor.store.ports import Store
from monitor.store.proofs import CheckpointRow
from schemas.log import DeviceBound, DeviceUnbound, Entry, Input, PhaseOrdered, SignedOff
from schemas.measurement import Mode
from schemas.patient import PatientCorrected
from schemas.session import RecordState
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

    def __init__(
        self, registry: Registry, store: Store, access: AccessControl, newest: Callable[[], CheckpointRow | None], imports: Imports
    ) -> None:
        """`newest`: the last checkpoint of the installation. `imports`: which sessions were recorded elsewhere."""
        self.registry = registry
        self._newest = newest
        self._imports = imports
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
            return _together([self.registry.command(session_id, self._signed(runner, body)) for body in bodies])

        try:
            written = await on_record(start() if key is None else _wait(runner.requests.once.run(key, start)))
        except KeyError:
            await self.open_session(session_id)  # it ended between the two looks: then this says so
            raise
        return answer(Done(tuple(entry for entries in written for entry in entries)))

    def _signed(self, runner: Runner, body: Input) -> Input:
        """With what the record is now, where a person signs by it and was not shown another state of it. Entries that are under no seal yet
        are not under the signature. Raises Refused (`record_moved_on`) where more than measurements came since what was shown."""
        if not isinstance(body, SignedOff) and not (isinstance(body, PhaseOrdered) and body.override):
            return body
        if body.under is None:
            return replace(body, under=self.state_of(runner))
        if runner.told_seq > body.under.seq:
            more = f"Entry {runner.told_seq} has come since entry {body.under.seq}"
            raise Refused("record_moved_on", f"{more}: it is not under what was shown. Look at the record as it is now, and sign that")
        return body

    def state_of(self, runner: Runner) -> RecordState:
        """What a signature of this moment is under."""
        chain, newest = runner.chain, self._newest()
        root, size = (None, None) if newest is None else (newest.root_text, newest.size)
        return RecordState(digest=chain.head.hex(), seq=chain.sealed_seq, root=root, size=size)

    async def _ended_by(self, session_id: str, key: str | None) -> tuple[Entry, ...]:
        """The step with which a request has ended the session."""
        if key is None:
            return ()
        await self.registry.settled()
        steps = await self._store.events(session_id, kinds=frozenset({"phase_ordered"}), limit=_MAX_PHASES)
        return tuple(entry for entry in steps if isinstance(entry.body, PhaseOrdered) and entry.body.request == key)

    async def correct_patient(self, session_id: str, body: PatientCorrected) -> Response:
        """In an open session as any command; an ended one is judged again for it. Raises as `do`, and Broken."""
        if self.registry.get(session_id) is not None:
            return await self.do(session_id, body, key=body.request)
        if await self._store.session(session_id) is None:
            raise unknown_session()
        if session_id in await self._imports.all():
            raise Problem(409, "brought_in", f"{session_id} was recorded elsewhere and brought in: correct it where it was recorded.")
        entries, was_done = await on_record(self.registry.afterwards.correct(session_id, body))
        return answer(Done(tuple(entries), was_done))

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
        row = await self._access.devices.find(body.device)
        if row is None:
            raise Problem(404, "unknown_device", "No such device is registered, or it was revoked.")
        if row.mode is Mode.REAL:
            self._refuse_unread(await self.open_session(session_id), body)
        bound = DeviceBound(by=by, device=row.device, mode=row.mode, source=row.source, read_back=body.read_back)
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
        return await commands.do(session_id, body.ordered(person.username, person.name), key=key)

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
