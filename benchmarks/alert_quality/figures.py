"""The outcomes of all sessions as figures. What a figure means is said on the page that `page` writes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean, median
from typing import Any, Final

from benchmarks.alert_quality.bounds import is_judged, is_of_cuffs
from benchmarks.alert_quality.course import KNOWN
from benchmarks.alert_quality.matching import Verdict
from benchmarks.alert_quality.session import Outcome
from benchmarks.alert_quality.truth import TOLERANCE_S
from schemas.limits import Limits, Rule

MAX_AUDIBLE: Final = 1
MIN_FEWER: Final = 0.8
MAX_MISSED_SHOWN: Final = 50
OWN_FAULT: Final = "of the scenario"


def summarise(outcomes: Sequence[Outcome], limits: Limits, seed: int) -> dict[str, Any]:
    """Everything that goes into the JSON but the recordings."""
    played = [outcome for outcome in outcomes if outcome.is_started]
    rules = [rule for rule in limits.rule if is_judged(rule, KNOWN)]
    by_rule: dict[str, list[Verdict]] = {rule.id: [] for rule in rules}
    for outcome in played:
        for verdict in outcome.verdicts:
            by_rule[verdict.rule].append(verdict)
    disturbed = [outcome for outcome in played if outcome.has_artefacts]
    uneventful = [outcome for outcome in played if outcome.is_uneventful]
    excess = [value for verdicts in by_rule.values() for verdict in verdicts for value in verdict.excess_s]
    missed = [_miss(outcome, verdict, at_s) for outcome in played for verdict in outcome.verdicts for at_s in verdict.missed]
    figures: dict[str, Any] = {
        "sessions": len(played),
        "missed_true_events": len(missed),
        "detection_excess_s_max": _rounded(max(excess, default=None)),
        "audible_per_uneventful_session_median": median(outcome.audible for outcome in uneventful) if uneventful else None,
        "fewer_than_naive_on_artefacts": _burden(disturbed).get("fewer_presented_than_naive"),
        "fewer_raised_than_naive_on_artefacts": _burden(disturbed).get("fewer_than_naive"),
        "fewer_false_than_naive_on_artefacts": _burden(disturbed).get("fewer_false_than_naive"),
    }
    figures["goals"] = goals(figures)
    figures |= {
        "seed": seed,
        "limits_version": limits.version,
        "hours": round(sum(outcome.hours for outcome in played), 1),
        "not_started": [outcome.index for outcome in outcomes if not outcome.is_started],
        "overridden_starts": sum(outcome.overrides > 0 for outcome in played),
        "true_events": sum(verdict.sustained for outcome in played for verdict in outcome.verdicts),
        "uneventful": _burden(uneventful),
        "calm_with_artefacts": _burden([outcome for outcome in disturbed if outcome.is_calm]),
        "with_artefacts": _burden(disturbed),
        "artefacts": {plan: _burden(members) for plan, members in _by_plan(disturbed).items()},
        "per_rule": {rule.id: _of_rule(rule, by_rule[rule.id]) for rule in rules},
        "not_measured": {rule.id: _unmeasured(rule, played) for rule in limits.rule if not is_judged(rule, KNOWN)},
        "missed": missed[:MAX_MISSED_SHOWN],
    }
    return figures


def goals(figures: dict[str, Any]) -> dict[str, bool]:
    """Which goals are reached. One that nothing was measured for is not."""
    excess, heard, fewer = (
        figures[key] for key in ("detection_excess_s_max", "audible_per_uneventful_session_median", "fewer_than_naive_on_artefacts")
    )
    return {
        "no true sustained event missed": figures["missed_true_events"] == 0 and excess is not None,
        "detected within the rule's time + 2 s": excess is not None and excess <= TOLERANCE_S,
        "at most 1 audible alert in the median uneventful session": heard is not None and heard <= MAX_AUDIBLE,
        "at least 80 % fewer alerts than the naive rules on artefact sessions": fewer is not None and fewer >= MIN_FEWER,
    }


def _miss(outcome: Outcome, verdict: Verdict, at_s: float) -> dict[str, Any]:
    return {"session": outcome.index, "scenario": outcome.card, "artefacts": outcome.plan, "rule": verdict.rule, "at_s": at_s}


def _by_plan(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        found[OWN_FAULT if outcome.plan == "none" else outcome.plan].append(outcome)
    return dict(sorted(found.items()))


def _fewer(engine: int, naive: int) -> float | None:
    return round(1.0 - engine / naive, 4) if naive else None


def _raised(outcome: Outcome) -> tuple[int, int]:
    """Alerts of the judged rules in a session: engine's, naive's."""
    return sum(verdict.engine.raised for verdict in outcome.verdicts), sum(verdict.naive.raised for verdict in outcome.verdicts)


def _totals(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    counts = [_raised(outcome) for outcome in outcomes]
    return sum(engine for engine, _ in counts), sum(naive for _, naive in counts)


def _calmest(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Without the tenth that has the most naive alerts: a few patients who live on a limit must not make the figure."""
    return sorted(outcomes, key=lambda outcome: _raised(outcome)[1])[: max(1, round(0.9 * len(outcomes)))]


