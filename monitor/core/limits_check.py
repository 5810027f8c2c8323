"""What the types of a rule set cannot say. A rule that could never be raised, never be cleared or never be seen is refused by name."""

from monitor.core.armed import rule_sign
from monitor.core.phases import JUDGED_PHASES
from monitor.core.reason import is_yes_no
from schemas.alert import Priority
from schemas.limits import Before, Clause, Direction, Gate, Limits, Rule, RuleKind, Term
from schemas.signs import SIGNS

# Without a rule of high priority for each of these, or without a gate before the start, nothing is armed.
_HIGH_CAUSES = frozenset(
    {"blood_pressure_high", "blood_pressure_low", "heart_rate_high", "heart_rate_low", "spo2_low", "all_missing", "dose_beyond_order"}
)
_LETTER = {Priority.HIGH: "H", Priority.MEDIUM: "M", Priority.LOW: "L"}


class LimitsError(ValueError):
    """The rule set cannot be used; the text says which row and why."""


def check_limits(limits: Limits) -> None:
    """Raises LimitsError for the first row that is wrong."""
    if list(limits.admission.pulse_pressure) != sorted(limits.admission.pulse_pressure, reverse=True):
        raise LimitsError("limits: admission.pulse_pressure must list the highest systolic first")
    seen: set[str] = set()
    for rule in limits.rule:
        where = f"limits: rule {rule.id}"
        if rule.id in seen:
            raise LimitsError(f"{where} stands twice")
        seen.add(rule.id)
        fault = _rule_fault(rule)
        if fault is not None:
            raise LimitsError(f"{where}: {fault}")
    _check_gates(limits.gate)


def check_whole(limits: Limits) -> None:
    """What a rule set must have to arm sessions; one that is only judged by again need not. Raises LimitsError."""
    lacking = _HIGH_CAUSES - {rule.cause for rule in limits.rule if rule.priority is Priority.HIGH}
    if lacking:
        raise LimitsError(f"limits: no rule of high priority for {', '.join(sorted(lacking))}")
    steps = set(Before) - {gate.before for gate in limits.gate}
    if steps:
        raise LimitsError(f"limits: no gate before {', '.join(sorted(steps))}")


def _check_gates(gates: tuple[Gate, ...]) -> None:
    seen: set[str] = set()
    for gate in gates:
        where = f"limits: gate {gate.id}"
        if gate.id in seen:
            raise LimitsError(f"{where} stands twice")
        seen.add(gate.id)
        if not (gate.any or gate.asked or gate.needs or gate.needs_vitals or gate.no_open_alert):
            raise LimitsError(f"{where}: it takes any, asked, needs, needs_vitals or no_open_alert")
        scores = [sign for sign in gate.needs if not is_yes_no(sign)]
        if scores:
            raise LimitsError(f"{where}: needs is for a yes; {', '.join(scores)} is a score, take asked")
        for term in (term for clause in gate.any for term in clause.all):
            fault = _term_fault(term)
            if fault is not None:
                raise LimitsError(f"{where}: {fault}")


def _rule_fault(rule: Rule) -> str | None:
    if rule.id.split("-")[1][0] != _LETTER[rule.priority]:
        return f"its id says another priority than {rule.priority}"
    if rule.priority is Priority.HIGH and not rule.latch:
        return "a high priority latches until a person answers: latch = true"
    if not JUDGED_PHASES.issuperset(rule.phases):
        return f"rules apply in the phases {', '.join(sorted(JUDGED_PHASES))}, and in no others"
    return _missing_fault(rule) if rule.kind is RuleKind.MISSING else _limit_fault(rule)


def _missing_fault(rule: Rule) -> str | None:
    if rule.any or rule.immediate or rule.confirm or rule.onset_s or rule.clear_hold_s or rule.clear_readings != 1:
        return "kind missing is raised by silence and cleared by any usable value: it takes no clauses, onset, confirmation or clearing"
    if not rule.silent or (rule.after_s is None) == (rule.after_intervals is None):
        return "kind missing takes `missing` and exactly one of after_s, after_intervals"
    if rule.adjust:
        return "adjust is for limits"
    is_by_interval = rule.after_intervals is not None
    if any(SIGNS[sign].is_cuff is not is_by_interval for sign in rule.silent):
        return "a cuff is missing after_intervals, a streamed value after_s"
    return None


