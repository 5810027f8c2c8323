"""One limit changed, and nothing else."""

from pathlib import Path

import msgspec
import pytest

from monitor.backtest.changed import NotAdjustable, as_it_is, movable, with_limit
from monitor.core.limits import decode_limits, encode_limits, parse_limits
from monitor.settings import DEFAULT_LIMITS
from schemas.limits import Direction
from schemas.log import LimitProposed
from schemas.session import Phase
from schemas.vitals import Vital, to_milli
from tests.unit.core.bedside import Bedside

TEXT, DIGEST = encode_limits(parse_limits(Path(DEFAULT_LIMITS).read_text(encoding="utf-8")))
BP = ("BP-H1", Vital.SYSTOLIC_BP, Direction.HIGH)


def test_everything_that_may_be_moved_has_a_limit_within_its_bounds() -> None:
    found = movable(decode_limits(TEXT))
    assert len(found) > 5
    assert all(each.low <= each.limit <= each.high for each in found)


def test_only_that_limit_changes() -> None:
    before, after = decode_limits(TEXT), decode_limits(with_limit(TEXT, *BP, 170.0).text or "")
    assert before != after
    differing = [rule.id for rule, other in zip(before.rule, after.rule, strict=True) if rule != other]
    assert differing == ["BP-H1"]
    old, new = (next(rule for rule in limits.rule if rule.id == "BP-H1") for limits in (before, after))
    assert [clause.all[0].limit for clause in old.any] == [180, 110]
    assert [clause.all[0].limit for clause in new.any] == [170, 110]
    assert new.any[0].all[0].clear == 160  # ten below, as before
    assert msgspec.structs.replace(new, any=old.any) == old
    assert msgspec.structs.replace(after, rule=before.rule, version=before.version) == before


@pytest.mark.parametrize(
    ("rule", "vital", "direction", "limit"),
    [
        ("BP-H1", Vital.SYSTOLIC_BP, Direction.HIGH, 159.9),
        ("BP-H1", Vital.SYSTOLIC_BP, Direction.HIGH, 220.1),
        ("BP-H1", Vital.SYSTOLIC_BP, Direction.HIGH, 180.0),
        ("BP-H1", Vital.SYSTOLIC_BP, Direction.LOW, 170.0),
        ("BP-H1", Vital.SPO2, Direction.HIGH, 170.0),
        ("XX-X1", Vital.SYSTOLIC_BP, Direction.HIGH, 170.0),
    ],
)
def test_what_may_not_be_moved_is_refused(rule: str, vital: Vital, direction: Direction, limit: float) -> None:
    with pytest.raises(NotAdjustable):
        with_limit(TEXT, rule, vital, direction, limit)


def test_the_rule_set_as_it_is_says_whose_it_is() -> None:
    rules = as_it_is(TEXT, DIGEST)
    assert (rules.text, rules.sha256, rules.rules) == (TEXT, DIGEST, len(decode_limits(TEXT).rule))


def test_a_changed_limit_judges_as_a_patients_own_limit_does() -> None:
    """The same readings: once under the changed rule set, once under the ordinary one with the limit moved for this patient."""

    def raised(bed: Bedside) -> list[tuple[float, str, str]]:
        for systolic in (172.0, 172.0, 165.0, 158.0, 158.0):
            bed.wait(60)
            bed.say(sbp=systolic, dbp=80.0, map=110.0)
        bed.order(Phase.RECOVERY, "a reason")
        return bed.changes("BP-H1")

    changed, own, ordinary = Bedside(decode_limits(with_limit(TEXT, *BP, 170.0).text or "")), Bedside(), Bedside()
    for bed in (changed, own, ordinary):
        bed.start()
    own.apply(LimitProposed("anna", "high", to_milli(170.0), "tighter", "BP-H1", Vital.SYSTOLIC_BP))
    told = raised(changed)
    assert told
    assert told == raised(own)
    assert raised(ordinary) == []
