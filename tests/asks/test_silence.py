"""Asks 15 and 41: what is said where no value comes."""

from collections.abc import Awaitable, Callable

import pytest

from monitor.core.channel import NEVER_MS
from monitor.core.judge import Judge
from monitor.core.rule_state import RuleState
from schemas.alert import RAISES, AlertKind, AlertState
from schemas.log import AlertChanged, LimitProposed, PhaseOrdered
from schemas.measurement import Measurement
from schemas.session import Phase
from schemas.vitals import Vital
from tests.asks.people import another_ward, say_for
from tests.asks.screen import Tablet
from tests.asks.ward_on_disk import HYPOXIC
from tests.unit.core.bedside import CALM, values_of
from tests.unit.sessions.ward import Ward

# --- 15 -------------------------------------------------------------------------------------------------------------------------------

MISSED_MS = {"TEC-L2": 5_000, "TEC-L3": 5_000, "TEC-M1": 15_000, "TEC-M2": 15_000, "TEC-H1": 30_000}
RECENT_MS = 4_000


async def begun(ward: Ward) -> str:
    session = await ward.create()
    await ward.order(session, Phase.BASELINE)
    return session


async def start(ward: Ward, session: str) -> Ward:
    """The silence before it does not count."""
    await ward.pass_time(100)
    await ward.order(session, Phase.INFUSING)
    return ward


async def nothing_bound(ward: Ward) -> Ward:
    return await start(ward, await begun(ward))


async def bound_and_never_there(ward: Ward) -> Ward:
    session = await begun(ward)
    await ward.bind(session)
    return await start(ward, session)


async def there_and_never_sent(ward: Ward) -> Ward:
    ward.join()
    return await bound_and_never_there(ward)


async def sent_one_and_died(ward: Ward) -> Ward:
    await there_and_never_sent(ward)
    await ward.say(**CALM)
    return ward


async def sends_without_a_value(ward: Ward) -> Ward:
    await there_and_never_sent(ward)
    await ward.say(hr=None, spo2=None)
    return ward


async def restarted_and_never_sent(ward: Ward) -> Ward:
    await there_and_never_sent(ward)
    return await ward.restart()


HISTORIES = (nothing_bound, bound_and_never_there, there_and_never_sent, sent_one_and_died, sends_without_a_value, restarted_and_never_sent)
History = Callable[[Ward], Awaitable[Ward]]


