"""Of a sender that keeps what it cannot send: what waited is history, what did not is now, and nothing is kept twice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.device_time import DeviceTime, TimeBasis
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceMeasurement, Origin, Sender, measured
from monitor.gateway.forwarded import LATE_MS, MAX_SKEW_MS, SenderClocks
from monitor.gateway.telling import Addressee, Telling
from monitor.store.spool import Kept
from schemas.measurement import Mode

AT = 1_795_344_067_000
SENDER = Sender("VR_A", "", "BED-1")


def spo2(number: int, measured_ms: int, arrived_ms: int, message_id: str = "") -> DeviceMeasurement:
    value = measured(Quantity.SPO2, Decimal(number), "%", Origin("PLETH_SPO2", str(number), "%"))
    time = DeviceTime(str(measured_ms), measured_ms, TimeBasis.WIRE)
    return DeviceMeasurement(arrived_ms, Mode.REAL, (value,), SENDER, time, message_id=message_id, is_forwarded=True)


def kept(*items: DeviceMeasurement) -> list[Kept]:
    return Telling([Addressee("vr-1", Mode.REAL)], 60_000).take(items)[0]


@pytest.mark.parametrize("skew_ms", [0, MAX_SKEW_MS, -240_000], ids=["same", "ahead", "behind"])
def test_what_waited_is_old_whatever_the_clock_of_the_sender_shows(skew_ms: int) -> None:
    """Live, then cut for a minute, then all of that minute at once, then live again."""
    live = [spo2(97, AT + second * 1_000 + skew_ms, AT + second * 1_000 + 200) for second in range(3)]
    waited = [spo2(80, AT + second * 1_000 + skew_ms, AT + 60_000) for second in range(3, 50)]
    again = [spo2(96, AT + 61_000 + skew_ms, AT + 61_200)]
    rows = kept(*live, *waited, *again)
    assert [row.is_old for row in rows] == [False] * 3 + [True] * len(waited) + [False]
    assert [row.measured_at_ms for row in rows[3:5]] == pytest.approx([AT + 3_200, AT + 4_200], abs=50)  # clocks may part a little
    assert rows[-1].measured_at_ms == AT + 61_200


def test_what_waited_before_anything_live_came_is_old_from_the_first_on_where_it_is_beyond_any_clock() -> None:
    """A gateway that starts while a recorder sends the hour it missed."""
    rows = kept(*(spo2(80, AT + number, AT + 3_600_000) for number in range(3)), spo2(97, AT + 3_600_000, AT + 3_600_100))
    assert [row.is_old for row in rows] == [True, True, True, False]


def test_a_stamp_from_far_ahead_spoils_nothing() -> None:
    rows = kept(spo2(97, AT + 86_400_000, AT), spo2(96, AT, AT + 100))
    assert [row.is_old for row in rows] == [False, False]
    assert [row.readings[0].doubt for row in rows] == ["age_unknown", ""]


def test_two_clocks_that_part_slowly_stay_together() -> None:
    """Ten seconds a day: after a month of measurements the sender is five minutes behind and live all the same."""
    clocks, day_ms = SenderClocks(), 86_400_000
    for hour in range(24 * 30):
        arrived_ms = AT + hour * day_ms // 24
        behind_ms = round(hour / 24 * 10_000)
        measured_ms = clocks.measured_ms(SENDER, arrived_ms - behind_ms, arrived_ms)
        assert measured_ms is not None
        assert arrived_ms - measured_ms <= LATE_MS


# --- a clock that is set: at once believed when it is set forward, after ten seconds when it is set back ---------------------------------

AN_HOUR = 3_600_000


def seconds(clocks: SenderClocks, since_s: int, until_s: int, ahead_ms: int, period_s: int = 1) -> list[int]:
    """How old each of a stream is said to be, whose clock is so far ahead, without a wait on the way but a jitter."""
    ages = []
    for second in range(since_s, until_s, period_s):
        arrived_ms = AT + second * 1_000
        measured_ms = clocks.measured_ms(SENDER, arrived_ms - second % 3 * 100 + ahead_ms, arrived_ms)
        assert measured_ms is not None
        ages.append(arrived_ms - measured_ms)
    return ages


@pytest.mark.parametrize("first_ms", [0, 20 * AN_HOUR, -20 * AN_HOUR], ids=["right", "ahead", "behind"])
@pytest.mark.parametrize("by_ms", [-61_000, -AN_HOUR, AN_HOUR, 61_000])
@pytest.mark.parametrize(("period_s", "until_s"), [(1, 612), (60, 661)])
def test_a_device_of_our_own_is_live_again_soon_after_its_clock_was_set(first_ms: int, by_ms: int, period_s: int, until_s: int) -> None:
    clocks = SenderClocks(max_skew_ms=None)
    seconds(clocks, 0, 600, first_ms, period_s)
    seconds(clocks, 600, until_s, first_ms + by_ms, period_s)
    assert max(seconds(clocks, until_s - until_s % -period_s, 2_000, first_ms + by_ms, period_s)) <= LATE_MS


def test_what_waited_is_never_taken_for_a_clock_that_was_set_back() -> None:
    """Sent again from before the cut, in its order and as slowly as it was made; then the newest first and the rest backwards."""
    clocks = SenderClocks(max_skew_ms=None)
    seconds(clocks, 0, 600, 0)
    for second in range(599, 800):  # two minutes on its way, each
        measured_ms = clocks.measured_ms(SENDER, AT + second * 1_000, AT + (second + 120 + second % 7) * 1_000)
        assert measured_ms is not None
        assert measured_ms <= AT + (second + 1) * 1_000
    seconds(clocks, 930, 1_000, 0)
    for place, second in enumerate(range(920, 800, -1)):
        measured_ms = clocks.measured_ms(SENDER, AT + second * 1_000, AT + (1_000 + place) * 1_000)
        assert measured_ms is not None
        assert measured_ms <= AT + (second + 1) * 1_000


def test_a_sender_that_plays_an_old_recording_at_its_pace_is_not_taken_for_one_whose_clock_was_set_back() -> None:
    clocks = SenderClocks()
    seconds(clocks, 0, 60, 0)
    assert min(seconds(clocks, 60, 600, -24 * AN_HOUR)) > AN_HOUR


def test_one_garbled_stamp_far_ahead_is_of_now_and_changes_nothing() -> None:
    clocks = SenderClocks(max_skew_ms=None)
    seconds(clocks, 0, 60, 0)
    assert clocks.measured_ms(SENDER, AT + 70 * 365 * 24 * AN_HOUR, AT + 60_000) == AT + 60_000
    assert max(seconds(clocks, 61, 100, 0)) <= LATE_MS


@given(st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(0, 1_000_000)), max_size=30))
def test_nothing_is_measured_after_it_came(made: list[tuple[int, int]]) -> None:
    clocks = SenderClocks()
    for arrived, delay in sorted(made):
        measured_ms = clocks.measured_ms(SENDER, AT + arrived - delay, AT + arrived)
        assert measured_ms is not None
        assert measured_ms <= AT + arrived


def test_what_is_sent_again_after_others_has_the_name_it_had() -> None:
    first, other, again = kept(spo2(97, AT, AT, "m-1"), spo2(96, AT + 1_000, AT + 1_000, "m-2"), spo2(97, AT, AT + 2_000, "m-1"))
    assert first.told == again.told != other.told


def test_what_was_measured_at_two_instants_has_two_names() -> None:
    first, second = kept(spo2(97, AT, AT), spo2(97, AT + 1_000, AT + 1_000))
    assert first.told != second.told
