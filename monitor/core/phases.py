"""The phases of a session and the steps between them, as a table."""

from typing import Final

from schemas.session import INFUSED, Order, Phase, Treatment

STEPS: Final[dict[Phase, frozenset[Phase]]] = {
    Phase.PLANNED: frozenset({Phase.BASELINE, Phase.ABORTED}),
    Phase.BASELINE: frozenset({Phase.INFUSING, Phase.RECOVERY, Phase.ABORTED}),
    Phase.INFUSING: frozenset({Phase.PAUSED, Phase.RECOVERY, Phase.ABORTED}),
    Phase.PAUSED: frozenset({Phase.INFUSING, Phase.RECOVERY, Phase.ABORTED}),
    Phase.RECOVERY: frozenset({Phase.CLOSED, Phase.ABORTED}),
    Phase.CLOSED: frozenset(),
    Phase.ABORTED: frozenset(),
}
JUDGED_PHASES: Final = frozenset({Phase.INFUSING, Phase.PAUSED, Phase.RECOVERY})  # in the others no rule applies


def refuse_step(now: Phase, then: Phase, order: Order) -> str | None:
    """Why a step is not allowed, for people; None where it is.

    A session without an infusion goes from baseline straight to recovery ("watched"), one with an infusion only through it.
    """
    if then not in STEPS[now]:
        allowed = ", ".join(sorted(STEPS[now])) or "nothing, it has ended"
        return f"a session that is {now} cannot become {then}; possible: {allowed}"
    if order.treatment is Treatment.NONE and then is Phase.INFUSING:
        return "this session has no infusion ordered"
    if then is Phase.PAUSED and order.treatment not in INFUSED and order.treatment is not Treatment.NONE:
        return "there is nothing to pause: doses are given at once"
    if order.treatment is not Treatment.NONE and now is Phase.BASELINE and then is Phase.RECOVERY:
        return "the infusion was not started: abort the session, or start it"
    return None
