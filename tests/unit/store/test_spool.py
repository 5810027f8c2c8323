"""The gateway's spool: order, numbers, repeats, the bound; and what is still there after a kill."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store.ports import StoreFailed
from monitor.store.spool import FIRST_WITHIN_MS, LIVE_MS, MAX_ANNOUNCED, MAX_ANNOUNCED_BYTES, MAX_LATER, Announced, Kept, Note, Spool
from schemas.device_wire import MAX_ANNOUNCEMENTS, WireAnnouncement, WireFact, WireReading
from schemas.instant import from_ms
from schemas.vitals import Unit, Vital

AT = 1_763_800_000_000
NAME = "oxi-1"


def row(at_ms: int = AT, value: float | None = 97.0, device: str = NAME, **more: object) -> Kept:
    return Kept(device, at_ms, at_ms, (WireReading(Vital.SPO2, value, Unit.PERCENT),), **more)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return opened(tmp_path / "spool.db")


def opened(path: Path, bound: int = 1_000) -> Spool:
    made = Spool(path, bound)
    made.enrol(NAME, "b1")
    return made


def sent(spool: Spool, after: int, now_ms: int = AT) -> list[int]:
    """The counters of the next frame."""
    found = spool.next(NAME, after, now_ms)
    return [] if found is None else [one.counter for one in found.measurements]


def drained(spool: Spool, now_ms: int, after: int = 0) -> list[list[int]]:
    frames: list[list[int]] = []
    while (found := spool.next(NAME, after, now_ms)) is not None:
        frames.append([one.counter for one in found.measurements])
        after = found.seq
    return frames


def test_the_newest_goes_first_then_what_waited_oldest_first(spool: Spool) -> None:
    seconds = MAX_LATER + 100
    spool.keep([row(AT + 1_000 * second) for second in range(seconds)])
    newest = AT + 1_000 * (seconds - 1)
    frames = drained(spool, newest)
    within = LIVE_MS // 1_000 + 1
    assert frames[0] == list(range(seconds - within + 1, seconds + 1))
    assert frames[1:] == [list(range(1, MAX_LATER + 1)), list(range(MAX_LATER + 1, seconds - within + 1))]


def test_a_frame_that_was_numbered_goes_out_again_as_it_was(spool: Spool) -> None:
    spool.keep([row()])
    first = spool.next(NAME, 0, AT)
    spool.keep([row(AT + 1_000)])
    assert spool.next(NAME, 0, AT + 1_000) == first
    assert sent(spool, 1, AT + 1_000) == [2]
    spool.settled(NAME, 1)
    assert (sent(spool, 0), spool.waiting(NAME)) == ([2], 1)


def test_what_the_monitor_names_as_another_patients_is_not_counted_as_stored(spool: Spool) -> None:
    spool.keep([row(), row(AT + 1), row(AT + 2)])
    assert sent(spool, 0) == [1, 2, 3]
    spool.settled(NAME, 1, early=2)
    spool.settled(NAME, 1, early=2)
    tally = spool.tally()
    assert (tally[NAME, "stored"], tally[NAME, "refused_device_unbound"], spool.waiting(NAME)) == (1, 2, 0)


def test_the_first_of_a_boot_is_of_now_or_waits(spool: Spool) -> None:
    spool.keep([row()])
    assert sent(spool, 0, AT + FIRST_WITHIN_MS + 1) == []
    spool.keep([row(AT + 60_000)])
    assert drained(spool, AT + 60_000) == [[2], [1]]
    assert sent(spool, 0, AT + 600_000) == [2], "once something went out the monitor knows what late is"


def test_an_old_cuff_never_goes_out_as_the_newest(spool: Spool) -> None:
    spool.keep([row(is_stream=False, is_old=True)])
    assert sent(spool, 0) == []
    spool.keep([row()])
    assert drained(spool, AT) == [[2], [1]]


def test_what_is_said_again_is_kept_once_over_restarts_too(tmp_path: Path) -> None:
    first = opened(tmp_path / "spool.db")
    cuff = row(told=(("SYS of SN1/", "10:41"),))
    assert first.keep([cuff])[NAME, "kept"] == 1
    first.close()
    again = opened(tmp_path / "spool.db")
    assert again.keep([cuff, row(told=(("SYS of SN1/", "10:46"),)), row(told=(("SYS of SN2/", "10:41"),)), row()]) == {
        (NAME, "repeated"): 1,
        (NAME, "kept"): 3,
    }
    assert again.keep([row(told=(("SYS of SN1/", "10:41"),))])[NAME, "kept"] == 1, "another value lay between"


def test_one_message_may_bring_several_measurements(spool: Spool) -> None:
    both = [row(told=(("message of SN1/", "M7"),)), row(AT, 96.0, told=(("message of SN1/", "M7"),))]
    assert spool.keep(both) == {(NAME, "kept"): 2}
    assert spool.keep(both) == {(NAME, "repeated"): 2}


def test_counters_and_the_boot_outlive_the_process(tmp_path: Path) -> None:
    first = opened(tmp_path / "spool.db")
    first.keep([row()])
    assert sent(first, 0) == [1]
    first.settled(NAME, 1)
    first.close()
    again = Spool(tmp_path / "spool.db", 1_000)
    assert again.enrol(NAME, "b2") == "b1"
    again.keep([row(AT + 1_000)])
    found = again.next(NAME, 1, AT + 1_000)
    assert found is not None
    assert (found.seq, found.measurements[0].counter) == (2, 2)


def test_a_new_boot_counts_anew_and_sends_all_again(spool: Spool) -> None:
    for second in range(4):
        spool.keep([row(AT + 3_000 * second)])
    assert drained(spool, AT + 9_000) == [[4], [1, 2, 3]]
    spool.settled(NAME, 1)
    assert spool.new_boot(NAME) == "b1.2"
    assert drained(spool, AT + 9_000) == [[3], [1, 2]]
    assert spool.enrol(NAME, "b9") == "b1.2"


def test_numbers_that_were_never_given_here_are_noticed(spool: Spool) -> None:
    spool.keep([row()])
    assert sent(spool, 0) == [1]
    assert spool.opened(NAME, 0)
    assert spool.opened(NAME, 1)
    assert not spool.opened(NAME, 2)


def test_a_refused_frame_is_gone_and_counted_by_its_reason(spool: Spool) -> None:
    spool.keep([row()])
    sent(spool, 0)
    spool.refused(NAME, 1, "device_unbound")
    assert (spool.waiting(NAME), spool.tally()[NAME, "refused_device_unbound"]) == (0, 1)


def test_at_the_bound_the_oldest_stream_is_thinned_then_dropped_and_cuffs_last(tmp_path: Path) -> None:
    bound = 300
    spool = opened(tmp_path / "spool.db", bound)
    kept = 0
    for tens in range(360):
        cuff = [row(AT + 10_000 * tens, 120.0, is_stream=False)] if tens % 30 == 0 else []
        spool.keep([*(row(AT + 1_000 * second) for second in range(10 * tens, 10 * tens + 10)), *cuff])
        kept += 10 + len(cuff)
        assert spool.waiting(NAME) <= bound
    tally = spool.tally()
    assert tally[NAME, "kept"] == kept == spool.waiting(NAME) + tally[NAME, "thinned"] + tally[NAME, "dropped"]
    assert (tally[NAME, "thinned"] > 3_000, tally[NAME, "dropped"]) == (True, 0)
    last = AT + 3_600_000
    found = []
    after = 0
    while (frame := spool.next(NAME, after, last)) is not None:
        found += frame.measurements
        after = frame.seq
    assert sum(one.readings[0].value == 120.0 for one in found) == 12, "every cuff value is there"
    minutes = {(one.measured_at.hour, one.measured_at.minute) for one in found}
    assert len(minutes) == 61, "and every minute: the hour begins within one"


def test_a_bound_full_of_cuffs_drops_the_oldest_and_says_so(tmp_path: Path) -> None:
    spool = opened(tmp_path / "spool.db", 100)
    for number in range(50):
        spool.keep([row(AT + 3 * number + each, is_stream=False) for each in range(3)])
    assert spool.tally()[NAME, "dropped"] == 150 - spool.waiting(NAME) > 0
    assert sent(spool, 0, AT + 150)[-1] == 150


def test_notes_are_counted_for_good_and_kept_up_to_a_bound(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.spool.MAX_NOTES", 150)
    for tens in range(100):
        spool.keep([], [Note(NAME, "event" if number % 10 else "status", number, b"{}") for number in range(10 * tens, 10 * tens + 10)])
    assert spool.tally() == {(NAME, "event"): 900, (NAME, "status"): 100}
    events = [note.at_ms for note in spool.notes("event")]
    assert 150 <= len(events) <= 250
    assert events[-1] == 999
    assert len(spool.notes("status")) == 100


def test_a_spool_that_cannot_be_written_says_so_and_keeps_what_it_had(spool: Spool) -> None:
    spool.keep([row()])
    spool._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreFailed) as failed:
        spool.keep([row(AT + number) for number in range(5_000)])
    assert (failed.value.kind, failed.value.is_final, spool.waiting(NAME)) == ("full", False, 1)
    spool._connection.execute("PRAGMA max_page_count = 1000000")
    assert spool.keep([row()])[NAME, "kept"] == 1


_Step = st.one_of(
    st.tuples(st.just("keep"), st.integers(1, 3)),
    st.tuples(st.just("pass"), st.sampled_from([500, 3_000, 1_800_000])),
    st.tuples(st.just("send"), st.integers(1, 3)),
    st.tuples(st.just("connect"), st.just(0)),
    st.tuples(st.just("ack"), st.just(0)),
    st.tuples(st.just("reopen"), st.just(0)),
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(_Step, max_size=40))
def test_whatever_is_cut_and_killed_each_measurement_reaches_the_monitor_once(
    steps: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The monitor keeps a frame whose number follows its last one, and drops those it has: the law of the device wire."""
    path = tmp_path_factory.mktemp("law") / "spool.db"
    spool, now_ms, kept = opened(path), AT, 0
    stored: list[int] = []
    has, acked, after = 0, 0, 0

    def send() -> bool:
        nonlocal has, after
        found = spool.next(NAME, after, now_ms)
        if found is None:
            return False
        after = found.seq
        assert found.seq <= has + 1, "no gap"
        if found.seq == has + 1:
            has = found.seq
            stored.extend(one.counter for one in found.measurements)
        return True

    for what, number in steps:
        if what == "keep":
            spool.keep([row(now_ms) for _ in range(number)])
            kept += number
        elif what == "pass":
            now_ms += number
        elif what == "send":
            for _ in range(number):
                send()
        elif what == "connect":
            assert spool.opened(NAME, has)
            acked = after = has
        elif what == "ack":
            spool.settled(NAME, has)
            acked = max(acked, has)
        else:
            spool.close()
            spool = opened(path)
            after = acked
            assert spool.opened(NAME, has)
            after = has
    spool.keep([row(now_ms)])
    while send():
        pass
    assert sorted(stored) == list(range(1, kept + 2))
    spool.close()