async def missed(ward: Ward, history: History) -> None:
    """Each of the alerts about a missing reading, at its time."""
    ward = await history(ward)
    begun_ms = ward.clock.now_ms()
    for _ in range(31):
        await ward.pass_time(1)
    raised = {
        body.alert.rule: entry.at_ms - begun_ms
        for entry in ward.log("S-000001")
        if isinstance(body := entry.body, AlertChanged) and body.why in RAISES and body.alert.rule in MISSED_MS
    }
    await ward.die()
    assert raised == MISSED_MS


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
async def test_ask_15_a_silent_device_is_told_though_no_recent_data_exists(
    ward: Ward, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alert about a missed reading was held back by the very check that asks for recent readings. Here it needs none: silence counts
    from the last value or, where there never was one, from the start, whatever the device did or did not do before."""
    await missed(ward, history)
    real = Judge.next_due

    def guarded(judge: Judge, not_before_ms: int) -> tuple[int, RuleState | None]:
        due_ms, state = real(judge, not_before_ms)
        seen = [] if state is None else [judge.channels[sign].seen_at_ms for sign in state.rule.silent]
        is_recent = any(seen_ms is not None and due_ms - seen_ms <= RECENT_MS for seen_ms in seen)
        return (NEVER_MS, None) if seen and not is_recent else (due_ms, state)

    monkeypatch.setattr(Judge, "next_due", guarded)
    other = await another_ward()
    with pytest.raises(AssertionError):
        await missed(other, history)


# --- 41 -------------------------------------------------------------------------------------------------------------------------------


async def left_alone(ward: Ward, session: str) -> Ward:
    return ward


async def late_values(ward: Ward, session: str) -> Ward:
    """Low values that were measured half a minute ago, then ones under a counter that stands still."""
    now_ms = ward.clock.now_ms()
    for step, behind_ms in ((1, 30_000), (0, 0)):
        ward.counters["d1"] += step
        ward.seqs["d1"] += 1
        late = Measurement("d1", ward.counters["d1"], now_ms - behind_ms, values_of(HYPOXIC))
        await ward.registry.intake.frame("d1", "boot", ward.seqs["d1"], [late], now_ms)
    return ward


async def answered(ward: Ward, session: str) -> Ward:
    """The occurrence ends with its answer; whether another begins is looked at then."""
    await ward.acknowledge(session, "OX-H1.1")
    return ward


async def limit_moved(ward: Ward, session: str) -> Ward:
    """To where the old heart rate would be beyond it."""
    await ward.registry.command(session, LimitProposed("anna", "high", 100_000, "nervous", "HR-M1", Vital.HEART_RATE))
    return ward


async def another_phase(ward: Ward, session: str) -> Ward:
    await ward.registry.command(session, PhaseOrdered("anna", None, Phase.PAUSED))
    await ward.registry.command(session, PhaseOrdered("anna", None, Phase.RECOVERY))
    return ward


async def restarted(ward: Ward, session: str) -> Ward:
    return await ward.restart()


async def fresh_value(ward: Ward, session: str) -> Ward:
    """Not one of them: the control."""
    await ward.say(**HYPOXIC)
    return ward


Event = Callable[[Ward, str], Awaitable[Ward]]
EVENTS = (left_alone, late_values, answered, limit_moved, another_phase, restarted)


async def no_old_value_is_raised_again(ward: Ward, event: Event) -> None:
    """A high alert that is over and unanswered; its device dies; then something happens that looks at all rules again."""
    session = await ward.infusing()
    for seconds, spo2 in ((12, 98.0), (64, 79.0), (12, 98.0)):  # until nothing is pending any more
        await say_for(ward, seconds, {"hr": 105.0, "spo2": spo2})
    assert {alert.id: alert.state for alert in ward.registry.view(session).alerts}["OX-H1.1"] is AlertState.LATCHED
    died_ms = ward.clock.now_ms()
    for _ in range(30):
        await ward.pass_time(1)
    ward = await event(ward, session)
    for _ in range(30):
        await ward.pass_time(1)
    since = [body for entry in ward.log(session) if entry.at_ms > died_ms and isinstance(body := entry.body, AlertChanged)]
    raised = {body.alert.rule: body.alert.kind for body in since if body.why in RAISES}
    screen = (await Tablet(ward, "ben").listen()).played().last.sessions[0]
    await ward.die()
    again = [rule for rule, kind in raised.items() if kind is AlertKind.PHYSIOLOGICAL]
    assert again == [], f"raised by an old value: {again}"
    assert {"TEC-M1", "TEC-M2", "TEC-H1"} <= set(raised)
    assert screen.last["TEC-M2.1"] == "last SpO2 98, 1:00 min ago"
    assert screen.last["TEC-M1.1"] == "last HR 105, 1:00 min ago"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
async def test_ask_41_without_fresh_data_a_technical_alert_is_raised_and_no_physiological_one_again(ward: Ward, event: Event) -> None:
    """Whether an old alert may be raised anew without new data was disputed: dangerous, or better than a missed one. Here the silence is an
    alert of its own, a technical one, shown with the last value and its age; a physiological one is raised by usable values alone."""
    await no_old_value_is_raised_again(ward, event)


async def test_ask_41_control_a_fresh_value_raises_it_again(ward: Ward) -> None:
    with pytest.raises(AssertionError, match=r"raised by an old value: .*OX-H1"):
        await no_old_value_is_raised_again(ward, fresh_value)
