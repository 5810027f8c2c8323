"""Gates: what stands against a step of the session, and whether it can be overridden. Pure tables of the rule set over signs."""

from collections.abc import Mapping, Sequence
from typing import Final

from monitor.core.armed import arm_term
from monitor.core.channel import Channel
from monitor.core.reason import term_reason
from monitor.core.refused import Refused
from monitor.core.signals import RAISED
from schemas.alert import PRIORITY_RANK, Alert
from schemas.limits import Before, Clause, Effect, Gate
from schemas.log import GateFinding
from schemas.session import Baseline, Treatment
from schemas.signs import SIGNS, Sign

NO_BASELINE: Final = "G-BASE"


class Facts:
    """What gates look at. Before the start a vital sign's baseline stands for it; where there is none, its newest value."""

    def __init__(
        self,
        channels: Mapping[Sign, Channel],
        grown: Mapping[Sign, int],
        baselines: Sequence[Baseline],
        alerts: Sequence[Alert],
        before: Before,
        at_ms: int,
    ) -> None:
        self._channels = channels
        self._grown = grown
        self._baselines: dict[Sign, int] = {baseline.vital: baseline.value_milli for baseline in baselines}
        self._prefers_baseline = before is Before.START
        self._at_ms = at_ms
        self.alerts = alerts

    def baseline(self, sign: Sign) -> int | None:
        return self._baselines.get(sign)

    def value(self, sign: Sign) -> int | None:
        """In thousandths; None where it is not known."""
        if self._prefers_baseline and sign in self._baselines:
            return self._baselines[sign]
        if sign in self._grown:
            return self._grown[sign]
        return self._channels[sign].usable_milli(self._at_ms)


def judge_gates(gates: Sequence[Gate], before: Before, facts: Facts) -> tuple[GateFinding, ...]:
    """The gates that are not open, in the order of the rule set."""
    found: list[GateFinding] = []
    for gate in gates:
        reasons = _reasons(gate, facts) if gate.before is before else []
        if reasons:
            found.append(GateFinding(effect=gate.effect, gate=gate.id, reason="; ".join(reasons), title=gate.title))
    return tuple(found)


def gates_of(gates: Sequence[Gate], treatment: Treatment) -> tuple[Gate, ...]:
    """Those that stand before a step of this treatment."""
    return tuple(gate for gate in gates if not gate.treatments or treatment in gate.treatments)


def no_baseline(reason: str) -> GateFinding:
    """The personal baseline is incomplete: the rules on changes would be inert."""
    return GateFinding(effect=Effect.OVERRIDE, gate=NO_BASELINE, reason=reason, title="Baseline incomplete")


def refuse_closed(findings: Sequence[GateFinding], override: str | None) -> None:
    """Raises Refused: `gate_hard` for what nobody can override, `gate_closed` for what a reason is wanted for."""
    hard = [finding for finding in findings if finding.effect is Effect.HARD]
    if hard:
        raise Refused("gate_hard", f"nobody can override: {_text(hard)}")
    closed = [finding for finding in findings if finding.effect is Effect.OVERRIDE]
    if closed and not (override or "").strip():
        if [finding.gate for finding in closed] == [NO_BASELINE]:
            raise Refused("baseline_incomplete", f"{closed[0].reason}; give a reason to start all the same")
        raise Refused("gate_closed", f"{_text(closed)}. Settle it, or give a reason to go on all the same")


def _text(findings: Sequence[GateFinding]) -> str:
    return "; ".join(f"{finding.title} ({finding.gate}: {finding.reason})" for finding in findings)


def _reasons(gate: Gate, facts: Facts) -> list[str]:
    reasons = [text for clause in gate.any if (text := _breach(clause, facts)) is not None]
    reasons += [f"{SIGNS[sign].label}: not charted" for sign in gate.asked if facts.value(sign) is None]
    for sign in gate.needs:
        value = facts.value(sign)
        if not value:
            reasons.append(f"{SIGNS[sign].label}: {'not charted' if value is None else 'no'}")
    reasons += [f"no usable {SIGNS[vital].label}" for vital in gate.needs_vitals if facts.value(vital) is None]
    if gate.no_open_alert is not None:
        rank = PRIORITY_RANK[gate.no_open_alert]
        reasons += [f"{alert.title} is open" for alert in facts.alerts if alert.state in RAISED and PRIORITY_RANK[alert.priority] >= rank]
    return reasons


def _breach(clause: Clause, facts: Facts) -> str | None:
    """Why a clause is breached; None where it is not, or where a value of it is not known."""
    texts: list[str] = []
    for term in clause.all:
        armed, value = arm_term(term, facts.baseline(term.sign)), facts.value(term.sign)
        if armed is None or value is None or (value < armed.limit_milli if armed.is_high else value > armed.limit_milli):
            return None
        texts.append(term_reason(armed, value))
    return " and ".join(texts)
