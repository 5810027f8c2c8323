"""From entries to the disk and then to the screens: nothing is shown that is not on record.

One batch is on its way to the disk at a time; what comes in meanwhile forms the next one, so batches commit in order whatever happens to
one of them. When the store fails the recorder says so (`impaired`), shows what is judged all the same, and acknowledges nothing:
  - full, locked or busy: the same batch is tried again every RETRY_MS, the others wait behind it;
  - anything else (a failed fsync above all): never tried again; whoever waits is told StoreFailed, and only a restart from the log ends it.
At most MAX_WAITING entries wait for the disk; beyond that `has_room` is false, the devices are told `busy` and keep their frames.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from monitor.sessions.journal import happened
from monitor.sessions.runner import Runner
from monitor.sessions.views import is_now
from monitor.store.ports import Aside, Batch, Position, Store, StoreFailed
from monitor.stream.hub import Hub, Newest
from schemas.log import Entry, Measured, ScreensChanged, Seal
from schemas.session import OPEN_PHASES
from schemas.stream_wire import Canary, Happened, SessionNow

MAX_WAITING: Final = 200_000
RETRY_MS = 1_000
_RETRYABLE: Final = frozenset({"full", "locked", "busy"})


class News:
    """What a batch shows."""

    __slots__ = ("canaries", "changed", "ended", "journal", "values")

    def __init__(self) -> None:
        self.canaries: list[Canary] = []
        self.values: dict[str, Newest] = {}
        self.changed: dict[str, SessionNow] = {}
        self.ended: list[str] = []
        self.journal: list[Happened] = []

    def take(self, runner: Runner, entries: list[Entry], view: Callable[[Runner], SessionNow | None]) -> None:
        """What these entries of one session, in order, show. Who watches goes to every session at once, and is shown as one number."""
        is_changed = False
        for entry in entries:
            body = entry.body
            if type(body) is ScreensChanged:
                continue
            if type(body) is Measured:
                newest = self.values.setdefault(runner.session, {})
                for reading in body.readings:
                    if is_now(reading):
                        newest[reading.vital] = (body, reading)
            else:
                is_changed = True
                if runner.told_figures.is_news(entry):
                    self.journal.append(happened(entry))
        if is_changed:
            now = view(runner)
            if now is not None:
                self.changed[runner.session] = now
            if runner.engine.phase not in OPEN_PHASES:
                self.ended.append(runner.session)


class Pending:
    """A batch, what it will show once it is on disk, and who waits for it. `shown`: on disk, or shown although it is not."""

    __slots__ = ("done", "entries", "news", "positions", "seals", "set_aside", "shown")

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.entries: list[Entry] = []
        self.seals: list[Seal] = []
        self.positions: dict[str, Position] = {}  # the newest of each device
        self.set_aside: list[Aside] = []
        self.news = News()
        self.done: asyncio.Future[None] = loop.create_future()
        self.shown: asyncio.Future[None] = loop.create_future()

    @property
    def size(self) -> int:
        return len(self.entries) + len(self.set_aside)

    def batch(self) -> Batch:
        return Batch(entries=self.entries, seals=self.seals, positions=list(self.positions.values()), aside=self.set_aside)


class Recorder:
    """Owned by the event loop. `on_impaired` is called when recording fails and (with None) when it works again. `view`: a session as
    screens are shown it, None where that cannot be said. `on_unshown`: what is on its way to the disk could not be made into news. `took`
    is told how long each commit took, in seconds."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        on_impaired: Callable[[str | None], None],
        view: Callable[[Runner], SessionNow | None],
        on_unshown: Callable[[Runner, Exception], None],
        took: Callable[[float], None],
    ) -> None:
        self._store = store
        self._hub = hub
        self._on_impaired = on_impaired
        self._view = view
        self._on_unshown = on_unshown
        self._took = took
        self.impaired: str | None = None
        self._lost: StoreFailed | None = None  # the store cannot be used again in this process
        self._open: Pending | None = None
        self._sent: Pending | None = None  # on its way to the disk, or waiting to be tried again
        self._waiting = 0
        self._is_turn_planned = False
        self._retry: asyncio.TimerHandle | None = None

    def has_room(self) -> bool:
        return self._waiting < MAX_WAITING

    def need_store(self) -> None:
        """Raises StoreFailed where nothing can be recorded in this process any more."""
        if self._lost is not None:
            raise StoreFailed(self._lost.kind, str(self._lost))

    # --- what comes in ------------------------------------------------------------------------------------------------------------

    def add(self, runner: Runner, made: tuple[list[Entry], list[Seal]]) -> asyncio.Future[None]:
        """Entries of one session, in order. The future is done when they are on disk; it fails (StoreFailed) where they never will be."""
        pending = self._take(made)
        try:
            pending.news.take(runner, made[0], self._view)
        except Exception as error:  # noqa: BLE001 - what is judged goes on record, also where it cannot be put into words
            self._on_unshown(runner, error)
        return pending.done

    def file(self, made: tuple[list[Entry], list[Seal]]) -> asyncio.Future[None]:
        """The same of a session that has ended: no live screen shows it any more."""
        return self._take(made).done

    def _take(self, made: tuple[list[Entry], list[Seal]]) -> Pending:
        entries, seals = made
        pending = self._pending()
        pending.entries.extend(entries)
        pending.seals.extend(seals)
        self._waiting += len(entries)
        return pending

    def move(self, position: Position) -> asyncio.Future[None]:
        """A device's position, on disk together with what it stands for."""
        pending = self._pending()
        pending.positions[position.device] = position
        return pending.done

    def canary(self, position: Position, frame: Canary) -> None:
        """A test alert: goes the way of a real one, on disk as a position alone, to the screens as its frame."""
        pending = self._pending()
        pending.positions[position.device] = position
        pending.news.canaries.append(frame)

    @property
    def waiting(self) -> int:
        """Entries on their way to the disk."""
        return self._waiting

    def set_aside(self, aside: Aside) -> None:
        """Refused input, kept for people to look at. Dropped where there is no room: the caller has counted it."""
        if self.has_room():
            self._pending().set_aside.append(aside)
            self._waiting += 1

    async def settled(self) -> None:
        """Returns when everything added so far is on disk, or shown where recording is impaired."""
        pending = self._open or self._sent
        if pending is not None and self.impaired is None:
            await asyncio.shield(pending.shown)

    async def close(self) -> None:
        """What was added is on disk when it returns, unless recording is impaired; nothing is tried again after it."""
        await self.settled()
        if self._retry is not None:
            self._retry.cancel()

    # --- to the disk --------------------------------------------------------------------------------------------------------------

    def _pending(self) -> Pending:
        """The batch that is being formed: all entries of one turn of the event loop, or of the time the last commit takes."""
        if self._open is None:
            self._open = Pending()
        if not self._is_turn_planned:
            self._is_turn_planned = True
            asyncio.get_running_loop().call_soon(self._turn)
        return self._open

    def _turn(self) -> None:
        self._is_turn_planned = False
        if self.impaired is not None and self._open is not None:
            self._show(self._open)
        if self._lost is not None:
            self._abandon(self._lost)
        elif self._sent is None:
            self._send()

    def _send(self) -> None:
        self._sent, self._open = self._open, None
        if self._sent is not None:
            self._append(self._sent)

    def _append(self, pending: Pending) -> None:
        sent_s = asyncio.get_running_loop().time()
        self._store.append(pending.batch()).add_done_callback(lambda done: self._answered(pending, done, sent_s))

    def _answered(self, pending: Pending, done: asyncio.Future[None], sent_s: float) -> None:
        error = StoreFailed("closed", "the store went away") if done.cancelled() else done.exception()
        if error is not None:
            self._impair(error if isinstance(error, StoreFailed) else StoreFailed("unknown", repr(error)))
            return
        self._took(asyncio.get_running_loop().time() - sent_s)
        self._waiting -= pending.size
        self._show(pending)
        if not pending.done.done():  # whoever cancelled it does not stop the recording of others
            pending.done.set_result(None)
        if self.impaired is not None:
            self.impaired = None
            self._on_impaired(None)
        self._send()

    # --- when the store fails -----------------------------------------------------------------------------------------------------

    def _impair(self, failed: StoreFailed) -> None:
        is_new = self.impaired is None
        self.impaired = f"recording impaired ({failed.kind}): {failed}"
        for pending in (self._sent, self._open):
            if pending is not None:
                self._show(pending)
        if failed.kind in _RETRYABLE:
            self._retry = asyncio.get_running_loop().call_later(RETRY_MS / 1000, self._try_again)
        else:
            self._lost = failed
            self._abandon(failed)
            is_new = True
        if is_new:
            self._on_impaired(self.impaired)

    def _try_again(self) -> None:
        assert self._sent is not None  # it waits here for as long as there is a retry
        self._retry = None
        self._append(self._sent)

    def _abandon(self, failed: StoreFailed) -> None:
        """Nobody waits for what will never be on disk."""
        for pending in (self._sent, self._open):
            if pending is not None:
                self._waiting -= pending.size
                pending.done.set_exception(failed)
                pending.done.exception()  # where nobody listens, nothing is to be complained of
        self._sent = self._open = None

    def _show(self, pending: Pending) -> None:
        """Once each: what was shown while impaired is not shown again at its commit."""
        news, pending.news = pending.news, News()
        if news.values or news.journal or news.canaries:
            self._hub.publish(news.values, tuple(news.changed.values()), tuple(news.ended), tuple(news.journal), None, news.canaries)
        if not pending.shown.done():
            pending.shown.set_result(None)
