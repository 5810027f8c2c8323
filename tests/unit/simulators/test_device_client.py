"""The device's end of the wire against a monitor on loopback: whatever happens to the line, the monitor gets every frame once, in order."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

import pytest

from schemas.device_wire import Frame, Hello, Refused, RefusedReason, RemeasureNow, WireMeasurement
from schemas.measurement import Mode
from schemas.vitals import Vital
from simulators.backoff import backoff_s
from simulators.bedside_monitor import intervals_of, measurement
from simulators.device_client import DeviceClient, DeviceRefused, ingest_url
from simulators.seeds import seeded
from tests.unit.simulators.fake_monitor import TOKEN, FakeMonitor

HELLO = Hello(protocol=1, device="sim-room-1", boot="b1", mode=Mode.SIMULATED, source="a test", intervals=intervals_of({Vital.SPO2: 1.0}))


class FakeTime:
    """Monotonic seconds that pass only in `sleep`, which returns at once."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds
        self.on_sleep()
        await asyncio.sleep(0)


def _client(monitor: FakeMonitor, time: FakeTime, *, token: str = TOKEN, **more: Any) -> DeviceClient:
    return DeviceClient(monitor.url, token, HELLO, monotonic=time.monotonic, sleep=time.sleep, rng=seeded(1, "test"), **more)


def _measurements(count: int) -> list[tuple[WireMeasurement, ...]]:
    return [(measurement(number, 1_760_000_000_000 + number * 1000, {Vital.SPO2: 95}),) for number in range(1, count + 1)]


def _kept(monitor: FakeMonitor) -> list[tuple[WireMeasurement, ...]]:
    return [measurements for _, _, measurements in monitor.kept]


async def _send_all(client: DeviceClient, sent: list[tuple[WireMeasurement, ...]]) -> None:
    async with asyncio.timeout(10), client.running():
        for measurements in sent:
            client.send(measurements)
        await client.drained()
        await client.bye("done")


async def test_every_frame_is_kept_in_order_and_acknowledged(monitor: FakeMonitor):
    client = _client(monitor, FakeTime())
    sent = _measurements(300)
    await _send_all(client, sent)
    assert _kept(monitor) == sent
    assert [seq for _, seq, _ in monitor.kept] == list(range(1, 301))
    assert client.counts.acked == client.counts.put == 300
    assert (client.backlog, client.counts.dropped, client.counts.refused) == (0, 0, {})
    await monitor.wait_for(lambda: monitor.byes == ["done"])


@pytest.mark.parametrize("cuts", [[1], [37], [10, 11, 12], [5, 60, 61, 140]])
async def test_cut_line_loses_nothing_and_doubles_nothing(monitor: FakeMonitor, cuts: list[int]):
    monitor.cuts = list(cuts)
    client = _client(monitor, FakeTime())
    sent = _measurements(200)
    await _send_all(client, sent)
    assert _kept(monitor) == sent
    assert [seq for _, seq, _ in monitor.kept] == list(range(1, 201))
    assert client.connections == len(cuts) + 1
    assert client.counts.acked == 200
    assert client.counts.resent >= len(cuts)
    assert {hello.boot for hello in monitor.hellos} == {"b1"}


async def test_frames_kept_by_the_monitor_but_not_acknowledged_are_not_sent_again(monitor: FakeMonitor):
    """The monitor died between its commit and its ack: welcome.last_seq says so."""
    monitor._positions["b1"] = 3
    client = _client(monitor, FakeTime())
    client._outbox.put(_measurements(1)[0])
    for _ in range(4):
        client._outbox.put(_measurements(1)[0])
    for _ in range(5):
        client._outbox.next(window=8)
    async with asyncio.timeout(10), client.running():
        await client.drained()
    assert monitor.received == [4, 5]


async def test_no_more_than_the_window_is_in_flight(monitor: FakeMonitor):
    monitor.max_in_flight = 4
    client = _client(monitor, FakeTime())
    most = 0
    real = client._outbox.next

    def watched(window: int) -> Frame | None:
        nonlocal most
        frame = real(window)
        most = max(most, client._outbox.unanswered)
        return frame

    client._outbox.next = watched  # type: ignore[method-assign]
    await _send_all(client, _measurements(50))
    assert most == 4


