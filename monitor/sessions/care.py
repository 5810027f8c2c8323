"""What a form needs to know of a session before a person fills it in: what stands against the next step, what is asked, which limits may be
moved and how far. Pure.
"""

import msgspec

from monitor.core.engine import Engine
from monitor.core.gates import gates_of
from monitor.core.reason import is_yes_no
from monitor.core.rule_state import RuleState
from schemas.alert import Priority
from schemas.limits import Before, Direction, Gate, Term
from schemas.log import GateFinding
from schemas.session import Phase, Treatment
from schemas.signs import SIGNS, Charted, SignRow
from schemas.stream_wire import ObservationNow
from schemas.vitals import MILLI, VITAL_SIGNS, Vital


class SignForm(msgspec.Struct, frozen=True):
    """A sign as a form shows it. Yes is 1, no is 0."""

    sign: Charted
    label: str
    unit: str
    low: int
    high: int
    is_yes_no: bool


class AskedSign(msgspec.Struct, frozen=True):
    """`is_required`: a gate is closed until it is charted. `now`: what stands, None where nobody has charted it."""

    form: SignForm
    is_required: bool
    now: ObservationNow | None


class GatesNow(msgspec.Struct, frozen=True):
    """As of `at_ms`. `findings`: what would stand against the step if it were taken now. A session without an infusion has no gates."""

    at_ms: int
    before: Before
    findings: tuple[GateFinding, ...]
    asked: tuple[AskedSign, ...]


class AdjustableLimit(msgspec.Struct, frozen=True):
    """A limit that may be moved for one patient, between `lowest` and `highest`. `needs_second`: a looser one waits for a second person."""

    rule: str
    title: str
    priority: Priority
    vital: Vital
    label: str
    unit: str
    direction: Direction
    limit: float  # in force
    ordinary: float  # that of the rule set
    lowest: float
    highest: float
    needs_second: bool


class DueCheck(msgspec.Struct, frozen=True):
    """A sign that must be charted again `every_ms` in these phases, or `rule` raises an alert."""

    rule: str
    sign: Charted
    every_ms: int
    phases: tuple[Phase, ...]


class LimitsNow(msgspec.Struct, frozen=True):
    limits: tuple[AdjustableLimit, ...]
    checks: tuple[DueCheck, ...]


def sign_forms() -> tuple[SignForm, ...]:
    """Every sign that people chart."""
    return tuple(_form(SIGNS[sign]) for sign in Charted)


def gates_now(engine: Engine, before: Before, now_ms: int) -> GatesNow:
    at_ms = max(now_ms, engine.at_ms)
    if engine.created.order.treatment is Treatment.NONE:
        return GatesNow(at_ms=at_ms, before=before, findings=(), asked=())
    gates = [gate for gate in gates_of(engine.limits.gate, engine.created.order.treatment) if gate.before is before]
    required = {sign for gate in gates for sign in (*gate.asked, *gate.needs)}
    looked_at = required | {term.charted for gate in gates for term in _terms(gate) if term.charted is not None}
    asked = tuple(
        AskedSign(form=_form(SIGNS[sign]), is_required=sign in required, now=_charted(engine, sign))
        for sign in Charted
        if sign in looked_at
    )
    return GatesNow(at_ms=at_ms, before=before, findings=engine.gate_findings(before, at_ms), asked=asked)


def limits_now(engine: Engine) -> LimitsNow:
    own = {(row.rule, row.vital, row.direction): row.limit_milli for row in engine.own_limits() if row.proposal is None}
    limits: list[AdjustableLimit] = []
    for rule in engine.limits.rule:
        state = RuleState(rule, engine.limits) if rule.adjust else None
        for bound in rule.adjust:
            ordinary_milli = state.ordinary_milli(bound.vital, bound.direction) if state is not None else None
            if ordinary_milli is None:
                continue  # the rule set names a bound for a limit that it does not have
            row = VITAL_SIGNS[bound.vital]
            limits.append(
                AdjustableLimit(
                    rule=rule.id,
                    title=rule.title,
                    priority=rule.priority,
                    vital=bound.vital,
                    label=row.label,
                    unit=row.unit,
                    direction=bound.direction,
                    limit=own.get((rule.id, bound.vital, bound.direction), ordinary_milli) / MILLI,
                    ordinary=ordinary_milli / MILLI,
                    lowest=bound.min,
                    highest=bound.max,
                    needs_second=rule.priority is Priority.HIGH,
                )
            )
    return LimitsNow(limits=tuple(limits), checks=checks_of(engine))


def checks_of(engine: Engine) -> tuple[DueCheck, ...]:
    """What must be charted how often, by the rules of this session."""
    return tuple(
        DueCheck(rule=rule.id, sign=rule.missing_charted, every_ms=int(rule.after_s * 1000), phases=rule.phases)
        for rule in engine.limits.rule
        if rule.missing_charted is not None and rule.after_s is not None
    )


def _terms(gate: Gate) -> list[Term]:
    return [term for clause in gate.any for term in clause.all]


def _form(row: SignRow) -> SignForm:
    assert isinstance(row.sign, Charted)
    return SignForm(sign=row.sign, label=row.label, unit=row.unit, low=int(row.low), high=int(row.high), is_yes_no=is_yes_no(row.sign))


def _charted(engine: Engine, sign: Charted) -> ObservationNow | None:
    found = engine.charted.get(sign)
    return None if found is None else ObservationNow(found[1], found[0].by, sign, found[0].value)
