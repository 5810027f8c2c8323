"""Instants: integers inside, one text form at the edges."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import MAX_INSTANT_MS, InstantError, format_ms, from_ms, parse_ms, to_ms


@given(st.integers(-62_135_596_800_000, MAX_INSTANT_MS))
def test_every_instant_of_the_text_form_comes_back(at_ms: int) -> None:
    assert parse_ms(format_ms(at_ms)) == at_ms
    assert to_ms(from_ms(at_ms)) == at_ms


def test_the_form() -> None:
    assert format_ms(0) == "1970-01-01T00:00:00.000Z"
    assert format_ms(MAX_INSTANT_MS) == "9999-12-31T23:59:59.999Z"
    assert parse_ms("2026-11-22T10:41:07Z") == parse_ms("2026-11-22 10:41:07.000+00:00")
    assert parse_ms("2026-11-22T10:41:07.123999Z") % 1000 == 123, "finer digits are cut"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "time_malformed"),
        ("now", "time_malformed"),
        ("2026-11-22", "time_malformed"),
        ("20261122T104107Z", "time_malformed"),
        ("2026-W47-7T10:41:07Z", "time_malformed"),
        ("2026-02-30T10:41:07Z", "time_malformed"),
        ("2026-11-22T25:41:07Z", "time_malformed"),
        ("2026-11-22T10:41:60Z", "time_malformed"),
        ("2026-11-22T10:41Z", "time_malformed"),
        ("2026-11-22T10:41:07Z\n", "time_malformed"),
        ("\uff12026-11-22T10:41:07Z", "time_malformed"),
        ("1763800000000", "time_malformed"),
        ("2026-11-22T10:41:07", "time_not_aware"),
        ("2026-11-22T10:41:07+01:00", "time_not_utc"),
    ],
)
def test_anything_else_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(InstantError) as refused:
        parse_ms(text)
    assert refused.value.reason == reason


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(InstantError, match="zone"):
        to_ms(datetime(2026, 11, 22))
