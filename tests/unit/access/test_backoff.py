"""The back-off alone, in time set by hand."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.access.backoff import FORGET_AFTER_MS, LONGEST_WAIT_MS, BackOff

Now = Callable[[], int]


class Time:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def time() -> Time:
    return Time()


def test_first_failures_are_free_and_then_each_doubles_the_wait(time: Time) -> None:
    backoff = BackOff(time, free=3)
    waits = []
    for _ in range(7):
        time.ms += backoff.wait_ms("k")
        backoff.charge("k")
        waits.append(backoff.wait_ms("k"))
    assert waits == [0, 0, 1_000, 2_000, 4_000, 8_000, 16_000]


def test_wait_never_exceeds_four_hours(time: Time) -> None:
    backoff = BackOff(time, free=1)
    for _ in range(200):
        time.ms += backoff.wait_ms("k")
        backoff.charge("k")
    assert backoff.wait_ms("k") == LONGEST_WAIT_MS


def test_a_quiet_day_forgets(time: Time) -> None:
    backoff = BackOff(time, free=1)
    for _ in range(9):
        backoff.charge("k")
    time.ms += FORGET_AFTER_MS
    backoff.charge("k")
    assert backoff.wait_ms("k") == 1_000


def test_refund_takes_back_one_and_clear_all(time: Time) -> None:
    backoff = BackOff(time, free=2)
    backoff.charge("k")
    backoff.charge("k")
    assert backoff.wait_ms("k") > 0
    backoff.refund("k")
    assert backoff.wait_ms("k") == 0
    backoff.refund("k")
    backoff.refund("k")
    assert len(backoff) == 0
    backoff.charge("k")
    backoff.clear("k")
    assert len(backoff) == 0


def test_table_is_bounded_and_keeps_the_key_under_attack(time: Time) -> None:
    backoff = BackOff(time, free=2, max_keys=100)
    for _ in range(10):
        backoff.charge("victim")
    for number in range(1_000):
        time.ms += 1
        backoff.charge(number)
    assert len(backoff) == 100
    assert backoff.wait_ms("victim") > 0


def test_at_the_bound_forgotten_keys_go_first(time: Time) -> None:
    backoff = BackOff(time, free=1, max_keys=2)
    for _ in range(5):
        backoff.charge("yesterday")
    time.ms += FORGET_AFTER_MS
    backoff.charge("today")
    backoff.charge("now")
    assert backoff.wait_ms("today") > 0
    assert backoff.wait_ms("now") > 0


@given(st.lists(st.integers(min_value=0, max_value=3_600_000), min_size=1, max_size=60))
def test_a_key_never_waits_longer_than_it_was_under_attack_plus_a_second(gaps_ms: list[int]) -> None:
    time = Time()
    backoff = BackOff(time, free=5)
    began_ms = time.ms
    for gap_ms in gaps_ms:
        time.ms += gap_ms
        if backoff.wait_ms("k") == 0:
            backoff.charge("k")
    assert backoff.wait_ms("k") <= time.ms - began_ms + 1_000
