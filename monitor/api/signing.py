"""What a person is shown before they sign for the discharge, and that a signature is under what they were shown."""

from collections.abc import Callable

import msgspec

from monitor.access.roles import Person
from monitor.api.problems import Problem
from monitor.api.rest_refusals import on_record
from monitor.api.sessions_commands import Commands
from monitor.store.ports import Store
from monitor.store.proofs import ProofStore
from schemas.session import RecordState


class SigningNow(msgspec.Struct, frozen=True):
    """`by` and `name`: whose signature it would be. `at_ms`: when `under` was the state of the record, of the monitor's clock, UTC."""

    at_ms: int
    by: str
    name: str
    under: RecordState


class Signing:
    """Reads alone."""

    def __init__(self, commands: Commands, store: Store, proofs: ProofStore, now_ms: Callable[[], int]) -> None:
        self._commands = commands
        self._store = store
        self._proofs = proofs
        self._now_ms = now_ms

    async def now(self, session: str, person: Person) -> SigningNow:
        """The record as it is on disk. Raises Problem (404, 409, 503)."""
        runner = await self._commands.open_session(session)
        made = SigningNow(self._now_ms(), person.username, person.name, self._commands.state_of(runner))
        await on_record(self._commands.registry.settled())
        return made

    async def check(self, session: str, under: RecordState | None) -> None:
        """That this was a state of this record. Raises Problem (409) where it was none; StoreFailed."""
        if under is None:
            return
        seals = await self._store.seals(session, since_seq=under.seq - 1, limit=1)
        is_seal = any((seal.last_seq, seal.digest) == (under.seq, under.digest) for seal in seals)
        if not is_seal or not await self._is_checkpoint(under):
            raise Problem(409, "no_such_state", f"{session} was never in the state that is to be signed: read GET .../sign-off anew.")

    async def _is_checkpoint(self, under: RecordState) -> bool:
        if under.size is None or under.root is None:
            return under.size is None and under.root is None
        row = await self._proofs.checkpoint_over(under.size)
        return row is not None and (row.size, row.root_text) == (under.size, under.root)
