"""The rule sets that a session was judged by, as files that `infusion-monitor check --limits` reads. Pure.

The first is the rule set of `session_created`: read again and written in its canonical form it has the SHA-256 that the log names. Each
later one is the same with the limits that were moved for this patient until then.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from monitor.core.limits import LimitsError, decode_limits, encode_limits
from monitor.export.cells import time_text
from monitor.export.views.survey import Survey
from schemas.limits import Clause, Limits, Rule
from schemas.log import LimitChanged, SessionCreated
from schemas.vitals import from_milli

MAX_FILES: Final = 100  # later changes stand in limits.csv alone


def limits_files(survey: Survey) -> Iterator[tuple[str, bytes]]:
    """Name and text of each. None where the log carries a rule set of another form: then the log itself is all there is."""
    limits: Limits | None = None
    number = 0
    for entry in survey.events:
        if isinstance(entry.body, SessionCreated):
            try:
                limits = decode_limits(entry.body.limits)
            except LimitsError:
                return
        elif isinstance(entry.body, LimitChanged) and limits is not None:
            limits = moved(limits, entry.body)
        else:
            continue
        number += 1
        if number > MAX_FILES:
            return
        digest = encode_limits(limits)[1]
        about = f"# In force from {time_text(entry.at_ms)}, entry {entry.seq}. SHA-256 of its canonical form: {digest}\n\n"
        yield f"limits/from-entry-{entry.seq:06d}.toml", (about + limits_toml(limits)).encode()


def moved(limits: Limits, change: LimitChanged) -> Limits:
    """The rule set with one limit moved, wherever that limit stands alone."""

    def clause_of(clause: Clause) -> Clause:
        term = clause.all[0]
        is_it = len(clause.all) == 1 and term.limit is not None and (term.vital, term.direction) == (change.vital, change.direction)
        return Clause(all=(replace(term, limit=from_milli(change.new_milli)),)) if is_it else clause

    def rule_of(rule: Rule) -> Rule:
        return replace(rule, any=tuple(clause_of(clause) for clause in rule.any)) if rule.id == change.rule else rule

    return replace(limits, rule=tuple(rule_of(rule) for rule in limits.rule))


def limits_toml(limits: Limits) -> str:
    """TOML text; `parse_limits` makes the same rule set of it."""
    fields: dict[str, Any] = msgspec.to_builtins(limits)
    lines = [f"{name} = {_value(value)}" for name, value in fields.items() if not isinstance(value, dict | list | tuple)]
    for name, value in fields.items():
        if isinstance(value, dict):
            lines += ["", f"[{name}]", *_section(value)]
        elif isinstance(value, list | tuple):
            for row in value:
                lines += ["", f"[[{name}]]", *_section(row)]
    return "\n".join([*lines, ""])


def _section(fields: dict[str, Any]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in fields.items() if value is not None]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items() if inner is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML's escapes are JSON's, and it forbids one more
    return json.dumps(value)
