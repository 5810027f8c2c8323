"""A gateway's device and a real monitor in one event loop: through cuts of 0.5 s to 30 min, on record is what was kept, each once."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count, pairwise
from pathlib import Path

import msgspec
import pytest

from monitor.gateway.spooling import Spooling
from monitor.gateway.uplink import REJECTED_TIMES, Dial, Lost, Socket, Uplink
from monitor.store.ports import StoreFailed
from monitor.store.spool import Announced, Kept, Spool
from schemas.announcement import DeviceAnnounced, Turn
from schemas.device_wire import PROTOCOL, Hello, RefusedReason, WireAnnouncement, WireFact, WireReading
from schemas.instant import from_ms
from schemas.log import Measured
from schemas.measurement import Mode, Reason
from schemas.vitals import Unit, Vital
from tests.unit.api.asgi_socket import turns
from tests.unit.api.house import House, house
from tests.unit.gateway.monitor_here import Inline, MonitorHere, waits

NAME = "oxi-1"
LATE_AFTER_MS = 10_000
TURNS = 4_000


def announced_waiting(spool: Spool) -> int:
    [(number,)] = spool._rows("SELECT count(*) FROM announced WHERE device = ?", NAME)
    return int(number)


class Bedside:
    """One device that is kept once a second, its uplink, and the monitor it speaks to."""

    def __init__(self, house: House, folder: Path, bound: int = 100_000) -> None:
        self.house = house
        self.monitor = MonitorHere(house, NAME)
        self.told: list[str] = []
        self.kept = 0
        self.announced: list[tuple[str, int]] = []
        self._folder = folder
        self._bound = bound

    async def start(self, dial: Dial | None = None, waits: Callable[[], Iterator[float]] = waits) -> None:
        self.spooling = Spooling(self._folder / "spool", self._bound, Inline())
        hello = Hello(PROTOCOL, NAME, f"boot{self.kept}", Mode.SIMULATED, "gateway")
        self.uplink = Uplink(hello, self.spooling, dial or self.monitor.dial, self.house.clock, waits, self.told.append)
        await self.uplink.enrol()
        self.running = asyncio.ensure_future(self.uplink.run())

    async def kill(self) -> None:
        """What is in memory is gone; a thread of the spool would have finished the transaction it is in."""
        self.running.cancel()
        await asyncio.wait({self.running})
        self.spooling.close()

    async def say(self, seconds: int = 1) -> None:
        """So many measurements, the last of them now; on disk when it returns."""
        now_ms = self.house.clock.now_ms()
        rows = [
            Kept(NAME, at_ms, at_ms, (WireReading(Vital.SPO2, float(self.value(number)), Unit.PERCENT),))
            for number, at_ms in zip(count(self.kept + 1), range(now_ms - 1_000 * (seconds - 1), now_ms + 1, 1_000), strict=False)
        ]
        said = WireAnnouncement(from_ms(now_ms), (WireFact(f"alarm {self.kept}", turn=Turn.START),))
        await self.spooling.do(lambda spool: spool.keep(rows, (), [Announced(NAME, said)]))
        self.announced.append((f"alarm {self.kept}", now_ms))
        self.kept += seconds
        self.uplink.wake()

    @staticmethod
    def value(number: int) -> int:
        return 95 + number % 5

    async def pass_time(self, ms: int) -> None:
        """Kept second by second while a line is up; a long silence of the line in steps, for what is kept is the same."""
        while ms > 0:
            step = min(ms, 1_000 if self.monitor.is_up else 10_000)
            self.house.clock.advance(step)
            if step >= 1_000:
                await self.say(step // 1_000)
            await turns(60)
            ms -= step

    async def drained(self) -> None:
        for _ in range(TURNS):
            if not self.spooling.waiting(NAME) and not await self.spooling.do(announced_waiting):
                return
            self.house.clock.advance(10)
            await turns(20)
        raise AssertionError(f"{self.spooling.waiting(NAME)} measurements wait for ever; told: {self.told}")


@asynccontextmanager
async def bedside(folder: Path, bound: int = 100_000) -> AsyncIterator[tuple[Bedside, str]]:
    async with house(folder) as built:
        session, _ = await built.bound(NAME)
        made = Bedside(built, folder, bound)
        await made.start()
        try:
            await made.say()
            await made.drained()
            yield made, session
        finally:
            await made.kill()


async def judge_announced(at: Bedside, session: str) -> None:
    """The same for what the device said beside its vital signs: each once, in its order, with when it was said."""
    bodies = await at.monitor.logged(session, DeviceAnnounced)
    assert [one.facts[0].name for one in bodies] == [name for name, _ in at.announced]
    for one, (_, said_ms) in zip(bodies, at.announced, strict=True):
        assert abs(one.said_at_ms - said_ms) <= 2_000, "more than a frame is under way"


def judge(recorded: list[Measured], kept: int) -> None:
    """The law: each once, and nothing from the past as if it were now."""
    assert sorted(one.counter for one in recorded) == list(range(1, kept + 1))
    assert all(one.readings[0].value_milli == 1_000 * Bedside.value(one.counter) for one in recorded)
    for one in recorded:
        if one.received_at_ms - one.measured_at_ms > LATE_AFTER_MS:
            assert one.readings[0].reason is Reason.LATE, one


@pytest.mark.parametrize("cut_ms", [500, 1_500, 3_000, 11_000, 60_000, 300_000, 1_800_000])
async def test_a_cut_line_loses_nothing_doubles_nothing_and_passes_nothing_off_as_now(tmp_path: Path, cut_ms: int) -> None:
    async with bedside(tmp_path) as (at, session):
        await at.pass_time(5_000)
        at.monitor.cut()
        await at.pass_time(cut_ms)
        before = len(await at.monitor.recorded(session))
        at.monitor.mend()
        await at.pass_time(3_000)
        await at.drained()
        recorded = await at.monitor.recorded(session)
        judge(recorded, at.kept)
        await judge_announced(at, session)
        if cut_ms > LATE_AFTER_MS:
            first = next(one for one in recorded[before:] if one.readings[0].reason is Reason.NONE)
            assert first.received_at_ms - first.measured_at_ms <= LATE_AFTER_MS // 2
            waited = [one for one in recorded if one.readings[0].reason is Reason.LATE]
            assert len(waited) >= cut_ms // 1_000 - 5


@pytest.mark.parametrize("seed", range(3))
async def test_cuts_and_kills_at_any_moment(tmp_path: Path, seed: int) -> None:
    """Between the keeping, the sending, the monitor's disk and the acknowledgement; the gateway is killed as well as the line."""
    rng = random.Random(seed)
    async with bedside(tmp_path) as (at, session):
        for _ in range(15):
            at.house.clock.advance(1_000)
            await at.say()
            await turns(rng.randrange(25))
            if rng.random() < 0.4:
                at.monitor.cut()
                if rng.random() < 0.4:
                    await at.kill()
                    await at.start()
                    await turns(rng.randrange(10))
                await at.pass_time(rng.choice([500, 2_000, 40_000]))
                at.monitor.mend()
                at.house.clock.advance(rng.randrange(300))
                await turns(rng.randrange(60))
        await at.pass_time(1_000)
        await at.drained()
        judge(await at.monitor.recorded(session), at.kept)
        await judge_announced(at, session)


