"""The one place here that sees the core: plays a history through the engine, and asks the oracle what its inputs must lead to."""

from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import NamedTuple

from msgspec import Struct

from monitor.core.replay import Replay, is_output
from schemas.limits import Limits
from schemas.log import AlertChanged, AudioResumed, Entry
from tests.oracle.copies import Copies
from tests.oracle.facts import Fact
from tests.oracle.histories import History, history
from tests.oracle.oracle import Oracle, Transition, predict
from tests.oracle.rulebook import Rule
from tests.unit.core.bedside import START_MS, Bedside
from tests.unit.core.histories import pass_time, play

SIGNALS = ("unseen", "escalated", "reminded")


class Start(NamedTuple):
    """A session whose infusion has just started: as the core has it, as a replay of its log gives it, as the oracle has it."""

    bed: Copies[Bedside]
    replay: Copies[Replay]
    oracle: Copies[Oracle]
    entries: int


@cache
def started(baseline: tuple[tuple[str, float], ...], limits: Limits | None) -> Start:
    """The same for all histories of a baseline: it is lived through once, and each history goes on from a copy."""
    bed = Bedside(limits)
    bed.start(dict(baseline))
    oracle = Oracle()
    for entry in inputs_of(bed.log):
        oracle.take(entry.at_ms, entry.body)
    return Start(Copies(bed, is_frozen), Copies(_replayed(Replay(), bed.log), is_frozen), Copies(oracle, is_frozen), len(bed.log))


def is_frozen(one: object) -> bool:
    if isinstance(one, Struct):
        return one.__struct_config__.frozen
    return isinstance(one, (Rule, Fact, Enum))


def inputs_of(log: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in log if not is_output(entry.body)]


def _replayed(replay: Replay, log: Iterable[Entry]) -> Replay:
    differences = [difference for entry in log for difference in replay.feed(entry)]
    assert differences == []
    return replay


def rebuild(bed: Bedside, replay: Replay) -> None:
    """As after a crash: a new engine from what is on record, and what its last input had brought about but nobody wrote down."""
    engine = _replayed(replay, bed.log[replay.last_seq :]).engine
    assert engine is not None
    bed.engine = engine
    bed.number([difference.replayed for difference in replay.finish() if difference.replayed])


def run(baseline: dict[str, float], actions: History, limits: Limits | None = None) -> Bedside:
    start = started(tuple(baseline.items()), limits)
    return _play(start.bed.take(), actions, start.replay)


def _play(bed: Bedside, actions: History, replay: Copies[Replay]) -> Bedside:
    cuts = {index for index, action in enumerate(actions) if action[1] == "restart"}
    position = -1

    def passing(bed: Bedside, milliseconds: int) -> None:
        nonlocal position
        position += 1
        pass_time(bed, milliseconds)
        if position in cuts:
            rebuild(bed, replay.take())

    play(actions, passing, bed)
    return bed


def logged(log: list[Entry]) -> list[Transition]:
    made = []
    for entry in log:
        if isinstance(entry.body, AlertChanged):
            alert = entry.body.alert
            rule, _, n = alert.id.rpartition(".")
            made.append(Transition(entry.at_ms, rule, int(n), str(alert.state), str(entry.body.why)))
        elif isinstance(entry.body, AudioResumed):
            made.append(Transition(entry.at_ms, "sound", 0, "resumed", entry.body.why))
    return made


def in_order(made: list[Transition]) -> list[Transition]:
    """At one instant the page orders everything but the signals among themselves: they go last, by rule."""
    return sorted(made, key=lambda one: (one.at, one.why in SIGNALS, (one.rule, one.why) if one.why in SIGNALS else ()))


def compare(
    baseline: dict[str, float], actions: History, limits: Limits | None = None
) -> tuple[Bedside, list[Transition], list[Transition]]:
    """The session, what the core said and what it should have said."""
    bed = run(baseline, actions, limits)
    start = started(tuple(baseline.items()), limits)
    return bed, in_order(logged(bed.log)), in_order(predict(inputs_of(bed.log[start.entries :]), bed.now_ms, start.oracle.take()))


def differs(baseline: dict[str, float], actions: History, limits: Limits | None = None) -> bool:
    """`limits`: the core's rule set, where it is not the file's. The oracle's is always the file's."""
    _, said, expected = compare(baseline, actions, limits)
    return said != expected


def first_difference(seeds: Iterable[int], limits: Limits | None = None) -> int | None:
    """The first seed whose history the two judges see differently."""
    return next((seed for seed in seeds if differs(*history(seed), limits)), None)


def shrink(baseline: dict[str, float], actions: History) -> History:
    """Without every action that the difference does not need; the time before it is kept where it can be."""
    size = max(1, len(actions) // 2)
    while size:
        index = 0
        while index < len(actions):
            rest = actions[index + size :]
            waited = sum(action[0] for action in actions[index : index + size])
            later = [(rest[0][0] + waited, *rest[0][1:]), *rest[1:]] if rest else []
            shorter = next((tail for tail in (later, rest) if differs(baseline, [*actions[:index], *tail])), None)
            if shorter is None:
                index += size
            else:
                actions = [*actions[:index], *shorter]
        size //= 2
    return actions


def explain(seed: int) -> str:
    """The minimal history of a seed, and where the judges part."""
    baseline, actions = history(seed)
    actions = shrink(baseline, actions)
    _, said, expected = compare(baseline, actions)
    same = next(
        (index for index, pair in enumerate(zip(said, expected, strict=False)) if pair[0] != pair[1]), min(len(said), len(expected))
    )
    lines = [f"seed {seed}, baseline {baseline}", *(f"  {action}" for action in actions)]
    for name, made in (("the core said", said), ("expected", expected)):
        lines += [
            f"{name}:",
            *(f"  {(one.at - START_MS) / 1000:g} s {one.rule}.{one.n} {one.state}, {one.why}" for one in made[same : same + 3]),
        ]
    return "\n".join(lines)