def _limit_fault(rule: Rule) -> str | None:
    if not rule.any or rule.silent or rule.after_s is not None or rule.after_intervals is not None:
        return f"kind {rule.kind} takes `any`, and neither `missing` nor `after_*`"
    clauses = (*rule.any, *rule.immediate)
    terms = [term for clause in clauses for term in clause.all]
    for term in terms:
        fault = _term_fault(term)
        if fault is not None:
            return fault
    has_change = any(term.limit is None for term in terms)
    if has_change != (rule.kind is RuleKind.CHANGE):
        return f"kind {RuleKind.CHANGE} is for changes from the baseline, kind {RuleKind.LIMIT} for limits alone"
    if (rule.clear_readings > 1 or rule.clear_hold_s) and any(all(term.vital is None for term in clause.all) for clause in clauses):
        return "clear_readings and clear_hold_s are for vital signs: what is charted or derived comes once"
    for row in rule.adjust:
        alone = [clause.all[0] for clause in rule.any if len(clause.all) == 1]
        limits = [term.limit for term in alone if term.vital is row.vital and term.direction is row.direction and term.limit is not None]
        if len(limits) != 1 or not row.min <= limits[0] <= row.max:
            return f"adjust of {row.vital} needs one limit of its own, between its min and max"
        if not SIGNS[row.vital].low <= row.min < row.max <= SIGNS[row.vital].high:
            return f"adjust of {row.vital} is not between plausible values"
    if rule.confirm is not None:
        if rule.onset_s or not SIGNS[rule_sign(rule)].is_cuff or not all(_has_cuff(clause) for clause in clauses):
            return "confirm is for cuff values, one in every clause, without onset_s"
        if rule.confirm.within_s <= rule.confirm.min_gap_s:
            return "no second cuff can come after min_gap_s and still within_s"
    return None


def _has_cuff(clause: Clause) -> bool:
    return any(SIGNS[term.sign].is_cuff for term in clause.all)


def _term_fault(term: Term) -> str | None:
    if [term.vital, term.charted, term.derived].count(None) != 2:
        return "a term takes exactly one of vital, charted, derived"
    if [term.limit, term.change, term.change_percent].count(None) != 2:
        return "a term takes exactly one of limit, change, change_percent"
    if [term.clear, term.clear_change_percent, term.clear_margin].count(None) < 2:
        return "a term takes at most one of clear, clear_change_percent, clear_margin"
    if (term.unless_baseline_below is None) != (term.then_change is None):
        return "unless_baseline_below and then_change go together"
    return _limit_term_fault(term, term.limit) if term.limit is not None else _change_term_fault(term)


def _limit_term_fault(term: Term, limit: float) -> str | None:
    is_high = term.direction is Direction.HIGH
    row = SIGNS[term.sign]
    if term.floor is not None or term.clear_change_percent is not None:
        return "floor and clear_change_percent are for changes from the baseline"
    if term.unless_baseline_below is not None and is_high:
        return "unless_baseline_below is for low limits"
    for number in (limit, term.clear):
        if number is not None and not row.low <= number <= row.high:
            return f"{number:g} is not a plausible {row.label} ({row.low:g}-{row.high:g})"
    if term.clear is not None and (term.clear > limit if is_high else term.clear < limit):
        return f"clear {term.clear:g} is on the wrong side of limit {limit:g}"
    return None


def _change_term_fault(term: Term) -> str | None:
    is_high = term.direction is Direction.HIGH
    rise = term.change if term.change is not None else term.change_percent
    if term.vital is None:
        return "only a vital sign has a baseline to change from"
    if not rise or (rise > 0) is not is_high:
        return f"a change of {rise:g} does not go {term.direction}"
    if term.unless_baseline_below is not None:
        return "unless_baseline_below is for limits"
    if term.floor is not None and not is_high:
        return "a floor is for rises: it would raise a low limit"
    return None