def _burden(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """A group of sessions: how many alerts, how many of them false, how many heard."""
    if not outcomes:
        return {"sessions": 0}
    engine, naive = _totals(outcomes)
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    false, naive_false = (sum(getattr(verdict, way).false for verdict in verdicts) for way in ("engine", "naive"))
    silence, naive_silence = (sum(getattr(outcome, way) for outcome in outcomes) for way in ("silence", "naive_silence"))
    presented, naive_presented = (sum(getattr(outcome, way) for outcome in outcomes) for way in ("presented", "naive_presented"))
    heard = sorted(outcome.audible for outcome in outcomes)
    per_session = {
        "alerts": engine,
        "false_alerts": false,
        "missing_data_alerts": silence,
        "naive_alerts": naive,
        "naive_false_alerts": naive_false,
        "naive_missing_data_alerts": naive_silence,
        "presented": presented,
        "naive_presented": naive_presented,
    }
    return {
        "sessions": len(outcomes),
        **{f"{name}_per_session": _rounded(total / len(outcomes)) for name, total in per_session.items()},
        "fewer_than_naive": _fewer(engine, naive),
        "fewer_than_naive_without_worst_tenth": _fewer(*_totals(_calmest(outcomes))),
        "fewer_false_than_naive": _fewer(false, naive_false),
        "fewer_presented_than_naive": _fewer(presented, naive_presented),
        "fewer_than_naive_with_missing_data": _fewer(engine + silence, naive + naive_silence),
        "audible_median": median(heard),
        "audible_mean": _rounded(mean(heard)),
        "audible_p90": heard[int(0.9 * (len(heard) - 1))],
        "audible_max": heard[-1],
        "audible_of_all_median": median(outcome.audible_of_all for outcome in outcomes),
    }


def _of_rule(rule: Rule, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    sessions = max(1, len(verdicts))
    events = sum(verdict.sustained for verdict in verdicts)
    missed = sum(len(verdict.missed) for verdict in verdicts)
    delays = [value for verdict in verdicts for value in verdict.delay_s]
    excess = [value for verdict in verdicts for value in verdict.excess_s]
    return {
        "true_events": events,
        "true_events_at_once": sum(verdict.at_once for verdict in verdicts),
        "detected": events - missed,
        "slight_events": sum(verdict.slight for verdict in verdicts),
        "slight_detected": sum(verdict.slight_detected for verdict in verdicts),
        "sensitivity": _rounded((events - missed) / events) if events else None,
        "alerts_per_session": _rounded(sum(verdict.engine.raised for verdict in verdicts) / sessions),
        "false_alerts_per_session": _rounded(sum(verdict.engine.false for verdict in verdicts) / sessions),
        "false_by_sensor_error_per_session": _rounded(sum(verdict.engine.doubtful for verdict in verdicts) / sessions),
        "ended_while_true": sum(verdict.ended_early for verdict in verdicts),
        "rule_time_s": (rule.confirm.within_s if rule.confirm is not None else rule.onset_s),
        "is_of_cuffs": is_of_cuffs(rule),
        "delay_s_median": _rounded(median(delays)) if delays else None,
        "delay_s_max": _rounded(max(delays, default=None)),
        "excess_s_max": _rounded(max(excess, default=None)),
        "naive_alerts_per_session": _rounded(sum(verdict.naive.raised for verdict in verdicts) / sessions),
        "naive_false_alerts_per_session": _rounded(sum(verdict.naive.false for verdict in verdicts) / sessions),
    }


def _unmeasured(rule: Rule, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    raised = sum(outcome.others.get(rule.id, 0) for outcome in outcomes)
    return {"title": rule.title, "kind": str(rule.kind), "alerts_per_session": _rounded(raised / max(1, len(outcomes)))}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
