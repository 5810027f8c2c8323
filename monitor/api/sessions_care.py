"""What people chart, which limits hold for one patient, how long the sound rests, and what stands against the next step."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from monitor.access.roles import Role
from monitor.api.auth import PersonHere
from monitor.api.bodies_care import MAX_PROPOSAL, AudioPauseBody, CorrectionBody, LimitBody, ObservationsBody, PatientCodeBody
from monitor.api.rest_answers import Documented, answer
from monitor.api.rest_refusals import require
from monitor.api.sessions_commands import Commands, Done, RequestKey
from monitor.clock import Clock
from monitor.sessions.care import DueCheck, GatesNow, LimitsNow, SignForm, checks_of, gates_now, limits_now, sign_forms
from monitor.sessions.protocols import protocols
from schemas.limits import Before
from schemas.log import AudioPauseEnded, LimitConfirmed
from schemas.protocols import Protocols

_PROBLEMS: Final = (404, 409, 503)
Proposal = Annotated[int, Path(ge=1, le=MAX_PROPOSAL)]


def routes(commands: Commands, clock: Clock, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["care"])
    _charting(router, commands, documented)
    _gates(router, commands, clock, documented)
    _sound(router, commands, documented)
    _limits(router, commands, documented)
    return router


def _charting(router: APIRouter, commands: Commands, documented: Documented) -> None:
    @router.get("/signs", responses=documented.responses(tuple[SignForm, ...]), summary="What can be charted, with ranges")
    async def signs(_: PersonHere) -> Response:
        return answer(sign_forms())

    @router.get("/protocols", responses=documented.responses(Protocols), summary="Presets of an order, and what falls due when")
    async def presets(_: PersonHere) -> Response:
        return answer(protocols())

    @router.post("/sessions/{session_id}/observations", responses=documented.responses(Done, problems=_PROBLEMS))
    async def chart(person: PersonHere, session_id: str, body: ObservationsBody, key: RequestKey = None) -> Response:
        """What was seen, asked or confirmed. All of it goes on record, or none."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, *body.charted(person.username), key=key)

    @router.post("/sessions/{session_id}/corrections", responses=documented.responses(Done, problems=_PROBLEMS))
    async def correct(person: PersonHere, session_id: str, body: CorrectionBody, key: RequestKey = None) -> Response:
        """A dose, an observation or a note was entered in error. It stays on record, marked, and counts no more."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.voided(person.username), key=key)

    @router.post("/sessions/{session_id}/patient-code", responses=documented.responses(Done, problems=_PROBLEMS))
    async def correct_patient(person: PersonHere, session_id: str, body: PatientCodeBody, key: RequestKey = None) -> Response:
        """The patient's code was mistyped. The session stands in the course of the right one from here on; what was said first stays on
        record. Also of a session that has ended."""
        require(person, Role.CLINICIAN)
        return await commands.correct_patient(session_id, body.corrected(person.username, key))


def _gates(router: APIRouter, commands: Commands, clock: Clock, documented: Documented) -> None:
    @router.get(
        "/sessions/{session_id}/gates",
        responses=documented.responses(GatesNow, problems=(404, 409)),
        summary="What stands against the start or the discharge now, and what is asked for it",
    )
    async def gates(_: PersonHere, session_id: str, before: Before) -> Response:
        engine = (await commands.open_session(session_id)).engine
        return answer(gates_now(engine, before, clock.now_ms()))


def _sound(router: APIRouter, commands: Commands, documented: Documented) -> None:
    done = documented.responses(Done, problems=_PROBLEMS)

    @router.post("/sessions/{session_id}/audio-pause", responses=done)
    async def pause(person: PersonHere, session_id: str, body: AudioPauseBody | None = None, key: RequestKey = None) -> Response:
        """The sound of this session's alerts rests, for everybody. It comes back by itself, and at once with a new alert."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, (body or AudioPauseBody()).paused(person.username), key=key)

    @router.delete("/sessions/{session_id}/audio-pause", responses=done)
    async def resume(person: PersonHere, session_id: str, key: RequestKey = None) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, AudioPauseEnded(by=person.username), key=key)


def _limits(router: APIRouter, commands: Commands, documented: Documented) -> None:
    done = documented.responses(Done, problems=_PROBLEMS)

    @router.get(
        "/sessions/{session_id}/limits",
        responses=documented.responses(LimitsNow, problems=(404, 409)),
        summary="The limits that may be moved for this patient, and what must be charted how often",
    )
    async def limits(_: PersonHere, session_id: str) -> Response:
        return answer(limits_now((await commands.open_session(session_id)).engine))

    @router.get(
        "/ward/checks",
        responses=documented.responses(dict[str, tuple[DueCheck, ...]]),
        summary="What must be charted how often in every open session, by its id",
    )
    async def checks(_: PersonHere) -> Response:
        return answer({runner.session: checks_of(runner.engine) for runner in commands.registry.open_sessions()})

    @router.post("/sessions/{session_id}/limits", responses=done)
    async def propose(person: PersonHere, session_id: str, body: LimitBody, key: RequestKey = None) -> Response:
        """It counts at once, unless it loosens a rule of high priority: then another clinician must confirm it."""
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, body.proposed(person.username), key=key)

    @router.post("/sessions/{session_id}/limits/{proposal}/confirmation", responses=done)
    async def confirm(person: PersonHere, session_id: str, proposal: Proposal, key: RequestKey = None) -> Response:
        require(person, Role.CLINICIAN)
        return await commands.do(session_id, LimitConfirmed(by=person.username, proposal=proposal), key=key)
