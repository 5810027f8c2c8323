"""The law of delivery: whatever is cut, doubled, reordered, refused or lost in a crash, what is stored in the end is what was sent, once.

A device that keeps to the protocol (it keeps each frame until it is acknowledged or refused, and sends again what `welcome` says is
missing) against a line that does what Hypothesis wants, a disk that is slow, fails and is full, and a monitor that crashes.
"""

import asyncio

from hypothesis import event, given
from hypothesis import strategies as st

from monitor.access.roles import Device
from monitor.ingest.device_line import DeviceLine
from monitor.ingest.device_session import DeviceSession
from monitor.ingest.ports import FrameRefused
from monitor.ingest.todo import Join, Keep, Say, Skip, Take, Todo
from schemas.device_wire import Ack, Invalid, MonitorSays, Refused, RefusedReason, Welcome
from schemas.measurement import Mode
from tests.unit.ingest.fake_recorder import FakeRecorder
from tests.unit.ingest.frames import frame, hello, measurement, text

AT = 1_763_800_000_000
NAME = "sim-room-1"
FRAMES = 12


class Monitor:
    """The shell without sockets: carries out what the session wants, in order."""

    def __init__(self, recorder: FakeRecorder) -> None:
        self.recorder = recorder
        self.connect(DeviceLine())

    def connect(self, line: DeviceLine) -> None:
        self.session = DeviceSession(Device(NAME, Mode.SIMULATED, "simulator"), line, max_in_flight=5)
        self.line = line
        self.said: list[MonitorSays] = []
        self._awaited: list[tuple[int, asyncio.Future[tuple[Invalid, ...]] | asyncio.Future[None]]] = []

    def hears(self, raw: str) -> None:
        self._do(self.session.feed(raw, AT))
        self.settle()

    def settle(self) -> None:
        for seq, future in [awaited for awaited in self._awaited if awaited[1].done()]:
            self._awaited.remove((seq, future))
            if future.exception() is not None:
                self._do(self.session.failed(seq))
            else:
                self.session.settled(seq, future.result() or ())
        self.said += self.session.answers()

    def _do(self, todo: list[Todo]) -> None:
        for do in todo:
            match do:
                case Join():
                    self._do(self.session.joined(do.boot, self.recorder.joined(NAME, do.boot, do.intervals), None, AT, 1.0))
                case Take():
                    try:
                        self._awaited.append((do.seq, self.recorder.frame(NAME, "b1", do.seq, do.measurements, AT)))
                    except FrameRefused as refused:
                        self._do(self.session.not_taken(do.seq, refused.reason, refused.detail))
                case Skip():
                    done = self.recorder.skip(NAME, "b1", do.seq)
                    if done is None:
                        self.session.settled(do.seq)
                    else:
                        self._awaited.append((do.seq, done))
                case Say():
                    self.said.append(do.what)
                case Keep():
                    self.recorder.keep_aside(do.aside)


class SendingDevice:
    """Keeps each frame until it is answered for good. `bad`: frames that no monitor takes."""

    def __init__(self, bad: frozenset[int]) -> None:
        self.kept = {seq: text(frame(seq, measurements=[measurement(seq)] if seq not in bad else [])) for seq in range(1, FRAMES + 1)}
        self.refused: dict[int, RefusedReason] = {}

    def hears(self, said: MonitorSays) -> None:
        match said:
            case Welcome(last_seq=last_seq) | Ack(seq=last_seq):
                self.kept = {seq: raw for seq, raw in self.kept.items() if seq > last_seq}
            case Refused(seq=int() as seq, reason=reason) if reason not in {RefusedReason.BUSY, RefusedReason.SEQUENCE_GAP}:
                self.refused[seq] = reason
                self.kept.pop(seq, None)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, FRAMES - 1)),  # the n-th of those kept: any order, any number of times
        st.tuples(st.just("send"), st.just(0)),
        st.tuples(st.just("commit"), st.integers(1, 4)),
        st.tuples(st.sampled_from(["hear", "cut", "crash", "full", "room", "fail", "unbind", "bind"]), st.just(0)),
    ),
    max_size=80,
)


class World:
    """One device, one monitor, the line between them."""

    def __init__(self, bad: frozenset[int], loop: asyncio.AbstractEventLoop) -> None:
        self.recorder = FakeRecorder(loop)
        self.monitor = Monitor(self.recorder)
        self.device = SendingDevice(bad)
        self.reconnect(DeviceLine())

    def reconnect(self, line: DeviceLine) -> None:
        """What was said and not heard is lost with the connection."""
        self.monitor.connect(line)
        self.monitor.hears(hello())
        self.hear()

    def hear(self) -> None:
        for said in self.monitor.said:
            self.device.hears(said)
        self.monitor.said.clear()

    def step(self, what: str, number: int) -> None:
        if what == "send" and self.device.kept:
            self.monitor.hears(list(self.device.kept.values())[number % len(self.device.kept)])
        elif what == "commit":
            self.recorder.commit(number)
        elif what == "hear":
            self.hear()
        elif what == "cut":
            self.reconnect(self.monitor.line)
        elif what == "crash":
            self.recorder.crash()
            self.reconnect(DeviceLine())
        elif what in {"full", "room"}:
            self.recorder.is_busy = what == "full"
        elif what == "fail":
            self.recorder.fail()
        elif what in {"unbind", "bind"}:
            self.recorder.unbound = {NAME} if what == "unbind" else set()
        self.monitor.settle()

    def finish(self) -> None:
        """The line and the disk are well again: the device sends what it still keeps, in order."""
        self.step("room", 0)
        self.step("bind", 0)
        self.step("cut", 0)
        for _ in range(FRAMES + 1):
            self.step("send", 0)
            self.step("commit", FRAMES)
            self.hear()


@given(STEPS, st.frozensets(st.integers(1, FRAMES), max_size=3))
def test_what_is_stored_is_what_was_sent_each_once(steps: list[tuple[str, int]], bad: frozenset[int]) -> None:
    loop = asyncio.new_event_loop()
    try:
        world = World(bad, loop)
        for what, number in steps:
            world.step(what, number)
            on_disk = {seq for _, _, seq in world.recorder.stored}
            gone = set(range(1, FRAMES + 1)) - set(world.device.kept)
            assert gone - set(world.device.refused) - bad <= on_disk | _unbound(world), "acknowledged, but not on disk"
        world.finish()
    finally:
        loop.close()
    assert world.device.kept == {}, "the device was left with frames that the monitor would not take"
    assert world.recorder.doubled == []
    stored = {seq for _, _, seq in world.recorder.stored}
    assert stored == set(range(1, FRAMES + 1)) - bad - _unbound(world)
    assert {seq: found[0].counter for (_, _, seq), found in world.recorder.stored.items()} == {seq: seq for seq in stored}
    event(f"stored {len(stored)}")


def _unbound(world: World) -> set[int]:
    """Frames that came while the device was bound nowhere: the only good ones that are not recorded."""
    return world.recorder.skipped_unbound