async def test_busy_keeps_the_frame_and_sends_it_again_later(monitor: FakeMonitor):
    monitor.refusals = {10: [RefusedReason.BUSY, RefusedReason.BUSY]}
    time = FakeTime()
    client = _client(monitor, time)
    sent = _measurements(40)
    await _send_all(client, sent)
    assert _kept(monitor) == sent
    assert client.counts.refused["busy"] == 2
    assert client.connections == 1
    assert min(time.slept) >= 0.15


async def test_frames_lost_behind_a_busy_one_are_sent_again_though_nobody_answers_them(monitor: FakeMonitor):
    """A failing disk gives one answer, for the first of the frames that it took along."""
    monitor.losses = {10: 14}
    client = _client(monitor, FakeTime())
    sent = _measurements(40)
    await _send_all(client, sent)
    assert _kept(monitor) == sent
    assert client.counts.refused["busy"] >= 1
    assert client.connections == 1


@pytest.mark.parametrize(("code", "reason"), [(4401, "token_ended"), (4403, "not_yours"), (4409, "replaced")])
async def test_a_connection_closed_for_good_is_not_made_again(monitor: FakeMonitor, code: int, reason: str):
    monitor.closes = [(3, code)]
    client = _client(monitor, FakeTime())
    for measurements in _measurements(5):
        client.send(measurements)
    await _expect_refused(client, reason, until=client.drained)
    assert len(monitor.hellos) == 1


@pytest.mark.parametrize("code", [1001, 1012, 4400, 4410])
async def test_any_other_close_is_only_an_interruption(monitor: FakeMonitor, code: int):
    monitor.closes = [(3, code)]
    client = _client(monitor, FakeTime())
    sent = _measurements(20)
    await _send_all(client, sent)
    assert _kept(monitor) == sent
    assert client.connections == 2


@pytest.mark.parametrize("reason", [RefusedReason.DEVICE_UNBOUND, RefusedReason.MALFORMED, RefusedReason.TIME_NOT_UTC])
async def test_a_refused_frame_is_counted_and_never_sent_again(monitor: FakeMonitor, reason: RefusedReason):
    monitor.refusals = {5: [reason], 6: [reason]}
    client = _client(monitor, FakeTime())
    sent = _measurements(20)
    await _send_all(client, sent)
    assert _kept(monitor) == sent[:4] + sent[6:]
    assert client.counts.refused == {reason: 2}
    assert monitor.received.count(5) == 1


async def test_a_gap_that_cannot_be_filled_starts_a_new_boot(monitor: FakeMonitor):
    """A monitor that forgets refused frames misses their numbers for ever: the device counts from 1 again under another boot."""
    monitor.forgets_refused = True
    monitor.refusals = {5: [RefusedReason.DEVICE_UNBOUND]}
    client = _client(monitor, FakeTime())
    sent = _measurements(20)
    await _send_all(client, sent)
    assert _kept(monitor) == sent[:4] + sent[5:]
    assert [(boot, seq) for boot, seq, _ in monitor.kept[4:6]] == [("b1.2", 1), ("b1.2", 2)]


async def test_a_full_outbox_drops_the_oldest_unsent_frame_and_says_so(monitor: FakeMonitor):
    said: list[str] = []
    client = _client(monitor, FakeTime(), bound=50, say=said.append)
    sent = _measurements(120)
    await _send_all(client, sent)  # all are put in before the first connection is made
    assert _kept(monitor) == sent[70:]
    assert client.counts.dropped == 70
    assert [seq for _, seq, _ in monitor.kept] == list(range(1, 51))
    assert any("outbox full" in line for line in said)


async def test_cut_line_keeps_measuring_and_sends_what_was_kept(monitor: FakeMonitor):
    client = _client(monitor, FakeTime())
    sent = _measurements(30)
    async with asyncio.timeout(10), client.running():
        for measurements in sent[:10]:
            client.send(measurements)
        await client.drained()
        client.cut()
        for measurements in sent[10:]:
            client.send(measurements)
        await monitor.wait_for(lambda: not monitor._sockets)
        assert len(monitor.kept) == 10
        client.restore()
        await client.drained()
    assert _kept(monitor) == sent
    assert client.connections == 2


async def _expect_refused(client: DeviceClient, reason: str, until: Callable[[], Awaitable[None]] | None = None) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(10), client.running():
            await (until or client.welcomed)()
    refused = caught.value.split(DeviceRefused)[0]
    assert refused is not None
    leaf: BaseException = refused
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, DeviceRefused)
    assert leaf.reason == reason


async def test_unknown_token_ends_it(monitor: FakeMonitor):
    await _expect_refused(_client(monitor, FakeTime(), token="wrong"), "not_authorised")


