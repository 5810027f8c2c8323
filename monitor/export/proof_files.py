"""What a bundle carries so that a stranger can check it: proofs, checkpoints, keys."""

from typing import Final

import msgspec

from monitor.core import merkle
from monitor.core.merkle import NodeAt
from monitor.export.bundle.job import Checkpoint, Job, Role, made_of
from monitor.export.keyring import Keyring
from monitor.export.selection import events_of
from monitor.store.proofs import CheckpointRow, ProofStore
from schemas.log import PhaseOrdered, SignedOff, canonical

PROOFS_FORMAT: Final = "infusion-monitor/proofs/1"
MAX_SIGNED: Final = 100
_SIGNING: Final = frozenset({"signed_off", "phase_ordered"})


class Growth(msgspec.Struct, frozen=True):
    """That the tree of `new` leaves begins with the one of `old`."""

    hashes: tuple[str, ...]
    new: int
    old: int


class Included(msgspec.Struct, frozen=True):
    """The path from the leaf at `place` up to the root of the tree of `size` leaves."""

    hashes: tuple[str, ...]
    place: int
    size: int


class Proofs(msgspec.Struct, frozen=True, kw_only=True):
    """`proofs.json`. `leaves`: [place in the tree, last entry under the seal] of each seal of the record that the newest checkpoint covers,
    in order. `hashes`: one proof for all of them (`merkle.set_proof`)."""

    consistency: tuple[Growth, ...]
    format: str = PROOFS_FORMAT
    hashes: tuple[str, ...]
    leaves: tuple[tuple[int, int], ...]
    session: str
    size: int


async def proven(job: Job, store: ProofStore, keyring: Keyring) -> None:
    """Gives the job the files that prove its seals under the newest checkpoint. Seals that were made after it are not in the proofs:
    sign one first (`Checkpoints.now`). Raises StoreFailed."""
    selection = job.selection
    latest = await store.latest_checkpoint()
    size = 0 if latest is None else latest.size
    found = await store.leaves_of(selection.session)
    leaves = tuple((leaf.place, leaf.last_seq) for leaf in found if leaf.place < size and leaf.last_seq <= selection.sealed_seq)
    notes = await _notes(store, latest, leaves, await _signed(job))
    proofs = await store.prove(lambda node_at: _proofs(node_at, selection.session, leaves, [row.size for row in notes]))
    files = (
        made_of("proofs.json", Role.PROOF, canonical(proofs) + b"\n"),
        made_of("checkpoints.txt", Role.PROOF, "\n".join(row.note for row in notes).encode()),
        made_of("keys.json", Role.KEY, keyring.published()),
    )
    job.checkpoint = None if latest is None else Checkpoint(keyring.origin, latest.root_text, latest.size)
    job.proofs = files


async def _signed(job: Job) -> set[int]:
    """The sizes of the checkpoints that people's signatures are under: the newest MAX_SIGNED, which is more than a session has."""
    sizes = set[int]()
    async for entry in events_of(job.source, job.selection.session, job.selection.last_seq, _SIGNING):
        if isinstance(entry.body, SignedOff | PhaseOrdered) and entry.body.under is not None and entry.body.under.size is not None:
            sizes.add(entry.body.under.size)
    return set(sorted(sizes)[-MAX_SIGNED:])


async def _notes(
    store: ProofStore, latest: CheckpointRow | None, leaves: tuple[tuple[int, int], ...], signed: set[int]
) -> list[CheckpointRow]:
    """The first checkpoint that covered the session's first seal, the first that covered its last one, those that somebody signed by, and
    the newest; each once."""
    wanted = [latest] if latest is not None else []
    for size in signed | ({leaves[0][0] + 1, leaves[-1][0] + 1} if leaves else set[int]()):
        found = await store.checkpoint_over(size)
        wanted += [found] if found is not None else []
    return [row for _, row in sorted({row.size: row for row in wanted}.items())]


def _proofs(node_at: NodeAt, session: str, leaves: tuple[tuple[int, int], ...], sizes: list[int]) -> Proofs:
    size = sizes[-1] if sizes else 0
    steps = tuple(Growth(hexed(merkle.consistency(node_at, old, size)), size, old) for old in sizes[:-1])
    return Proofs(
        consistency=steps,
        hashes=hexed(merkle.set_proof(node_at, [place for place, _ in leaves], size)),
        leaves=leaves,
        session=session,
        size=size,
    )


def hexed(hashes: list[bytes]) -> tuple[str, ...]:
    return tuple(value.hex() for value in hashes)
