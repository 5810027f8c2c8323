"""One case: played, judged, and reduced to what the figures need."""

from collections import Counter

import msgspec

from benchmarks.alert_quality.bounds import is_judged
from benchmarks.alert_quality.casting import Case
from benchmarks.alert_quality.course import KNOWN, play
from benchmarks.alert_quality.matching import Verdict, audible, judge
from benchmarks.alert_quality.truth import Truth
from schemas.limits import Limits, RuleKind


class Outcome(msgspec.Struct, frozen=True):
    """`others`: alerts of rules that truth does not judge. `silence`: those of them that are raised by missing vital signs. `audible`: of
    all rules that measurements alone can raise; `audible_of_all`: of the rest too."""

    index: int
    card: str
    plan: str
    seed: int
    is_uneventful: bool
    has_artefacts: bool
    is_calm: bool  # nothing was made to happen to the patient
    is_started: bool
    overrides: int
    hours: float
    verdicts: tuple[Verdict, ...]
    others: dict[str, int]
    silence: int
    naive_silence: int
    audible: int
    audible_of_all: int
    presented: int  # of the judged rules: those that would be audible on their own
    naive_presented: int


def run(case: Case, judged: Limits, engine_limits: Limits) -> Outcome:
    """`engine_limits` are `judged` themselves, but in a negative control."""
    course = play(case.scenario, case.seed, judged, engine_limits)
    truth = Truth(course)
    rules = [rule for rule in judged.rule if is_judged(rule, KNOWN)]
    ids = {rule.id for rule in rules}
    missing = {rule.id for rule in judged.rule if rule.kind is RuleKind.MISSING and rule.missing}
    others = Counter(alert.rule for alert in course.alerts if alert.rule not in ids)
    return Outcome(
        index=case.index,
        card=case.card,
        plan=case.plan,
        seed=case.seed,
        is_uneventful=case.is_uneventful,
        has_artefacts=case.has_artefacts,
        is_calm=case.is_calm,
        is_started=course.is_started,
        overrides=course.overrides,
        hours=course.seconds / 3600,
        verdicts=tuple(
            judge(
                rule,
                truth,
                [alert for alert in course.alerts if alert.rule == rule.id],
                [alert for alert in course.naive if alert.rule == rule.id],
            )
            for rule in rules
        ),
        others=dict(others),
        silence=sum(count for rule, count in others.items() if rule in missing),
        naive_silence=len(course.naive_silences),
        audible=audible(alert for alert in course.alerts if alert.rule in ids | missing),
        audible_of_all=audible(course.alerts),
        presented=audible(alert for alert in course.alerts if alert.rule in ids),
        naive_presented=audible(course.naive),
    )