async def test_a_spool_too_small_for_the_cut_gives_up_the_oldest_and_tells_how_many(tmp_path: Path) -> None:
    """Half an hour and room for ten minutes: at first one or two a minute, then every second; the counters show what is missing."""
    async with bedside(tmp_path, bound=600) as (at, session):
        at.monitor.cut()
        await at.pass_time(1_800_000)
        assert at.spooling.waiting(NAME) <= 600
        at.monitor.mend()
        await at.pass_time(2_000)
        await at.drained()
        recorded = await at.monitor.recorded(session)
        tally = await at.spooling.do(lambda spool: spool.tally())
        counters = sorted(one.counter for one in recorded)
        assert len(counters) == len(set(counters)) == tally[NAME, "stored"] == at.kept - tally[NAME, "thinned"] - tally[NAME, "dropped"]
        assert counters[-500:] == list(range(at.kept - 499, at.kept + 1))
        assert 1_000 // 60 <= sum(counter < 1_000 for counter in counters) <= 40
        assert all(later - one <= 60 for one, later in pairwise(counters))
        assert not [
            one for one in recorded if one.received_at_ms - one.measured_at_ms > LATE_AFTER_MS and one.readings[0].reason is not Reason.LATE
        ]


async def test_a_gateway_started_while_the_monitor_is_away_shows_nothing_old_as_now(tmp_path: Path) -> None:
    """The device was bound and never heard: whatever comes first sets what delay is usual."""
    async with house(tmp_path) as built:
        session, _ = await built.bound(NAME)
        at = Bedside(built, tmp_path)
        await at.start()
        at.monitor.cut()
        await at.pass_time(600_000)
        at.monitor.mend()
        at.house.clock.advance(7_000)
        await turns(200)
        assert await at.monitor.recorded(session) == [], "what there is, is old"
        await at.say()
        await at.drained()
        judge(await at.monitor.recorded(session), at.kept)
        await at.kill()


