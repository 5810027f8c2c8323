"""The core beside a second judge that shares no code with it (tests/oracle), over random histories."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.core import rule_state
from monitor.core.rule_state import RuleState
from schemas.limits import Clause, Limits, Rule
from schemas.vitals import Vital
from tests.oracle.against_core import compare, first_difference, started
from tests.oracle.histories import History
from tests.unit.core.agreement import SHARES, assert_agreement
from tests.unit.core.bedside import CALM, default_limits


@pytest.mark.parametrize("share", range(0, SHARES, 2))
def test_two_judges_agree(share: int) -> None:
    assert_agreement(share)


# --- would it notice? ---------------------------------------------------------------------------------------------------------------


def _each(change: Callable[[Rule], Rule]) -> Limits:
    limits = default_limits()
    return replace(limits, rule=tuple(change(rule) for rule in limits.rule))


def _without_clear(rule: Rule) -> Rule:
    clauses = tuple(Clause(all=tuple(replace(term, clear=None, clear_margin=None) for term in clause.all)) for clause in rule.any)
    return replace(rule, any=clauses)


OTHER_CORES = {
    "onset doubled": lambda rule: replace(rule, onset_s=2 * rule.onset_s),
    "no hysteresis": _without_clear,
    "confirmed however soon": lambda rule: rule if rule.confirm is None else replace(rule, confirm=replace(rule.confirm, min_gap_s=0)),
    "silence later": lambda rule: rule if rule.after_s is None else replace(rule, after_s=rule.after_s + 1),
    "one reading clears": lambda rule: replace(rule, clear_readings=1, clear_hold_s=0),
}


@pytest.mark.parametrize("change", OTHER_CORES.values(), ids=OTHER_CORES.keys())
def test_a_core_with_another_number_is_noticed(change: Callable[[Rule], Rule]) -> None:
    assert first_difference(range(500), _each(change)) is not None


def _believes_all(
    self: RuleState, channels: Any, at_ms: int, new_cuffs: int, *, is_questionable: bool, judge: Any = RuleState.judge
) -> Any:
    return judge(self, channels, at_ms, new_cuffs, is_questionable=False)


def _unlatched(self: RuleState, rule: Rule, limits: Limits, make: Any = RuleState.__init__) -> None:
    make(self, replace(rule, latch=False), limits)


MUTATIONS = {
    "no latch": (RuleState, "__init__", _unlatched),
    "anything clears": (rule_state, "is_cleared", lambda *_: True),
    "nothing clears": (rule_state, "is_cleared", lambda *_: False),
    "questionable is valid": (RuleState, "judge", _believes_all),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_core_with_another_rule_is_noticed(mutation: tuple[object, str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    started.cache_clear()  # it holds cores made before
    monkeypatch.setattr(*mutation)
    try:
        assert first_difference(range(500)) is not None
    finally:
        started.cache_clear()


# --- where they did not agree once ---------------------------------------------------------------------------------------------


def _say(gap_ms: int, behind_ms: int = 0, counter_step: int = 1, **said: float | None) -> tuple[int, str, Any]:
    return (gap_ms, "say", ("d1", counter_step, behind_ms, said))


PARTED: dict[str, History] = {
    "strict_growth": [(3_000_000, "note", "the ordered rate runs on to 125 % of the dose")],
    "invalid_hides_nothing": [
        _say(10_000, sbp=165, dbp=90, map=110),
        _say(10_000, sbp=None, dbp=None, map=None),
        (1_000, "chart", ("severe_headache", 1)),
    ],
    "clear_at_low": [_say(10_000, **CALM), *[_say(1_000, hr=72, spo2=spo2) for spo2 in (91, 85, 80, 85)]],
    "any_is_steady": [_say(1_000, -5_000, **CALM), _say(40_000, 0, 0, **CALM)],
    "derived_never_doubtful": [_say(10_000, hr=53, pr=105), _say(1_000, hr=87, pr=72)],
    "moved_beneath_what_is_pending": [
        _say(240_000, hr=105, spo2=60),
        _say(5_000, hr=48, spo2=90),
        (4_001, "propose", (("OX-H2", Vital.SPO2, "low", 93_000), "anna")),
    ],
    "moved_and_still_inside": [
        _say(240_000, hr=72, spo2=60),
        _say(5_000, hr=72, spo2=91),
        (1_000, "propose", (("OX-H2", Vital.SPO2, "low", 88_000), "anna")),
        (1_000, "confirm", (1, "ben")),
    ],
    "doubt_of_nobody": [
        _say(2_000, hr=110, spo2=97),
        (2_000, "unbind", "d1"),
        (180_000, "bind", "d1"),
        _say(2_000, hr=None, spo2=98),
    ],
    "latched_and_moved": [
        _say(10_000, hr=40),
        _say(10_001, hr=46),
        (1_000, "propose", (("HR-H2", Vital.HEART_RATE, "low", 48_000), "ben")),
    ],
}


@pytest.mark.parametrize("name", PARTED)
def test_both_do_what_the_page_says(name: str) -> None:
    """Histories on which they once did not agree."""
    _, said, expected = compare({}, PARTED[name])
    assert said == expected
