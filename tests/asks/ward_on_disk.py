"""A ward whose record is a real file, and the five states in which a kill may find an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.clock import ManualClock
from monitor.core.chain import Chain
from monitor.core.replay import Replay, is_output
from monitor.sessions import registry as registry_module
from monitor.sessions.calls import Calls
from monitor.sessions.requests import Requests
from monitor.sessions.runner import Runner
from monitor.sessions.told_figures import ToldFigures
from monitor.store.ports import Store
from schemas.alert import Alert, AlertState
from schemas.log import Body, Entry
from tests.asks.people import pause, say_for
from tests.support.channels import FakeChannel
from tests.unit.core.bedside import CALM
from tests.unit.sessions.ward import Ward
from tests.unit.store.files import copied, opened, read


class WardOnDisk(Ward):
    """`restart` leaves the old process without a word, as a kill does, and starts another one on a copy of what was in the files then."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, channels: Sequence[FakeChannel] = ()) -> None:
        self.folder = folder
        self.disk = opened(folder)
        super().__init__(self.disk, clock, channels)

    async def restart(self, down_s: float = 0) -> "WardOnDisk":
        left = copied(self.folder, self.folder.with_name(f"{self.folder.name}-again"))
        await self.end()
        self.clock.advance(round(down_s * 1000))
        again = WardOnDisk(left, self.clock, self.channels)
        again.seqs, again.counters = dict(self.seqs), dict(self.counters)
        await again.start()
        return again

    async def end(self) -> None:
        await self.die()
        await self.disk.close()

    async def record(self, session: str) -> list[Entry]:
        await self.registry.settled()
        return await read(self.disk, session)

    def alerts(self, session: str) -> dict[str, Alert]:
        return {alert.id: alert for alert in self.registry.view(session).alerts}


@dataclass(frozen=True)
class Case:
    """`alert` is in `state`, `said` is what the device goes on to say, `cleared` what would move it on."""

    name: str
    alert: str
    state: AlertState
    said: dict[str, float]
    cleared: dict[str, float]


HYPOXIC = {**CALM, "spo2": 79.0}
FAST = {**CALM, "hr": 140.0}
CASES = {
    case.name: case
    for case in (
        Case("pending", "HR-H1.1", AlertState.PENDING, FAST, CALM),
        Case("active", "OX-H1.1", AlertState.ACTIVE, HYPOXIC, CALM),
        Case("acknowledged", "OX-H1.1", AlertState.ACKNOWLEDGED, HYPOXIC, CALM),
        Case("latched", "OX-H1.1", AlertState.LATCHED, CALM, HYPOXIC),
        Case("paused", "OX-H1.1", AlertState.ACTIVE, HYPOXIC, CALM),
    )
}


async def reach(ward: Ward, case: Case) -> str:
    """A session whose alert is there, by what its device says and a person does."""
    session = await ward.infusing()
    await say_for(ward, 12, CALM)
    await say_for(ward, 4, FAST if case.name == "pending" else HYPOXIC)
    if case.name == "acknowledged":
        await ward.acknowledge(session, case.alert)
    elif case.name == "paused":
        await say_for(ward, 64, HYPOXIC)  # until no more alerts come of it: a new one would break the pause
        await pause(ward, session)
    elif case.name == "latched":
        await say_for(ward, 12, CALM)
    await ward.registry.settled()
    found = {alert.id: alert.state for alert in ward.registry.view(session).alerts}
    assert found.get(case.alert) is case.state, found
    return session


async def started(folder: Path, *channels: FakeChannel) -> WardOnDisk:
    ward = WardOnDisk(folder / "data", channels=channels)
    await ward.start()
    return ward


def forget(monkeypatch: pytest.MonkeyPatch, *kinds: type[Body]) -> None:
    """The protection off: a rebuilt session does not know of these inputs, as one whose memory they were kept in alone."""

    async def forgetful(store: Store, session: str) -> tuple[Runner, None]:
        judge, chain = Replay(), Chain(session)
        async for entries in store.entries(session):
            for entry in entries:
                chain.take(entry)
                if not isinstance(entry.body, kinds) and not is_output(entry.body):
                    list(judge.feed(entry))
        assert judge.engine is not None
        return Runner.rebuilt(judge.engine, chain, Calls(), Requests(), ToldFigures()), None

    monkeypatch.setattr(registry_module, "rebuild", forgetful)
