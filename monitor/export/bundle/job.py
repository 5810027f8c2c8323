"""What the writer of a part is given, and what it gives back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from monitor.access.brought_in import brought_in
from monitor.access.ports import AccessLogRow
from monitor.export.access_rows import AccessSource, rows_naming
from monitor.export.deidentified import Deidentified, is_without_names
from monitor.export.manifest import Stamp
from monitor.export.selection import LogSource, Selection
from monitor.export.views.completeness import Statement
from monitor.export.views.survey import Survey, survey
from monitor.store.ports import Aside
from schemas.review import BroughtIn


class Role(StrEnum):
    """What a file of a bundle is for. `record` is the one that counts; a `view` is made from it and proves nothing by itself."""

    RECORD = "record"
    VIEW = "view"
    PROOF = "proof"
    TOOL = "tool"
    KEY = "key"


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of the installation's log of seals that the proofs of a bundle lead to. `root`: base64 of 32 bytes."""

    origin: str
    root: str
    size: int


class Job:
    """One export to be made. `checkpoint` None: this installation has made none yet. `refused`: input that was refused and is kept beside
    the record, newest last; it is asked once. `access`: the log of who came in and what they took, None where nothing of it is to be
    exported. `proofs`: files that lead from the record to the checkpoint. `zone`: IANA name of the site's time zone, for what is
    read on paper. `is_deidentified`: of committed entries, and without the access log, which names people and addresses."""

    def __init__(
        self,
        source: LogSource,
        selection: Selection,
        stamp: Stamp,
        *,
        checkpoint: Checkpoint | None = None,
        refused: Callable[[], Awaitable[list[Aside]]] | None = None,
        access: AccessSource | None = None,
        zone: str = "UTC",
        is_deidentified: bool = False,
    ) -> None:
        """Raises NotSalted where it is to be de-identified and cannot be."""
        self.source = Deidentified(source, selection) if is_deidentified else source
        self.is_deidentified = is_without_names(self.source, selection)
        self.selection = selection
        self.stamp = stamp
        self.checkpoint = checkpoint
        self.proofs: tuple[BundleFile, ...] = ()
        self.access = None if is_deidentified else access
        self._imports = access
        self.zone = zone
        self._refused = refused
        self._survey: Survey | None = None
        self._statement: Statement | None = None

    async def survey(self) -> Survey:
        """What the views are made of; the log is read for it once."""
        if self._survey is None:
            self._survey = await survey(self.source, self.selection)
        return self._survey

    async def accesses(self) -> list[AccessLogRow]:
        """The rows of the access log that name the session, oldest first; none where nobody said where they are."""
        return [] if self.access is None else [kept.row for kept in await rows_naming(self.access, self.selection.session)]

    async def brought_in(self) -> BroughtIn | None:
        """Where the session was recorded, if it was elsewhere and somebody said where the access log is."""
        found = None if self._imports is None else await brought_in(self._imports, self.selection.session)
        return replace(found, by="") if found is not None and self.is_deidentified else found

    async def statement(self) -> Statement:
        """What should have come and what did."""
        if self._statement is None:
            made = await self.survey()
            aside = [] if self._refused is None else await self._refused()
            self._statement = made.completeness.statement(self.selection, aside)
        return self._statement


class BundleFile(msgspec.Struct, frozen=True):
    """One file of a bundle. `blocks` makes its bytes, some 100 KB at a time; it is called once, when the turn of the file has come."""

    name: str
    role: Role
    blocks: Callable[[], AsyncIterator[bytes]]


Part = Callable[[Job], Awaitable[list[BundleFile]]]


def made_of(name: str, role: Role, content: bytes) -> BundleFile:
    """A small file that is made already."""

    async def blocks() -> AsyncIterator[bytes]:
        yield content

    return BundleFile(name, role, blocks)
