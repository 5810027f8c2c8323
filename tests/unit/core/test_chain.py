"""The hash chain: any change of an entry changes the head, and seals leave nothing out."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.chain import Chain, genesis

lines = st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), min_size=1, max_size=20)


def sealed(entries: list[bytes], at: set[int], session: str = "S-000001") -> Chain:
    chain = Chain(session)
    for seq, line in enumerate(entries, 1):
        chain.extend(seq, seq * 1000, line)
        if seq in at:
            chain.seal(seq * 1000)
    chain.seal(len(entries) * 1000)
    return chain


def test_the_first_digest_is_the_written_one() -> None:
    assert genesis("S-000001") == sha256(b"infusion-monitor/log/1\nS-000001\n").digest()


@given(lines, st.sets(st.integers(1, 20)))
def test_each_digest_is_the_written_one_and_seals_leave_nothing_out(entries: list[bytes], at: set[int]) -> None:
    chain = Chain("S-000001")
    previous, last = genesis("S-000001"), 0
    for seq, line in enumerate(entries, 1):
        assert (chain.first_unsealed_at_ms is None) is (last == seq - 1)
        chain.extend(seq, seq * 1000, line)
        assert chain.first_unsealed_at_ms == (last + 1) * 1000
        seal = chain.seal(7) if seq in at or seq == len(entries) else None
        if seal is not None:
            covered = b"".join(entry + b"\n" for entry in entries[last:seq])
            previous = sha256(previous + covered).digest()
            assert (seal.first_seq, seal.last_seq, seal.digest, seal.at_ms) == (last + 1, seq, previous.hex(), 7)
            last = seq
    assert last == len(entries) == chain.sealed_seq
    assert chain.seal(8) is None, "nothing is open"
    assert chain.head == previous


@given(lines, st.sets(st.integers(1, 20)), st.data())
def test_any_change_changes_the_head(entries: list[bytes], at: set[int], data: st.DataObject) -> None:
    head = sealed(entries, at).head
    index = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(st.binary(max_size=40).filter(lambda line: line != entries[index] and b"\n" not in line))
    assert sealed([*entries[:index], other, *entries[index + 1 :]], at).head != head
    assert sealed([*entries[:index], *entries[index + 1 :]], at).head != head
    assert sealed([*entries[:index], other, *entries[index:]], at).head != head
    assert sealed(entries, at, "S-000002").head != head


@pytest.mark.parametrize("size", [2, 3, 10])
def test_the_order_counts(size: int) -> None:
    entries = [b"%d" % index for index in range(size)]
    assert sealed(entries, {1}).head != sealed(entries[::-1], {1}).head
