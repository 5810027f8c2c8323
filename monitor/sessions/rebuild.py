"""A session as its log tells it: judged again from the first entry, its chain checked on the way."""

import asyncio

from monitor.core.chain import Chain
from monitor.core.replay import Difference, Replay
from monitor.sessions.calls import Calls
from monitor.sessions.requests import Requests
from monitor.sessions.runner import Runner
from monitor.sessions.told_figures import ToldFigures
from monitor.store.ports import Store
from schemas.log import DeviceBound, DeviceUnbound, Seal

MAX_BINDINGS = 10_000  # bindings and unbindings of a session that are looked at
_SLICE = 200  # entries judged before the event loop gets its turn: about 5 ms


class Broken(Exception):
    """The log does not stand up: a seal does not fit, or it cannot be judged at all."""


async def rebuild(store: Store, session: str) -> tuple[Runner, Difference | None]:
    """The runner of a session and the first difference its replay found. Raises Broken."""
    seals = {seal.last_seq: seal for seal in await store.seals(session)}
    chain = Chain(session)
    judge = Replay()
    calls = Calls()
    requests = Requests()
    figures = ToldFigures()
    first: Difference | None = None
    async for entries in store.entries(session):
        for index, entry in enumerate(entries):
            if entry.seq != chain.seq + 1:
                raise Broken(f"{session}: entry {entry.seq} follows entry {chain.seq}")
            chain.take(entry)
            for difference in judge.feed(entry):
                first = first or difference
            calls.follow(entry)
            requests.take(entry)
            figures.is_news(entry)
            if judge.engine is None:
                raise Broken(f"{session}: the log does not begin with the session's creation and a rule set that can be used")
            seal = seals.get(entry.seq)
            if seal is not None:
                _check(chain, seal)
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
    if judge.engine is None:
        raise Broken(f"{session}: the log is empty")
    return Runner.rebuilt(judge.engine, chain, calls, requests, figures, judge.owed()), first


def _check(chain: Chain, seal: Seal) -> None:
    made = chain.seal(seal.at_ms)
    if made is None or made.digest != seal.digest:
        raise Broken(f"{seal.session}: the seal over entries {seal.first_seq} to {seal.last_seq} does not fit them")


async def bound_devices(store: Store, session: str) -> set[str]:
    """The devices that are bound to a session by its log, which need not stand up to be read for that. Raises StoreFailed."""
    bound: set[str] = set()
    for entry in await store.events(session, kinds=frozenset({"device_bound", "device_unbound"}), limit=MAX_BINDINGS):
        if isinstance(entry.body, DeviceBound):
            bound.add(entry.body.device)
        elif isinstance(entry.body, DeviceUnbound):
            bound.discard(entry.body.device)
    return bound
