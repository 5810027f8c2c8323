"""What is still said of a session that has ended: its patient's code was mistyped. It is judged again from its log, and its log goes on."""

import asyncio
from typing import Any, Final

from msgspec.structs import replace

from monitor.clock import Clock
from monitor.core.committed import is_shown_salt
from monitor.core.engine import Engine
from monitor.core.refused import Refused
from monitor.sessions.rebuild import Broken, rebuild
from monitor.sessions.recorder import Recorder
from monitor.store.ports import Store
from schemas.log import Entry, Input
from schemas.patient import PatientCorrected
from schemas.session import OPEN_PHASES

MAX_WAITING: Final = 20  # corrections of ended sessions at once; each reads a whole log


def fitted(engine: Engine, body: Input) -> Input:
    """A correction of the code with what it is late for; anything else as it is. Raises Refused: `code_differs` where the code in force is
    not the one that was looked at; `same_code`; `deidentified` for a log without names, which can take no code."""
    if not isinstance(body, PatientCorrected):
        return body
    if engine.created.salt is not None and is_shown_salt(engine.created.salt):
        raise Refused("deidentified", f"{engine.session} was brought in without names: it takes no patient code")
    code = engine.corrections.patient(engine.created.patient).code
    if body.old_code != code:
        raise Refused("code_differs", f"the patient code of {engine.session} is {code or 'none'} by now: look again")
    if body.code == code:
        raise Refused("same_code", f"the patient code of {engine.session} is {code or 'none'} already")
    return replace(body, is_late=engine.signed_off is not None or engine.phase not in OPEN_PHASES)


class Afterwards:
    """Owned by the event loop. One correction at a time, each on disk before the next begins: two would number the same entry."""

    def __init__(self, store: Store, clock: Clock, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def correct(self, session: str, body: PatientCorrected) -> tuple[list[Entry], bool]:
        """What stands in the log for it, on disk, and whether the same request had put it there before. `body` with the id of its request.
        Raises Refused, StoreFailed, Broken; Refused (`busy`) beyond MAX_WAITING."""
        if self._waiting >= MAX_WAITING:
            raise Refused("busy", f"{MAX_WAITING} corrections of ended sessions are under way: try again")
        task = asyncio.create_task(self._in_turn(session, body), name=f"patient code of {session}")
        self._waiting += 1
        task.add_done_callback(self._done)
        # Whoever goes away takes nothing back, nor makes room for another: what was numbered is on disk before the next one reads the log.
        return await asyncio.shield(task)

    async def _in_turn(self, session: str, body: PatientCorrected) -> tuple[list[Entry], bool]:
        async with self._turn:
            return await self._correct(session, body)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._waiting -= 1
        if not task.cancelled():
            task.exception()  # where nobody waits any more, nothing is to be complained of

    async def _correct(self, session: str, body: PatientCorrected) -> tuple[list[Entry], bool]:
        self._recorder.need_store()
        await self._recorder.settled()  # the entry that ended it
        runner, difference = await rebuild(self._store, session)
        if difference is not None:
            raise Broken(f"{session}: its replay differs from its log at entry {difference.seq}")
        if runner.engine.phase in OPEN_PHASES:
            raise Refused("not_judged", f"{session} is open and is not judged: restart the monitor first")
        known = runner.requests.done(body.request, [body])
        if known is not None:
            return known, True
        made = runner.apply(fitted(runner.engine, body), self._clock.now_ms())
        await self._recorder.file(made)
        return made[0], False
