"""A backtest as JSON: every figure and every alert, for another program. Times are UTC milliseconds, spans milliseconds."""

from typing import Any, Final

import msgspec

from monitor.backtest.figures import Backtest
from monitor.backtest.rule_set import RuleSet
from monitor.backtest.wording import INTENDED_USE

FORMAT: Final = "infusion-monitor/backtest/1"


def report_json(backtest: Backtest) -> bytes:
    whole: dict[str, Any] = {
        "format": FORMAT,
        "intended_use": INTENDED_USE,
        "a": _rule_set(backtest.a),
        "b": _rule_set(backtest.b),
        "hours": backtest.hours,
        "readings": backtest.readings,
        "totals": backtest.totals,
        "rules": backtest.rules,
        "first_alerts": backtest.shifts,
        "cuffs_asked": {"a": backtest.cuffs_asked_a, "b": backtest.cuffs_asked_b},
        "refused": {"a": backtest.refused_a, "b": backtest.refused_b},
        "sessions": [
            msgspec.to_builtins(each.session) | {"comparison": msgspec.to_builtins(each.comparison)} for each in backtest.sessions
        ],
        "not_judged": [{"path": broken.path, "line": broken.line, "why": broken.why} for broken in backtest.broken],
        "counted_already": backtest.again,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _rule_set(rules: RuleSet) -> dict[str, Any]:
    """Without its text: the file and its hash identify it."""
    return {name: value for name, value in msgspec.structs.asdict(rules).items() if name != "text"}
