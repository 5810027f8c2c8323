"""Courses made by hand: a calm patient, ten minutes of baseline and then infusing, with series and cuffs laid over it."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from benchmarks.alert_quality.course import KNOWN, Course, CuffSeen
from benchmarks.alert_quality.occurrence import Occurrence
from benchmarks.alert_quality.truth import Truth
from monitor.core.limits import parse_limits
from schemas.alert import Priority
from schemas.limits import Limits, Rule
from schemas.session import Phase
from schemas.vitals import Vital

LIMITS_FILE = Path(__file__).parents[3] / "monitor" / "limits.toml"
BASELINE_S = 600
CALM = {
    Vital.HEART_RATE: 72.0,
    Vital.SPO2: 98.0,
    Vital.RESPIRATORY_RATE: 14.0,
    Vital.SYSTOLIC_BP: 120.0,
    Vital.DIASTOLIC_BP: 75.0,
    Vital.MEAN_BP: 90.0,
}
NOTHING: frozenset[Vital] = frozenset()


@cache
def default_limits() -> Limits:
    return parse_limits(LIMITS_FILE.read_text(encoding="utf-8"))


def rule(name: str) -> Rule:
    return next(rule for rule in default_limits().rule if rule.id == name)


def truth_of(
    *spells: tuple[Vital, float, int, int],
    hidden: Sequence[tuple[Vital, int, int]] = (),
    cuffs: Mapping[int, str] | None = None,
    silent: Sequence[int] = (),
    seconds: int = 3600,
) -> Truth:
    """`spells`: (sign, value, from, to) in seconds of the infusion; `hidden` likewise. `cuffs`: second -> right, wrong or failed. `silent`:
    when nothing arrived in its order."""
    series = {vital: [value] * (BASELINE_S + seconds) for vital, value in CALM.items()}
    for vital, value, from_s, to_s in spells:
        series[vital][BASELINE_S + from_s : BASELINE_S + to_s] = [value] * (to_s - from_s)
    behind = [NOTHING] * (BASELINE_S + seconds)
    for vital, from_s, to_s in hidden:
        for second in range(BASELINE_S + from_s, BASELINE_S + to_s):
            behind[second] |= {vital}
    return Truth(
        Course(
            truth=series,
            hidden=behind,
            live=[second not in silent for second in range(-BASELINE_S, seconds)],
            phases=[Phase.BASELINE] * BASELINE_S + [Phase.INFUSING] * seconds,
            cuffs=[
                CuffSeen(BASELINE_S + at_s, is_right=kind == "right", is_wrong=kind == "wrong")
                for at_s, kind in sorted((cuffs or {}).items())
            ],
            baselines=KNOWN,
        )
    )


def raised(at_s: float, ended_s: float | None = None, **more: object) -> Occurrence:
    """Of an alert that was raised in this second of the infusion."""
    end_s = None if ended_s is None else BASELINE_S + ended_s
    given = {"cause": "a", "priority": Priority.MEDIUM, "since_s": BASELINE_S + at_s} | more
    return Occurrence(rule="HR-M1", raised_s=BASELINE_S + at_s, ended_s=end_s, **given)