KILLED = """
import sys
from pathlib import Path
from tests.unit.store.test_spool import NAME, AT, opened, row
spool, number, waiting = opened(Path(sys.argv[1]), 1_000_000), 0, []
while True:
    number += 1
    waiting.append(row(AT + number))
    if number % int(sys.argv[2]) == 0:
        spool.keep(waiting)
        waiting = []
    if number % 3 == 0:
        spool.next(NAME, 0, AT + number)
    print(number, flush=True)
"""


def _killed(path: Path, kept_each: int) -> tuple[int, list[int]]:
    """The last number that a program printed before it was killed, and the counters its spool has."""
    command = [sys.executable, "-c", KILLED, str(path), str(kept_each)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        last = 0
        for line in child.stdout:
            last = int(line)
            if last == 199:
                child.kill()
    return last, sorted(counter for frame in drained(opened(path, 1_000_000), AT + last) for counter in frame)


def test_what_was_kept_is_there_after_a_kill(tmp_path: Path) -> None:
    """`keep` returned for every number that was printed."""
    last, counters = _killed(tmp_path / "spool.db", 1)
    assert counters[:last] == list(range(1, last + 1))
    assert len(counters) in (last, last + 1)


def test_control_what_was_told_before_it_was_kept_is_lost_by_a_kill(tmp_path: Path) -> None:
    last, counters = _killed(tmp_path / "spool.db", 1_000_000)
    assert (last >= 199, counters) == (True, [])


# --- what devices say beside their vital signs -----------------------------------------------------------------------------------------


def says(name: str, text: str | None = None, device: str = NAME) -> Announced:
    return Announced(device, WireAnnouncement(from_ms(AT), (WireFact(name),), text))


def announced(spool: Spool, after: int = 0) -> list[list[str]]:
    """The names in each of the frames that follow, and nothing else in them."""
    frames: list[list[str]] = []
    while (found := spool.next(NAME, after, AT)) is not None:
        assert bool(found.announcements) is not bool(found.measurements)
        frames.append([one.facts[0].name for one in found.announcements])
        after = found.seq
    return frames


def test_announcements_go_in_frames_of_their_own_and_before_what_was_measured(spool: Spool) -> None:
    spool.keep([row()], (), [says("a"), says("b"), says("c", device="oxi-2")])
    assert announced(spool) == [["a", "b"], []]


def test_a_frame_of_announcements_is_bounded_in_number_and_length(spool: Spool) -> None:
    spool.keep([], (), [says(str(number)) for number in range(MAX_ANNOUNCEMENTS + 1)])
    assert [len(frame) for frame in announced(spool)] == [MAX_ANNOUNCEMENTS, 1]
    spool.settled(NAME, 2)
    spool.keep([], (), [says(str(number), "x" * 200) for number in range(MAX_ANNOUNCEMENTS)] + [says("y" * 80, "z" * 200)] * 100)
    [first, *_] = announced(spool, 2)
    found = spool.next(NAME, 2, AT)
    assert found is not None
    assert 1 < len(first) <= MAX_ANNOUNCEMENTS
    assert len(msgspec.json.encode(found.announcements)) <= MAX_ANNOUNCED_BYTES + 2 * MAX_ANNOUNCEMENTS


def test_announcements_are_forgotten_once_they_are_on_the_monitor_s_disk(spool: Spool) -> None:
    spool.keep([], (), [says("a")])
    assert announced(spool) == [["a"]]
    assert announced(spool) == [["a"]], "a frame goes out again as it was"
    assert spool.is_first(NAME, 1)
    spool.settled(NAME, 1)
    assert announced(spool) == []


def test_a_refused_frame_of_announcements_is_counted_by_itself(spool: Spool) -> None:
    spool.keep([row()], (), [says("a")])
    assert announced(spool) == [["a"], []]
    spool.refused(NAME, 1, "device_unbound")
    assert (spool.tally()[NAME, "announced_refused"], spool.tally()[NAME, "refused_device_unbound"]) == (1, 0)
    assert announced(spool, 1) == [[]]


def test_under_a_new_boot_announcements_are_numbered_anew(spool: Spool) -> None:
    spool.keep([], (), [says("a")])
    announced(spool)
    spool.new_boot(NAME)
    assert announced(spool) == [["a"]]


def test_the_oldest_announcements_are_given_up_and_counted(spool: Spool) -> None:
    spool.keep([], (), [says(str(number)) for number in range(MAX_ANNOUNCED + 3)])
    names = [name for frame in announced(spool) for name in frame]
    assert (names[0], names[-1], len(names)) == ("3", str(MAX_ANNOUNCED + 2), MAX_ANNOUNCED)
    assert spool.tally()[NAME, "announced_dropped"] == 3