@pytest.mark.parametrize("reason", [RefusedReason.WRONG_MODE, RefusedReason.UNKNOWN_DEVICE, RefusedReason.PROTOCOL])
async def test_a_device_that_is_not_wanted_gives_up(monitor: FakeMonitor, reason: RefusedReason):
    monitor.answers_to_hello = lambda _: Refused(None, reason, "mode", "no")
    await _expect_refused(_client(monitor, FakeTime()), reason)


async def test_monitor_that_is_not_there_is_tried_for_ever(monitor: FakeMonitor):
    time = FakeTime()
    monitor_url, monitor.url = monitor.url, "http://127.0.0.1:9"  # the discard port: nobody listens
    client = _client(monitor, time)
    client.send(_measurements(1)[0])

    def comes_back_after_30() -> None:
        if len(time.slept) >= 30:
            client._url = ingest_url(monitor_url)

    time.on_sleep = comes_back_after_30
    async with asyncio.timeout(10), client.running():
        await client.drained()
    assert len(monitor.kept) == 1
    assert 3.75 <= max(time.slept) <= 5.0
    assert time.slept[0] <= 0.2


async def test_clock_follows_the_monitor_and_its_speed(monitor: FakeMonitor):
    monitor.clock_speed = 60.0
    time = FakeTime()
    client = _client(monitor, time)
    async with asyncio.timeout(10), client.running():
        await client.welcomed()
        assert client.clock.now_ms() == monitor.now_ms
        time.now_s += 2.5
        assert client.clock.now_ms() == monitor.now_ms + 150_000
        before = len(time.slept)
        await client.clock.sleep_until(monitor.now_ms + 210_000)
        assert sum(time.slept[before:]) == pytest.approx(1.0, abs=0.01)


async def test_every_frame_says_when_it_went_out_by_the_clock_that_stamped_it(monitor: FakeMonitor):
    """Stamped when it goes out, anew when it is sent again, and by a wrong clock as wrongly as its values."""
    monitor.cuts = [1]
    time = FakeTime()
    client = _client(monitor, time)
    async with asyncio.timeout(10), client.running():
        await client.welcomed()
        client.send(_measurements(1)[0])
        await client.drained()
        first_ms, again_ms = monitor.sent_at_ms
        assert first_ms == monitor.now_ms
        assert again_ms is not None
        client.clock_off_ms = 3_600_000
        time.now_s += 60
        client.send(_measurements(1)[0])
        await client.drained()
        late_ms = monitor.sent_at_ms[-1]
        assert late_ms is not None
        assert late_ms - again_ms == pytest.approx(3_660_000, abs=2)


async def test_clock_is_never_set_back(monitor: FakeMonitor):
    monitor.cuts = [1]
    time = FakeTime()
    client = _client(monitor, time)
    async with asyncio.timeout(10), client.running():
        await client.welcomed()
        time.now_s += 100
        before_ms = client.clock.now_ms()
        client.send(_measurements(1)[0])
        await client.drained()  # cut and welcomed again, with the first welcome's time
        assert client.connections == 2
        assert client.clock.now_ms() >= before_ms


async def test_remeasure_reaches_the_device(monitor: FakeMonitor):
    asked: asyncio.Queue[RemeasureNow] = asyncio.Queue()
    client = _client(monitor, FakeTime())
    client.on_remeasure = asked.put_nowait
    async with asyncio.timeout(10), client.running():
        await client.welcomed()
        await monitor.remeasure(RemeasureNow(vital=Vital.SYSTOLIC_BP, within_s=120.0))
        assert (await asked.get()).vital is Vital.SYSTOLIC_BP


def test_backoff_doubles_to_its_bound_with_jitter_from_the_seed():
    first, second = (list(islice(backoff_s(seeded(3, "x")), 12)) for _ in range(2))
    assert first == second
    assert all(0.15 <= wait <= 5.0 for wait in first)
    assert first[0] <= 0.2 < first[2] < first[4]
    assert len(set(first[-4:])) == 4


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:8050", "ws://127.0.0.1:8050/ingest/ws"),
        ("https://ward.example/", "wss://ward.example/ingest/ws"),
        ("ws://127.0.0.1:8050/ingest/ws", "ws://127.0.0.1:8050/ingest/ws"),
    ],
)
def test_address_of_the_ingest_socket(given: str, used: str):
    assert ingest_url(given) == used