# --- controls: the same law, told by what it must not be blind to ------------------------------------------------------------------------


def _oldest_first(spool: Spool, device: str, after_seq: int, now_ms: int) -> object:
    """In the order of keeping, as a plain queue would."""
    spool._connection.execute("UPDATE device SET newest = 1 << 60 WHERE name = ?", (device,))
    return _NEXT(spool, device, after_seq, now_ms)


def _forgets_numbers(spool: Spool, device: str, after_seq: int, now_ms: int) -> object:
    """Numbers what was sent and not acknowledged anew."""
    spool._connection.execute("UPDATE measurement SET seq = NULL WHERE device = ?", (device,))
    return _NEXT(spool, device, after_seq, now_ms)


def _keeps_for_itself(spool: Spool, device: str, after_seq: int, now_ms: int) -> object:
    """Forgets a frame as soon as it is sent."""
    found = _NEXT(spool, device, after_seq, now_ms)
    spool._connection.execute("DELETE FROM measurement WHERE device = ? AND seq IS NOT NULL", (device,))
    return found


_NEXT = Spool.next


@pytest.mark.parametrize("wrong", [_forgets_numbers, _keeps_for_itself])
async def test_control_a_spool_that_is_wrong_breaks_the_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., object]
) -> None:
    monkeypatch.setattr(Spool, "next", wrong)
    with pytest.raises(AssertionError):
        await test_cuts_and_kills_at_any_moment(tmp_path, 1)


async def test_control_a_boot_that_ended_would_keep_its_gateway_out_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spool, "ended", lambda *_: None)
    with pytest.raises(AssertionError, match="wait for ever"):
        await test_who_was_thrown_out_by_another_program_stays_out_and_loses_nothing_by_a_new_start(tmp_path)


async def test_control_the_past_sent_first_would_be_shown_as_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spool, "next", _oldest_first)
    with pytest.raises(AssertionError):
        await test_a_gateway_started_while_the_monitor_is_away_shows_nothing_old_as_now(tmp_path)


# --- right patient -----------------------------------------------------------------------------------------------------------------------


async def test_what_waited_since_before_the_binding_is_no_other_patients(tmp_path: Path) -> None:
    async with bedside(tmp_path) as (at, first):
        at.monitor.cut()
        await at.pass_time(60_000)
        theirs = at.kept
        at.house.clock.advance(500)
        await at.house.delete(f"/api/v1/sessions/{first}/bindings/{NAME}")
        second = await at.house.session(room="Room 9")
        await at.house.post(f"/api/v1/sessions/{second}/bindings", {"device": NAME})
        at.house.clock.advance(500)
        await at.pass_time(60_000)
        at.monitor.mend()
        await at.pass_time(2_000)
        await at.drained()
        recorded = await at.monitor.recorded(second)
        assert sorted(one.counter for one in recorded) == list(range(theirs + 1, at.kept + 1))
        for one in recorded:
            if one.received_at_ms - one.measured_at_ms > LATE_AFTER_MS:
                assert one.readings[0].reason is Reason.LATE
        assert len(await at.monitor.recorded(first)) == 1


# --- answers that are no acknowledgement -----------------------------------------------------------------------------------------------


