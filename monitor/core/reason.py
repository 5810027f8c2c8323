"""The reason of an alert in words: worst value and limit first, then how it was confirmed, then the distance from the baseline."""

from collections.abc import Mapping, Sequence

from monitor.core.armed import ArmedTerm
from monitor.core.channel import Channel
from schemas.signs import SIGNS, Derived, Sign
from schemas.vitals import format_milli

_COUNTS = frozenset(
    {
        Derived.FROZEN_DEVICES,
        Derived.LOST_DEVICES,
        Derived.DOUBTFUL_SIGNS,
        Derived.FAILED_CUFFS,
        Derived.WATCHING_SCREENS,
        Derived.UNSEEN_ALERTS,
        Derived.UNANSWERED_HIGH,
    }
)


def breach_reason(clause: Sequence[ArmedTerm], channels: Mapping[Sign, Channel], *, confirmed: bool = False) -> str:
    """'SBP 184 >= 180, confirmed by 2 cuffs, +47 % of baseline 125'. Every term of the clause is breached, so every value is there."""
    values = [channels[term.sign].value_milli or 0 for term in clause]
    parts = [" and ".join(term_reason(term, value) for term, value in zip(clause, values, strict=True))]
    if confirmed:
        parts.append("confirmed by 2 cuffs")
    parts.extend(_distance(value, term.baseline_milli) for term, value in zip(clause, values, strict=True) if term.baseline_milli)
    return ", ".join(parts)


def held_reason(reason: str, held_ms: int) -> str:
    """'HR 140 >= 131 for 15 s, +94 % of baseline 72'."""
    head, comma, rest = reason.partition(",")
    return f"{head} for {seconds(held_ms)}{comma}{rest}" if held_ms else reason


def unheld_reason(reason: str, age_ms: int) -> str:
    """'HR 105 >= 100, no value for 55 s, +46 % of baseline 72': nothing says that the condition held so long, or that it did not."""
    head, comma, rest = reason.partition(",")
    return f"{head}, no value for {seconds(age_ms)}{comma}{rest}"


def missing_reason(missing: Sequence[Sign], silent_ms: int, channels: Mapping[Sign, Channel]) -> str:
    """'no usable HR and SpO2 for 30 s, last SpO2 95'."""
    last = [
        f"{SIGNS[sign].label} {format_milli(value)}"
        for sign in missing
        if channels[sign].is_vital and (value := channels[sign].value_milli) is not None
    ]
    said = f"no usable {' and '.join(SIGNS[sign].label for sign in missing)} for {seconds(silent_ms)}"
    return f"{said}, last {' and '.join(last)}" if last else said


def seconds(duration_ms: int) -> str:
    """'15 s', '0.5 s'."""
    return f"{duration_ms / 1000:g} s"


def term_reason(term: ArmedTerm, value_milli: int) -> str:
    """'SBP 184 >= 180'; of a yes or no the name alone, of a count 'unanswered high alerts: 2', of anything more than nothing its value."""
    row = SIGNS[term.sign]
    if is_yes_no(term.sign):
        return row.label if value_milli else f"no {row.label}"
    if isinstance(term.sign, Derived):
        if term.sign in _COUNTS:
            return f"{row.label}: {format_milli(value_milli)}"
        if 0 < term.limit_milli <= 1 and term.is_high:
            return f"{row.label} {format_milli(value_milli)} {row.unit}"
    return f"{row.label} {format_milli(value_milli)} {term.symbol} {format_milli(term.shown_milli)}"


def is_yes_no(sign: Sign) -> bool:
    """Whether a sign is 0 or 1 alone."""
    row = SIGNS[sign]
    return (row.unit, row.low, row.high) == ("1", 0, 1)


def _distance(value_milli: int, baseline_milli: int) -> str:
    percent = round(100 * (value_milli - baseline_milli) / baseline_milli)
    return f"{percent:+d} % of baseline {format_milli(baseline_milli)}"
