"""Bundles of logs that somebody signed, as the monitor lets him sign, and with something else under the signature."""

import asyncio

from msgspec.structs import replace

from monitor.store.ports import Batch
from schemas.log import PhaseOrdered, SignedOff
from schemas.session import Phase, RecordState
from tests.unit.export.proven import installed
from tests.unit.export.session_log import Log, short_log

LATER = 3  # seals between the one that is signed under and the signature
WRONG: dict[str, dict[str, object]] = {
    "another digest": {"digest": "0" * 64},
    "no seal": {"seq": 4},
    "not above it": {"seq": 10_000},
    "another root": {"root": "A" * 43 + "="},
    "no such checkpoint": {"size": 9_999},
    "a checkpoint that is not in the bundle": {"size": 1},
}
OF_THE_RECORD = ("another digest", "no seal", "not above it")


def signed_log(**changed: object) -> Log:
    """A sign-off under a seal some seals back, and a step that overrides a gate, under the last one."""
    log = short_log(is_closed=False)
    seal = log.seals[-LATER]
    _sign(log, replace(RecordState(digest=seal.digest, seq=seal.last_seq), **changed))
    return log


def _sign(log: Log, under: RecordState) -> None:
    log.say(SignedOff(by="anna", meaning="fit to leave", name="A. Meyer", under=under))
    last = log.seals[-1]
    state = RecordState(digest=last.digest, seq=last.last_seq)
    log.say(PhaseOrdered(by="anna", name="A. Meyer", override="seen by two", phase=Phase.CLOSED, under=state))


def signed_bundle(**changed: object) -> bytes:
    """The sign-off names the newest checkpoint as well; others came after it."""
    return asyncio.run(_signed_bundle(**changed))


async def _signed_bundle(**changed: object) -> bytes:
    log = short_log(is_closed=False)
    made = await installed(short_log("S-000090"), log)
    newest = await made.proofs.latest_checkpoint()
    assert newest is not None
    entries, seals = len(log.entries), len(log.seals)
    state = RecordState(log.seals[-1].digest, log.seals[-1].last_seq, newest.note.split("\n")[2], newest.size)
    _sign(log, replace(state, **changed))
    for entry, seal in zip(log.entries[entries:], log.seals[seals:], strict=True):
        await made.store.append(Batch([entry], [seal]))
    await made.checkpoints.now()
    return await made.bundle(log.id)
