"""The outbox against a monitor of five lines, under every mix of cuts, busy disks, refusals and dropped frames that Hypothesis finds."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from schemas.device_wire import Frame, RefusedReason, WireMeasurement
from schemas.vitals import Vital
from simulators.bedside_monitor import measurement
from simulators.outbox import Outbox, Verdict

WINDOW = 4
ACTIONS = st.lists(
    st.sampled_from(
        ["put", "put", "put", "send", "send", "send", "arrive", "arrive", "answer", "answer", "cut", "busy", "refuse", "rewind"]
    ),
    max_size=120,
)


def _frame(number: int) -> tuple[WireMeasurement, ...]:
    return (measurement(number, number * 1000, {Vital.SPO2: 97}),)


class Line:
    """A monitor and the two directions of a line to it. `kept` is its disk; a refused frame counts as taken, as the protocol says."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.kept: list[int] = []
        self.refused: list[int] = []
        self.position = 0
        self.sent: deque[Frame] = deque()
        self.answers: deque[tuple[int, RefusedReason | None]] = deque()
        self.fails_with: RefusedReason | None = None
        self.holds = False

    def send(self) -> None:
        frame = self.outbox.next(WINDOW)
        if frame is not None:
            self.sent.append(frame)

    def arrive(self) -> None:
        if not self.sent:
            return
        frame = self.sent.popleft()
        if frame.seq <= self.position:
            self.answers.append((self.position, None))
        elif frame.seq > self.position + 1:
            self.answers.append((frame.seq, RefusedReason.BUSY if self.holds else RefusedReason.SEQUENCE_GAP))
        elif self.fails_with is RefusedReason.BUSY:
            self.answers.append((frame.seq, self.fails_with))
            self.holds, self.fails_with = True, None
        else:
            self.position = frame.seq
            number = frame.measurements[0].counter
            (self.kept if self.fails_with is None else self.refused).append(number)
            self.answers.append((frame.seq, self.fails_with))
            self.holds, self.fails_with = False, None

    def answer(self) -> None:
        if not self.answers:
            return
        seq, reason = self.answers.popleft()
        if reason is None:
            self.outbox.acked(seq)
        else:
            assert self.outbox.refused(seq, reason) in (Verdict.DROPPED, Verdict.AGAIN)

    def cut(self) -> None:
        """What was under way is lost in both directions; the welcome says what is on disk."""
        self.sent.clear()
        self.answers.clear()
        self.holds = False
        self.outbox.opened(self.position)

    def settle(self) -> None:
        self.fails_with = None
        for _ in range(1000):
            if not len(self.outbox):
                return
            if self.outbox.is_held:
                self.outbox.rewind()
            self.send()
            self.arrive()
            self.answer()


def _play(actions: list[str], outbox: Outbox) -> tuple[Line, int]:
    line, put = Line(outbox), 0
    for action in actions:
        match action:
            case "put":
                put += 1
                outbox.put(_frame(put))
            case "send":
                line.send()
            case "arrive":
                line.arrive()
            case "answer":
                line.answer()
            case "cut":
                line.cut()
            case "busy":
                line.fails_with = RefusedReason.BUSY
            case "refuse":
                line.fails_with = RefusedReason.DEVICE_UNBOUND
            case "rewind" if outbox.is_held:
                outbox.rewind()
        assert outbox.unanswered <= WINDOW
    line.settle()
    return line, put


@given(ACTIONS)
def test_every_frame_is_kept_or_refused_once_and_in_order(actions: list[str]):
    outbox = Outbox(bound=1000)
    line, put = _play(actions, outbox)
    assert sorted(line.kept + line.refused) == list(range(1, put + 1))
    assert line.kept == sorted(line.kept)
    assert len(outbox) == 0


@given(ACTIONS, st.integers(1, 6))
def test_a_full_outbox_drops_and_counts_and_leaves_no_gap(actions: list[str], bound: int):
    outbox = Outbox(bound=bound)
    line, put = _play(actions, outbox)
    assert line.kept == sorted(set(line.kept))
    assert len(line.kept) + len(line.refused) + outbox.counts.dropped == put
    assert line.position == len(line.kept) + len(line.refused)


def test_the_oldest_unsent_frame_is_the_one_that_is_dropped():
    outbox = Outbox(bound=3)
    for number in (1, 2, 3):
        assert outbox.put(_frame(number))
    first = outbox.next(window=1)
    assert first is not None
    assert not outbox.put(_frame(4))
    assert outbox.counts.dropped == 1
    outbox.acked(first.seq)
    second = outbox.next(window=1)
    assert second is not None
    assert (second.seq, second.measurements) == (2, _frame(3))


def test_refusals_are_counted_by_reason():
    outbox = Outbox()
    outbox.put(_frame(1))
    outbox.next(window=1)
    assert outbox.refused(1, RefusedReason.DEVICE_UNBOUND) is Verdict.DROPPED
    assert outbox.counts.refused == {"device_unbound": 1}
    assert len(outbox) == 0


def test_a_gap_before_the_oldest_frame_needs_a_new_boot():
    outbox = Outbox()
    outbox.put(_frame(1))
    outbox.put(_frame(2))
    outbox.next(window=2)
    outbox.next(window=2)
    assert outbox.refused(1, RefusedReason.SEQUENCE_GAP) is Verdict.NEW_BOOT
    outbox.start_over()
    again = outbox.next(window=1)
    assert again is not None
    assert (again.seq, again.measurements) == (1, _frame(1))


def test_refusals_of_the_device_itself_give_up():
    for reason in (RefusedReason.WRONG_MODE, RefusedReason.UNKNOWN_DEVICE, RefusedReason.PROTOCOL):
        assert Outbox().refused(1, reason) is Verdict.GIVE_UP
