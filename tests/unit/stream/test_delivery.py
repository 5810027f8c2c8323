"""Delivery policy: bounded queues, order, and exactly what was missed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from monitor.stream import delivery
from monitor.stream.delivery import MEMORY_BYTES, MEMORY_FRAMES, QUEUE_FRAMES, Mailbox, Memory


def frame(number: int) -> bytes:
    return b"%d" % number


# --- the mailbox ----------------------------------------------------------------------------------------------------------------------


class Screen(RuleBasedStateMachine):
    """A mailbox beside what a screen must have learnt: each frame in order, or a snapshot that is newer."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Mailbox()
        self.published = 0
        self.known = 0  # everything up to here has reached the screen
        self.due: list[int] = []

    @rule(count=st.integers(1, QUEUE_FRAMES + 10))
    def publish(self, count: int) -> None:
        for _ in range(count):
            self.published += 1
            self.box.put(frame(self.published))

    @rule()
    def beat(self) -> None:
        self.box.put_heartbeat(b"beat")

    @rule(count=st.integers(1, 300))
    def read(self, count: int) -> None:
        for _ in range(count):
            if self.box.wants_snapshot:
                self.box.begin_snapshot()
                self.known = self.published
                continue
            taken = self.box.take()
            if taken is None:
                assert self.known == self.published, "nothing waits, and yet something was missed"
                return
            if taken != b"beat":
                assert taken == frame(self.known + 1), "in order, none left out"
                self.known += 1
            else:
                assert self.known == self.published, "a heartbeat never overtakes data"

    @rule()
    def snapshot_fails(self) -> None:
        if self.box.wants_snapshot:
            self.box.begin_snapshot()
            self.box.want_snapshot()

    @invariant()
    def is_bounded(self) -> None:
        assert len(self.box) <= QUEUE_FRAMES


TestScreen = Screen.TestCase


def test_a_queue_that_overflows_asks_for_a_snapshot_and_keeps_nothing_old() -> None:
    box = Mailbox()
    for number in range(QUEUE_FRAMES):
        box.put(frame(number))
    assert not box.wants_snapshot
    box.put(frame(QUEUE_FRAMES))
    assert (box.wants_snapshot, len(box)) == (True, 0)
    box.put(frame(QUEUE_FRAMES + 1))
    assert len(box) == 0, "the snapshot will be newer"
    box.begin_snapshot()
    box.put(b"newer")
    assert box.take() == b"newer"


def test_one_waiting_heartbeat_is_enough() -> None:
    box = Mailbox()
    for beat in (b"1", b"2", b"3"):
        box.put_heartbeat(beat)
    assert [box.take(), box.take()] == [b"3", None]
    box.put_heartbeat(b"4")
    box.put(b"data")
    assert [box.take(), box.take()] == [b"data", None], "data is a proof of life too"


# --- the memory -----------------------------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 1_000),
    st.lists(st.one_of(st.integers(1, 40).map(lambda size: ("add", size)), st.just(("forget", 0))), max_size=60),
    st.integers(-5, 100),
)
def test_since_gives_exactly_what_was_missed(first: int, steps: list[tuple[str, int]], asked: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "MEMORY_FRAMES", 10)
        patch.setattr(delivery, "MEMORY_BYTES", 150)
        memory, position, kept = Memory(), first, list[tuple[int, bytes]]()
        for kind, size in steps:
            if kind == "add":
                memory.add(position, b"x" * size)
                kept.append((position, b"x" * size))
                while len(kept) > 10 or sum(len(data) for _, data in kept) > 150:
                    kept.pop(0)
            else:
                memory.forget()
                kept.clear()
            position += 1
        since = first + asked
        expected: Any = [data for at, data in kept if at > since]
        if not kept or not kept[0][0] - 1 <= since <= kept[-1][0]:
            expected = None
        assert memory.since(since) == expected


def test_the_bounds_are_the_written_ones() -> None:
    memory = Memory()
    for position in range(1, MEMORY_FRAMES + 2):
        memory.add(position, b"")
    assert memory.since(0) is None
    assert memory.since(1) == [b""] * MEMORY_FRAMES
    memory.add(MEMORY_FRAMES + 2, b"x" * MEMORY_BYTES)
    assert memory.since(MEMORY_FRAMES + 1) == [b"x" * MEMORY_BYTES]
    memory.add(MEMORY_FRAMES + 3, b"x" * (MEMORY_BYTES + 1))
    assert memory.since(MEMORY_FRAMES + 2) is None, "a frame beyond the bound is not kept either"
