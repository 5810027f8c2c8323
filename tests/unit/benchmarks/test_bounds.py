"""Terms as numbers: the benchmark's own reading of the rule set."""

import pytest

from benchmarks.alert_quality.bounds import bounds, is_judged, is_of_cuffs
from benchmarks.alert_quality.course import KNOWN
from monitor.core.armed import arm_term
from schemas.limits import Clause, Direction, Term
from schemas.vitals import Vital, to_milli
from tests.unit.benchmarks.courses import default_limits, rule

HR, SBP = Vital.HEART_RATE, Vital.SYSTOLIC_BP
LOW, HIGH = Direction.LOW, Direction.HIGH
PERSONAL = Term(vital=HR, direction=LOW, limit=50, unless_baseline_below=55, then_change=-10)


def _limit(term: Term, baseline: float | None, slack: float = 0.0) -> float | None:
    vital = term.vital
    assert vital is not None
    found = bounds((Clause(all=(term,)),), {} if baseline is None else {vital: baseline}, {vital: slack})
    return found[0][0].limit if found else None


@pytest.mark.parametrize(
    ("term", "baseline", "slack", "limit"),
    [
        (Term(vital=HR, direction=HIGH, limit=111), None, 0, 111),
        (Term(vital=HR, direction=HIGH, limit=111), None, 2, 113),
        (Term(vital=HR, direction=HIGH, limit=111), None, -2, 109),
        (Term(vital=HR, direction=LOW, limit=40), None, 2, 38),
        (Term(vital=SBP, direction=HIGH, change=40), None, 0, None),
        (Term(vital=SBP, direction=HIGH, change=40), 120, 0, 160),
        (Term(vital=SBP, direction=HIGH, change_percent=30, floor=150), 100, 0, 150),
        (Term(vital=SBP, direction=HIGH, change_percent=30, floor=150), 140, 0, 182),
        (Term(vital=SBP, direction=LOW, change_percent=-30), 120, 10, 74),
        (PERSONAL, None, 0, 50),
        (PERSONAL, 60, 0, 50),
        (PERSONAL, 54, 0, 44),
        (PERSONAL, 56, 2, 44),  # 56 - 10 - 2: the baseline's own error decides which limit it is, and the surer one counts
        (PERSONAL, 54, -2, 52),
        (PERSONAL, 70, 2, 48),
    ],
)
def test_a_term_becomes_a_number(term: Term, baseline: float | None, slack: float, limit: float | None):
    assert _limit(term, baseline, slack) == limit


def test_a_clause_that_lacks_a_baseline_is_left_out_whole():
    clause = Clause(all=(Term(vital=HR, direction=LOW, limit=50), Term(vital=SBP, direction=LOW, change=-40)))
    assert bounds((clause,), {HR: 70.0}) == ()
    assert len(bounds((clause,), {HR: 70.0, SBP: 120.0})[0]) == 2


@pytest.mark.parametrize("baseline", [46.0, 54.0, 66.0, 97.0, 130.0])
def test_the_core_reads_the_shipped_limits_the_same(baseline: float):
    """Two readings that share no code agree on every term of every rule that truth judges."""
    for judged in (row for row in default_limits().rule if is_judged(row, KNOWN)):
        for clause in (*judged.any, *judged.immediate):
            for term in clause.all:
                armed = arm_term(term, to_milli(baseline))
                assert armed is not None
                assert _limit(term, baseline) == pytest.approx(armed.shown_milli / 1000, abs=0.001)


def test_rules_that_truth_can_judge():
    judged = {row.id for row in default_limits().rule if is_judged(row, KNOWN)}
    assert {"BP-H1", "BP-M2", "HR-H1", "OX-L1"} <= judged
    assert not judged & {"TEC-H1", "TEC-L1"}
    assert not is_judged(rule("HR-H1"), {Vital.SPO2})
    assert is_of_cuffs(rule("BP-H3"))
    assert not is_of_cuffs(rule("OX-H2"))
