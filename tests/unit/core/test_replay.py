"""Replaying a log: what it finds where a log and its replay part."""

from collections.abc import Callable

import msgspec
import pytest

from monitor.core.replay import Replay, is_output, replay
from schemas.log import AlertChanged, Entry, Measured, MonitorRestarted, NoteAdded, RateSet, SessionCreated
from schemas.measurement import Validity
from schemas.session import Phase
from tests.unit.core.bedside import Bedside


def a_log() -> list[Entry]:
    bed = Bedside()
    bed.start()
    bed.wait(10)
    bed.stream(20, hr=140)
    bed.acknowledge("HR-H1.1")
    bed.stream(10, hr=72)
    bed.order(Phase.RECOVERY)
    bed.order(Phase.CLOSED)
    return bed.log


def numbered(entries: list[Entry]) -> list[Entry]:
    return [msgspec.structs.replace(entry, seq=seq) for seq, entry in enumerate(entries, 1)]


def index_of(log: list[Entry], body: type, nth: int = 0) -> int:
    return [index for index, entry in enumerate(log) if isinstance(entry.body, body)][nth]


def without_a_raise(log: list[Entry]) -> list[Entry]:
    del log[index_of(log, AlertChanged, 2)]
    return log


def with_another_reason(log: list[Entry]) -> list[Entry]:
    index = index_of(log, AlertChanged)
    body = log[index].body
    assert isinstance(body, AlertChanged)
    changed = msgspec.structs.replace(body, alert=msgspec.structs.replace(body.alert, reason="nothing"))
    log[index] = msgspec.structs.replace(log[index], body=changed)
    return log


def with_an_output_too_many(log: list[Entry]) -> list[Entry]:
    index = index_of(log, AlertChanged)
    return [*log[: index + 1], log[index], *log[index + 1 :]]


def with_another_verdict(log: list[Entry]) -> list[Entry]:
    index = index_of(log, Measured)
    body = log[index].body
    assert isinstance(body, Measured)
    doubted = tuple(msgspec.structs.replace(reading, validity=Validity.INVALID) for reading in body.readings)
    log[index] = msgspec.structs.replace(log[index], body=msgspec.structs.replace(body, readings=doubted))
    return log


def with_time_gone_back(log: list[Entry]) -> list[Entry]:
    index = index_of(log, Measured, 5)
    log[index] = msgspec.structs.replace(log[index], at_ms=log[index].at_ms - 3_600_000)
    return log


def with_a_command_that_was_impossible(log: list[Entry]) -> list[Entry]:
    return [*log, Entry(log[-1].at_ms, RateSet("anna", 875), 0, log[-1].session)]


def with_a_strangers_measurement(log: list[Entry]) -> list[Entry]:
    body = log[index_of(log, Measured)].body
    assert isinstance(body, Measured)
    index = index_of(log, AlertChanged) + 3
    return [*log[:index], Entry(log[index].at_ms, msgspec.structs.replace(body, device="d9"), 0, "S-000001"), *log[index:]]


def with_a_second_beginning(log: list[Entry]) -> list[Entry]:
    return [*log, Entry(log[-1].at_ms, log[0].body, 0, log[-1].session)]


def without_its_beginning(log: list[Entry]) -> list[Entry]:
    return log[1:]


def with_a_rule_set_that_cannot_be_used(log: list[Entry]) -> list[Entry]:
    body = log[0].body
    assert isinstance(body, SessionCreated)
    log[0] = msgspec.structs.replace(log[0], body=msgspec.structs.replace(body, limits="{}"))
    return log


TAMPERED = [
    without_a_raise,
    with_another_reason,
    with_an_output_too_many,
    with_another_verdict,
    with_time_gone_back,
    with_a_command_that_was_impossible,
    with_a_strangers_measurement,
    with_a_second_beginning,
    without_its_beginning,
    with_a_rule_set_that_cannot_be_used,
]


def test_a_log_as_it_was_written_has_no_difference() -> None:
    assert list(replay(a_log())) == []


@pytest.mark.parametrize("tamper", TAMPERED)
def test_a_log_that_was_changed_has_one(tamper: Callable[[list[Entry]], list[Entry]]) -> None:
    assert list(replay(numbered(tamper(a_log())))) != []


def test_a_log_that_ends_before_its_last_outputs_says_which() -> None:
    bed = Bedside()
    bed.start()
    bed.say(sbp=184, dbp=90, map=110)
    *log, last = bed.log
    (difference,) = replay(log)
    assert (difference.seq, difference.logged, difference.replayed) == (last.seq, None, (last.at_ms, last.body))


def test_every_input_is_replayed_and_every_output_counted() -> None:
    log = a_log()
    judge = Replay()
    assert [difference for entry in log for difference in judge.feed(entry)] == []
    assert (judge.last_seq, judge.outputs) == (len(log), sum(is_output(entry.body) for entry in log))


def test_inputs_that_change_nothing_are_replayed_too() -> None:
    bed = Bedside()
    bed.apply(NoteAdded("anna", "calm"))
    bed.apply(MonitorRestarted("1"))
    assert list(replay(bed.log)) == []