async def test_what_the_monitor_will_never_take_is_dropped_counted_and_told(tmp_path: Path) -> None:
    async with bedside(tmp_path) as (at, session):
        await at.house.delete(f"/api/v1/sessions/{session}/bindings/{NAME}")
        await at.pass_time(3_000)
        await at.drained()
        tally = await at.spooling.do(lambda spool: spool.tally())
        assert tally[NAME, f"refused_{RefusedReason.DEVICE_UNBOUND}"] == 3
        assert sum("device_unbound" in line for line in at.told) == 1


async def test_a_monitor_that_forgot_what_it_had_gets_the_rest_under_a_new_boot(tmp_path: Path) -> None:
    """Restored from a backup: its last number is one that this spool has let go."""
    async with bedside(tmp_path) as (at, session):
        await at.pass_time(3_000)
        at.monitor.cut()
        position = at.house.registry.device_position(NAME)
        assert position is not None
        position.accepted = position.durable = 1
        await at.pass_time(3_000)
        at.monitor.mend()
        await at.pass_time(2_000)
        await at.drained()
        judge(await at.monitor.recorded(session), at.kept)
        assert any("counting anew" in line for line in at.told)


async def test_who_was_thrown_out_by_another_program_stays_out_and_loses_nothing_by_a_new_start(tmp_path: Path) -> None:
    """Two gateways with one name and one token: the later one counts. Taking turns would mix two patients in one session."""
    async with bedside(tmp_path) as (at, session):
        async with at.monitor.dial() as other:
            await other.send(msgspec.json.encode(Hello(PROTOCOL, NAME, "another", Mode.SIMULATED, "gateway")))
            await other.receive()
            await at.pass_time(10_000)
            assert "another program spoke as this device" in at.told[-1]
        await at.pass_time(10_000)
        assert at.spooling.waiting(NAME) == 20, "it is not taken while nobody looks, though the other one is gone"
        await at.kill()
        await at.start()
        await at.pass_time(2_000)
        await at.drained()
        judge(await at.monitor.recorded(session), at.kept)


async def test_a_disk_that_is_full_for_a_while_is_got_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bedside(tmp_path) as (at, session):
        with monkeypatch.context() as full:
            full.setattr(Spool, "settled", _full)
            await at.pass_time(3_000)
        await at.pass_time(2_000)
        await at.drained()
        judge(await at.monitor.recorded(session), at.kept)
        assert any("no room" in line for line in at.told)


def _full(*_: object) -> None:
    raise StoreFailed("full", "no room")


async def test_a_monitor_that_welcomes_and_drops_is_not_hammered(tmp_path: Path) -> None:
    """The waits grow until something was acknowledged, however often it says welcome: a whole ward may be coming back at once."""
    async with bedside(tmp_path) as (at, _):
        await at.kill()
        at.monitor.attempts.clear()

        @asynccontextmanager
        async def welcoming() -> AsyncIterator[Socket]:
            async with at.monitor.dial() as socket:
                yield _DropsAfterItsWelcome(socket)

        await at.start(welcoming, lambda: (0.2 * 2**turn for turn in count()))
        for _ in range(630):
            at.house.clock.advance(10)
            await turns()
        first, *others = at.monitor.attempts
        assert [at_ms - first for at_ms in others] == pytest.approx([200, 600, 1_400, 3_000, 6_200], abs=100)


class _DropsAfterItsWelcome:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._was_heard = False

    async def send(self, text: bytes) -> None:
        await self._socket.send(text)

    async def receive(self) -> bytes | str:
        if self._was_heard:
            raise Lost("it fell over")
        self._was_heard = True
        return await self._socket.receive()


async def test_attempts_grow_apart_and_a_rejected_device_asks_seldom(tmp_path: Path) -> None:
    async with bedside(tmp_path) as (at, _):
        at.monitor.attempts.clear()
        at.monitor.cut()
        for _ in range(100):
            at.house.clock.advance(100)
            await turns()
        often = len(at.monitor.attempts)
        at.monitor.rejects = "not_authorised"
        at.monitor.attempts.clear()
        for _ in range(100):
            at.house.clock.advance(100)
            await turns()
        assert 40 <= often <= 51, "each 0.2 s, as the injected waits say"
        assert len(at.monitor.attempts) <= often // REJECTED_TIMES + 1
        assert sum("takes nothing" in line for line in at.told) == 1
