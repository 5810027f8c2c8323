"""Whether clauses are breached, cleared or denied by the newest values. A value that is missing or past its age never speaks either way."""

from collections.abc import Mapping, Sequence

from monitor.core.armed import ArmedClause, ArmedTerm
from monitor.core.channel import Channel
from schemas.signs import Sign

Channels = Mapping[Sign, Channel]


def breached_clause(clauses: Sequence[ArmedClause], channels: Channels, at_ms: int, new_cuffs: int | None = None) -> ArmedClause | None:
    """The first clause all of whose terms are breached; with `new_cuffs`, as bits of signs, one of them by one of these."""
    for clause in clauses:
        for term in clause:
            value = channels[term.sign].usable_milli(at_ms)
            if value is None or (value < term.limit_milli if term.is_high else value > term.limit_milli):
                break
        else:
            if new_cuffs is None or any(channels[term.sign].bit & new_cuffs for term in clause):
                return clause
    return None


def is_cleared(clauses: Sequence[ArmedClause], channels: Channels, at_ms: int) -> bool:
    """Every clause has a term past its clearing value. A value that was lost clears nothing; one that never was stands in nobody's way."""
    return all(any(_speaks_against(term, channels, at_ms, past_clear=True) for term in clause) for clause in clauses)


def is_denied(clauses: Sequence[ArmedClause], channels: Channels, at_ms: int) -> bool:
    """Every clause has a term inside its limit: `is_cleared` without the distance that keeps an alert from flapping."""
    return all(any(_speaks_against(term, channels, at_ms, past_clear=False) for term in clause) for clause in clauses)


def _speaks_against(term: ArmedTerm, channels: Channels, at_ms: int, *, past_clear: bool) -> bool:
    channel = channels[term.sign]
    if channel.seen_at_ms is None:
        return True
    value = channel.usable_milli(at_ms)
    if value is None:
        return False
    if past_clear:
        return value < term.clear_milli if term.is_high else value >= term.clear_milli
    return value < term.limit_milli if term.is_high else value > term.limit_milli
