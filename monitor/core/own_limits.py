"""Limits of one patient's own: bounded by the rule set, loosened for a rule of high priority only by two persons, gone with the session."""

import msgspec

from monitor.core.judge import Judge
from monitor.core.refused import Refused
from monitor.core.rule_state import RuleState
from schemas.alert import Priority
from schemas.limits import Direction
from schemas.log import Body, LimitAwaitsConfirmation, LimitChanged, LimitConfirmed, LimitProposed
from schemas.vitals import Vital, format_milli


class OwnLimit(msgspec.Struct, frozen=True):
    """In force, or (`proposal` given) waiting for a second person."""

    by: str
    direction: Direction
    limit_milli: int
    ordinary_milli: int
    proposal: int | None
    rule: str
    vital: Vital


class OwnLimits:
    """Owned by one engine."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._waiting: dict[int, LimitProposed] = {}
        self._in_force: dict[tuple[str, Vital, str], LimitChanged] = {}
        self._proposals = 0

    def propose(self, body: LimitProposed) -> list[Body]:
        """Raises Refused: `unknown_rule`, `not_adjustable`, `out_of_bounds`, `same_limit`."""
        state, direction, old_milli = self._find(body)
        bound = next((row for row in state.rule.adjust if row.vital is body.vital and row.direction is direction), None)
        if bound is None:
            raise Refused("not_adjustable", f"{body.rule} has no limit on {body.vital} that may be moved")
        if not bound.min * 1000 <= body.limit_milli <= bound.max * 1000:
            raise Refused("out_of_bounds", f"{body.rule}: the limit may be moved between {bound.min:g} and {bound.max:g}")
        if body.limit_milli == old_milli:
            raise Refused("same_limit", f"{body.rule} is judged by {format_milli(old_milli)} already")
        is_looser = (body.limit_milli > old_milli) is (direction is Direction.HIGH)
        if is_looser and state.rule.priority is Priority.HIGH:
            self._proposals += 1
            self._waiting[self._proposals] = body
            return [LimitAwaitsConfirmation(self._proposals, body.rule)]
        return [self._change(body, old_milli, confirmed_by=None)]

    def confirm(self, body: LimitConfirmed) -> list[Body]:
        """Raises Refused: `no_such_proposal`, `second_person_needed`."""
        proposed = self._waiting.get(body.proposal)
        if proposed is None:
            raise Refused("no_such_proposal", f"no limit waits for confirmation under {body.proposal}")
        if proposed.by == body.by:
            raise Refused("second_person_needed", f"{body.by} proposed it: another person must confirm it")
        del self._waiting[body.proposal]
        return [self._change(proposed, self._find(proposed)[2], confirmed_by=body.by)]

    def _find(self, body: LimitProposed) -> tuple[RuleState, Direction, int]:
        state = self._judge.by_id.get(body.rule)
        if state is None:
            raise Refused("unknown_rule", f"the rule set has no rule {body.rule}")
        if body.direction not in tuple(Direction):
            raise Refused("not_adjustable", f"{body.direction} is neither high nor low")
        direction = Direction(body.direction)
        limit_milli = state.limit_milli(body.vital, direction)
        if limit_milli is None:
            raise Refused("not_adjustable", f"{body.rule} has no limit on {body.vital} that may be moved")
        return state, direction, limit_milli

    def _change(self, body: LimitProposed, old_milli: int, *, confirmed_by: str | None) -> LimitChanged:
        direction = Direction(body.direction)
        self._judge.by_id[body.rule].own_limit(body.vital, direction, body.limit_milli)
        self._judge.set_bands()
        for number in [number for number, other in self._waiting.items() if (other.rule, other.vital) == (body.rule, body.vital)]:
            del self._waiting[number]  # it was made beside another limit
        changed = LimitChanged(
            by=body.by,
            confirmed_by=confirmed_by,
            direction=direction,
            new_milli=body.limit_milli,
            old_milli=old_milli,
            rule=body.rule,
            vital=body.vital,
        )
        self._in_force[body.rule, body.vital, direction] = changed
        return changed

    def all(self) -> tuple[OwnLimit, ...]:
        """In force and not the ordinary one, then those that wait."""
        in_force = (self._row(row, row.new_milli, None) for row in self._in_force.values())
        waiting = (self._row(row, row.limit_milli, number) for number, row in self._waiting.items())
        return (*(row for row in in_force if row.limit_milli != row.ordinary_milli), *waiting)

    def _row(self, body: LimitChanged | LimitProposed, limit_milli: int, proposal: int | None) -> OwnLimit:
        direction = Direction(body.direction)
        ordinary_milli = self._judge.by_id[body.rule].ordinary_milli(body.vital, direction) or 0
        return OwnLimit(body.by, direction, limit_milli, ordinary_milli, proposal, body.rule, body.vital)
