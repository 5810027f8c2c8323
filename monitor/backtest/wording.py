"""The words and numbers that the reports share."""

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.backtest.figures import Backtest, Compared, Count, Row, Shift
from monitor.backtest.judging import Raised
from monitor.backtest.rule_set import RuleSet
from schemas.instant import format_ms
from schemas.session import Phase

NOTHING: Final = "-"
INTENDED_USE: Final = "A secondary display and a record. Not a medical device; not for clinical decisions."
COUNT_HEAD: Final = ("raised A", "B", "B-A", "per hour A", "B", "per session A", "B", "detected after A", "B")
SHIFT_HEAD: Final = ("cause", "first alert", "both", "B earlier", "same", "B later", "median", "from", "to", "only A", "only B")


def rule_set_line(letter: str, rules: RuleSet) -> str:
    if rules.text is None:
        return f"{letter}  {rules.source}"
    return f"{letter}  {rules.version}  sha256 {rules.sha256[:16]}  {rules.source}"


def reviews(rules: RuleSet) -> str | None:
    if not rules.unreviewed:
        return None
    return f"{rules.unreviewed} of its {rules.rules} rules are not reviewed by a physician"


def scope(backtest: Backtest) -> str:
    """How much was judged, and of what kind of patients."""
    modes = sorted({mode for each in backtest.sessions for mode in each.session.modes})
    kinds = f" ({', '.join(modes)})" if modes else ""
    return f"{counted(len(backtest.sessions), 'session')}{kinds}, {backtest.hours:.1f} h under rules, {backtest.readings:,} readings"


def cuffs_asked(backtest: Backtest) -> str:
    return (
        f"Second cuffs asked for: A {backtest.cuffs_asked_a}, B {backtest.cuffs_asked_b}. "
        "A cuff came where it was asked for then; what B would have asked for beside that never came"
    )


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def span(milliseconds: float | None) -> str:
    """A length of time as people say it."""
    if milliseconds is None:
        return NOTHING
    seconds = milliseconds / 1000
    if abs(seconds) < 600:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min"


def shifted(milliseconds: float | None) -> str:
    """By how much B is later: with its sign."""
    return NOTHING if milliseconds is None else f"{'+' if milliseconds > 0 else ''}{span(milliseconds)}"


def count_cells(row: Row) -> tuple[str, ...]:
    a, b = row.a, row.b
    change = f"{b.raised - a.raised:+d}" if b.raised != a.raised else "0"
    rates = (f"{a.per_hour:.2f}", f"{b.per_hour:.2f}", f"{a.per_session:.2f}", f"{b.per_session:.2f}")
    return (_raised(a), _raised(b), change, *rates, _detected(a), _detected(b))


def _raised(count: Count) -> str:
    return f"{count.raised} ({count.recurrences} again)" if count.recurrences else str(count.raised)


def _detected(count: Count) -> str:
    if count.detect_median_ms is None:
        return NOTHING
    return f"{span(count.detect_median_ms)} / {span(count.detect_longest_ms)}"


def priority_of(row: Row) -> str:
    """'high', or 'high, B medium' where the sets rank it differently."""
    a, b = row.priority_a, row.priority_b
    if a is None or b is None or a is b:
        return str(a or b or "")
    return f"{a}, B {b}"


def shift_cells(shift: Shift) -> tuple[str, ...]:
    same = shift.both - shift.earlier - shift.later
    numbers = (shift.both, shift.earlier, same, shift.later)
    spans = (shifted(shift.median_ms), shifted(shift.earliest_ms), shifted(shift.latest_ms))
    kind = "of high priority" if shift.is_high else "of any priority"
    return (shift.cause, kind, *map(str, numbers), *spans, str(shift.a_alone), str(shift.b_alone))


def when(each: Compared, raised: Raised) -> str:
    """Its instant, and the minute since the first infusion (or the beginning of the log) that a clinician thinks in."""
    infusing_ms = next((since.at_ms for since in each.session.phases if since.phase is Phase.INFUSING), None)
    from_ms = each.session.began_ms if infusing_ms is None else infusing_ms
    minute = (raised.raised_at_ms - from_ms) / 60_000
    return f"{format_ms(raised.raised_at_ms)[:19]}Z  {'infusion' if infusing_ms is not None else 'log'} {minute:+.1f} min"


def alert_words(raised: Raised) -> str:
    again = ", again" if raised.is_recurrence else ""
    return f"{raised.alert} {raised.priority}{again}: {raised.reason}"


Difference = tuple[Compared, Raised, str]  # in which session, the alert, what the other set has beside it


def differences(sessions: Sequence[Compared]) -> tuple[tuple[str, list[Difference]], ...]:
    """The concrete alerts in which the rule sets differ, list by list, each under its heading."""
    missed = [(each, raised, "") for each in sessions for raised in each.comparison.missed]
    added = [(each, raised, "") for each in sessions for raised in each.comparison.added]
    lower = [(each, pair.raised, f"B: {alert_words(pair.other)}") for each in sessions for pair in each.comparison.lowered]
    higher = [(each, pair.raised, f"A: {alert_words(pair.other)}") for each in sessions for pair in each.comparison.heightened]
    return (
        ("Raised by A, missed by B", missed),
        ("Raised by B alone", added),
        ("Lower in B", lower),
        ("Higher in B", higher),
    )


def refused_lines(backtest: Backtest) -> Iterable[str]:
    """What people did then and a rule set would not have taken, with what was made of it; then where the sets went separate ways."""
    for letter, refused in (("A", backtest.refused_a), ("B", backtest.refused_b)):
        for what, number in refused.items():
            yield f"{letter}  {number} x {what}"
    for each in backtest.sessions:
        session = each.session
        if session.parted_at_ms is not None:
            yield (
                f"{session.session} ({session.path}): from {format_ms(session.parted_at_ms)} on A and B are not in the same phase, "
                f"so they cannot be compared: {_why_parted(each)}"
            )


def _why_parted(each: Compared) -> str:
    for letter, judged in (("A", each.session.a), ("B", each.session.b)):
        for refusal in judged.refusals:
            if refusal.kind == "phase_ordered" and refusal.at_ms == each.session.parted_at_ms:
                return f"{letter} refused: {refusal.why}"
    return "a phase was refused"


def left_out(backtest: Backtest) -> Iterable[str]:
    yield from (str(broken) for broken in backtest.broken)
    yield from backtest.again


def cut_short(backtest: Backtest) -> Iterable[str]:
    """Logs without an export's last line."""
    return (each.session.path for each in backtest.sessions if not each.session.has_manifest)
