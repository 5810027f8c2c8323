"""What was ordered and what was given, and the signs that grow by time."""

from functools import cache
from math import ceil, floor

from schemas.session import Order
from tests.oracle.conditions import NEVER
from tests.oracle.rulebook import read_file, rules

MINUTE = 60_000
SINCE = "minutes_since_stop"


@cache
def growing_limits() -> list[tuple[str, float, bool]]:
    """Every limit on a sign that grows by time: (sign, limit, whether reaching it is enough)."""
    bounds = [bound for rule in rules() for clause in rule.any for bound in clause]
    found = [(bound.sign, bound.limit, bound.at_limit) for bound in bounds if bound.sign == "given_of_order"]
    terms = [term for row in read_file()["rule"] for clause in row.get("any", ()) for term in clause["all"]]
    return found + [(SINCE, term["limit"], term.get("at_limit", True)) for term in terms if term.get("derived") == SINCE]


class Dose:
    """Amounts in micrograms, rates in micrograms a minute."""

    def __init__(self) -> None:
        self.order: Order | None = None
        self.ordered_rate = 0.0
        self.rate = 0.0
        self.given = 0.0
        self.given_at = 0
        self.stopped_at: int | None = None
        self.has_started = False
        self.rate_before_pause = 0.0
        self.reached: list[float] = []  # when each limit on a growing sign is, was or would be reached

    def ordered(self, order: Order) -> None:
        self.order = order
        if order.duration_ms and order.dose_ug:
            self.ordered_rate = order.dose_ug * MINUTE / order.duration_ms

    def _settle(self, at: int) -> None:
        self.given = self.amount(at)
        self.given_at = at

    def amount(self, at: int) -> float:
        return self.given + self.rate * (at - self.given_at) / MINUTE

    def set_rate(self, at: int, rate: float) -> None:
        self._settle(at)
        self.rate = rate
        self._arrange()

    def bolus(self, at: int, amount: int) -> None:
        self._settle(at)
        self.given += amount
        self._arrange()

    def enter(self, at: int, phase: str) -> None:
        if phase == "infusing":
            self.stopped_at = None
        elif phase == "recovery":
            self.stopped_at = at
        if phase == "infusing":
            self.set_rate(at, self.rate_before_pause if self.has_started else self.ordered_rate)
            self.has_started = True
        else:
            self.rate_before_pause = self.rate
            self.set_rate(at, 0)

    def signs(self, at: int) -> dict[str, float]:
        made = {}
        if self.ordered_rate and self.order:
            made["rate_of_order"] = round(self.rate / self.ordered_rate * 100, 9)
            made["given_of_order"] = round(self.amount(at) / self.order.dose_ug * 100, 9)
        if self.stopped_at is not None:
            made[SINCE] = (at - self.stopped_at) / MINUTE
        return made

    def next_growth(self, after: int) -> float:
        """The next instant at which a limit on a growing sign is reached."""
        return min((due for due in self.reached if due > after), default=NEVER)

    def _arrange(self) -> None:
        """After anything that the growth depends on."""
        self.reached = [self._reached(sign, limit, at_limit) for sign, limit, at_limit in growing_limits()]

    def _reached(self, sign: str, limit: float, at_limit: bool) -> float:
        if sign == SINCE and self.stopped_at is not None:
            exact = self.stopped_at + limit * MINUTE
        elif sign == "given_of_order" and self.rate and self.order and self.order.dose_ug:
            exact = self.given_at + (self.order.dose_ug * limit / 100 - self.given) * MINUTE / self.rate
        else:
            return NEVER
        exact = round(exact, 6)
        return ceil(exact) if at_limit else floor(exact) + 1
