"""The chain over the access log: each change of a row is named, also where the rows after it were left alone."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.access.chain import ChainWalk, chained
from monitor.access.ports import AccessHead, AccessKind, AccessLogRow, ChainCheck, ChainedRow

ROWS = [AccessLogRow(at_ms=1_000 + n, kind=AccessKind.READ, who="ana", address="10.0.0.7", what=f"S-00000{n}") for n in range(6)]
CHAIN = list(chained(ROWS, None))


def check(rows: list[ChainedRow], expected: AccessHead | None = None) -> ChainCheck:
    walk = ChainWalk(expected)
    for kept in rows:
        walk.take(kept.row, bytes.fromhex(kept.digest))
    return walk.end()


def test_a_stranger_rebuilds_a_digest_from_the_words_of_the_reference() -> None:
    before = bytes(32)
    for kept in CHAIN:
        row = msgspec.json.encode(kept.row, order="sorted")
        assert kept.before == before.hex()
        before = sha256(before + row + b"\n").digest()
        assert kept.digest == before.hex()
    assert msgspec.json.encode(CHAIN[0].row, order="sorted") == (
        b'{"address":"10.0.0.7","at_ms":1000,"detail":"","kind":"read","no":1,"times":1,"what":"S-000000","who":"ana"}'
    )


@given(st.lists(st.integers(0, 3), max_size=6))
def test_it_does_not_matter_how_many_rows_are_written_at_once(sizes: list[int]) -> None:
    """Also the negative control of the tests below: what nobody touched is whole."""
    made: list[ChainedRow] = []
    left = list(ROWS)
    for size in [*sizes, len(ROWS)]:
        made += chained(left[:size], made[-1].head if made else None)
        left = left[size:]
    assert made == CHAIN
    assert check(made, CHAIN[3].head) == ChainCheck(6, None, CHAIN[-1].head)


@pytest.mark.parametrize("field", AccessLogRow.__struct_fields__)
@pytest.mark.parametrize("place", range(6))
def test_a_change_of_any_field_of_any_row_is_named(field: str, place: int) -> None:
    old = getattr(CHAIN[place].row, field)
    new = (old + 1) if isinstance(old, int) else AccessKind.LOGOUT if field == "kind" else f"{old}x"
    changed = [*CHAIN[:place], replace(CHAIN[place], row=replace(CHAIN[place].row, **{field: new})), *CHAIN[place + 1 :]]
    assert check(changed) == ChainCheck(place, place + 1, CHAIN[place - 1].head if place else None)


@given(st.permutations(range(6)))
def test_another_order_is_named_at_its_first_row(order: list[int]) -> None:
    first = next((place for place, number in enumerate(order) if place != number), None)
    assert check([CHAIN[number] for number in order]).broken_no == (None if first is None else first + 1)


@pytest.mark.parametrize("place", range(5))
def test_a_row_left_out_is_named_also_where_the_rest_was_numbered_anew(place: int) -> None:
    rest = [*CHAIN[:place], *CHAIN[place + 1 :]]
    numbered = [replace(kept, row=replace(kept.row, no=no)) for no, kept in enumerate(rest, start=1)]
    assert check(rest).broken_no == place + 1
    assert check(numbered).broken_no == place + 1


def test_rows_cut_off_at_the_end_are_found_beside_a_head_that_was_kept() -> None:
    assert check(CHAIN[:4]).broken_no is None  # what is left is whole by itself
    assert check(CHAIN[:4], CHAIN[5].head).broken_no == 5


def test_a_chain_made_anew_from_changed_rows_is_found_beside_a_head_that_was_kept() -> None:
    forged = list(chained([replace(ROWS[0], who="eve"), *ROWS[1:]], None))
    assert check(forged).broken_no is None
    assert check(forged, CHAIN[5].head).broken_no == 6
