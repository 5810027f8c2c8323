"""Entries leave a runner numbered, under the chain, and sealed in time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.chain import Chain
from monitor.sessions.runner import SEAL_EVERY_MS, Runner
from schemas.log import DeviceBound, Entry, Measured, NoteAdded, PhaseOrdered, Seal
from schemas.measurement import Measurement, Mode
from schemas.session import Phase
from tests.unit.core.bedside import START_MS, created, values_of

steps = st.lists(
    st.tuples(st.sampled_from([0, 1, 999, 1_000, 9_999, 10_000, 30_000]), st.sampled_from(["say", "note", "look"])), max_size=40
)


def verify(entries: list[Entry], seals: list[Seal]) -> None:
    """Every seal fits what it covers, and they follow each other without a hole."""
    chain = Chain("S-000001")
    by_last = {seal.last_seq: seal for seal in seals}
    assert len(by_last) == len(seals)
    for entry in entries:
        chain.take(entry)
        seal = by_last.get(entry.seq)
        if seal is not None:
            assert chain.seal(seal.at_ms) == seal
    assert chain.head.hex() == seals[-1].digest


@settings(max_examples=60)
@given(steps)
def test_every_entry_is_sealed_within_ten_seconds_and_every_event_at_once(moves: list[tuple[int, str]]) -> None:
    runner = Runner("S-000001", created(), START_MS)
    entries, seals = runner.begin(START_MS)
    at_ms, counter = START_MS, 0

    def take(made: tuple[list[Entry], list[Seal]]) -> None:
        entries.extend(made[0])
        seals.extend(made[1])

    take(runner.apply(DeviceBound("anna", "d1", Mode.REAL, "monitor"), at_ms))
    for gap_ms, kind in moves:
        until_ms = at_ms + gap_ms
        while runner.wake_ms <= until_ms:  # the watch
            woken_ms = runner.wake_ms
            take(runner.advance(woken_ms))
            assert runner.wake_ms > woken_ms, "asks to be woken at once for ever"
        at_ms = until_ms
        if kind == "say":
            counter += 1
            take(runner.measure(Measurement("d1", counter, at_ms, values_of({"hr": 72})), at_ms, at_ms))
        elif kind == "note":
            take(runner.apply(NoteAdded("anna", "calm"), at_ms))
            assert seals[-1].last_seq == entries[-1].seq
        else:
            take(runner.advance(at_ms))
        opened_ms = runner.chain.first_unsealed_at_ms
        assert opened_ms is None or at_ms - opened_ms < SEAL_EVERY_MS
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    verify(entries, seals)


def test_measurements_are_sealed_by_a_later_one_where_nobody_looks() -> None:
    runner = Runner("S-000001", created(), START_MS)
    runner.begin(START_MS)
    runner.apply(DeviceBound("anna", "d1", Mode.REAL, "monitor"), START_MS)
    made = [runner.measure(Measurement("d1", step, START_MS, ()), START_MS, START_MS + step * 5_000) for step in (1, 2, 3)]
    assert [[seal.last_seq for seal in seals] for _, seals in made] == [[], [], [5]]


def test_nothing_to_do_makes_nothing() -> None:
    runner = Runner("S-000001", created(), START_MS)
    runner.begin(START_MS)
    assert runner.advance(START_MS + 3_600_000) == ([], [])
    runner.apply(DeviceBound("anna", "d1", Mode.REAL, "monitor"), START_MS)
    runner.measure(Measurement("d1", 1, START_MS, ()), START_MS, START_MS)
    assert runner.advance(START_MS + 1) == ([], []), "an open range, and nothing is due"


def test_a_session_that_ended_wants_no_look() -> None:
    runner = Runner("S-000001", created(), START_MS)
    runner.begin(START_MS)
    entries, _ = runner.apply(PhaseOrdered("anna", None, Phase.ABORTED), START_MS)
    assert not any(isinstance(entry.body, Measured) for entry in entries)
    assert runner.wake_ms > 1 << 61
