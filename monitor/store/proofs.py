"""What proofs ask of a store: the tree over all seals of the installation, and the signed states that were made of it."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec

from monitor.core.merkle import Node, NodeAt

MAX_LEAVES: Final = 65_536  # of one read
_T = TypeVar("_T")


class Grown(NamedTuple):
    """How far the record has come. `leaves`: seals on record. `ended`: sessions that were closed or aborted, counted since start."""

    leaves: int
    ended: int


class CheckpointRow(msgspec.Struct, frozen=True):
    """A signed state of the tree. `note`: the C2SP note as text. `at_ms`: when it was made, by the clock of the installation."""

    size: int
    at_ms: int
    root: bytes
    note: str

    @property
    def root_text(self) -> str:
        """Base64, as it stands in the note."""
        return self.note.split("\n")[2]


class Leaf(NamedTuple):
    """The leaf of one seal: `place` in the tree, from 0, and the last entry under the seal."""

    place: int
    last_seq: int


class ProofStore(Protocol):
    """Every method but `grown` may raise StoreFailed."""

    def grown(self) -> Grown:
        """Costs nothing: for whoever looks every second."""
        ...

    async def leaf_hashes(self, first: int, limit: int = MAX_LEAVES) -> list[bytes]:
        """Of the leaves from index `first` on, at most `limit`."""
        ...

    async def leaves_of(self, session: str) -> list[Leaf]:
        """In the order of the session's seals."""
        ...

    async def prove(self, work: Callable[[NodeAt], _T]) -> _T:
        """`work` may ask for every leaf's hash, and for the nodes that checkpoints have kept. Raises KeyError for any other."""
        ...

    async def add_checkpoint(self, row: CheckpointRow, nodes: Sequence[Node]) -> None:
        """With the nodes completed since the last one. Fails with `constraint` unless the tree goes so far and has grown since."""
        ...

    async def latest_checkpoint(self) -> CheckpointRow | None: ...

    async def checkpoint_over(self, size: int) -> CheckpointRow | None:
        """The first that covers `size` leaves."""
        ...
