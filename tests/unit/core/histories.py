"""Random lives of a session, close to the limits and full of faults, and how they are played through an engine.

A history is plain data: (milliseconds before it, what happens). `play` gives the log it makes. Everything that an engine can be told
stands in here: late, duplicate, frozen and older counters, nulls, implausible values, silences, wrong device clocks, a second device,
unbinding, rebinding and rejoining, restarts, commands that are refused, acknowledgements, pauses and the end.
"""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from monitor.core.refused import Refused
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import (
    AlertAcknowledged,
    AlertShown,
    AudioPaused,
    AudioPauseEnded,
    BolusGiven,
    DeviceLeft,
    Entry,
    LimitConfirmed,
    LimitProposed,
    MonitorRestarted,
    NoteAdded,
    ObservationCharted,
    RateSet,
    ScreensChanged,
)
from schemas.measurement import Mode
from schemas.session import Phase
from schemas.signs import Charted
from schemas.vitals import Vital
from tests.unit.core.bedside import CALM, CALM_CUFF, Bedside

Action = tuple[int, str, Any]
History = list[Action]

HEART_RATES = (140, 131, 72, 72, 72, 39, 40, 45, 49.999, 50, 53, 99, 100, 106, 110.999, 111, 125, 130.999, 19, 301, None)
SATURATIONS = (88, 98, 98, 98, 60, 69.999, 80, 80.001, 85, 89.999, 90, 91, 92, 93, 94, 95, 0, 101, None)
CUFFS = (
    (184, 96, 120), (125, 76, 92), (125, 76, 92), (165, 90, 110), (190, 112, 130), (205, 118, 150), (210, 125, 160), (172, 100, 120),
    (78, 50, 58), (69, 45, 53), (88, 50, 62), (84, 48, 54.999), (95, 60, 70), (152, 90, 110), (110, 120, 115), (184, 160, 168),
    (125, 76, 130), (None, None, None), (None, 111, None), (182, None, None), (29, 76, 92),
)  # fmt: skip
GAPS_MS = (0, 1, 999, *[1_000] * 5, 2_001, 5_000, 14_999, 15_000, 29_999, 30_000, 31_000, 31_000, 45_000, 60_000, 120_000, 450_001)
PHASES = (*[Phase.PAUSED, Phase.INFUSING, Phase.RECOVERY] * 3, Phase.BASELINE, Phase.CLOSED, Phase.ABORTED)
CHARTED = (
    ("sedation", 5), ("sedation", 3), ("sedation", 2), ("sedation", 9), ("agitation", -3), ("agitation", 0), ("agitation", 3),
    ("distress", 8), ("distress", 2), ("vomiting", 1), ("vomiting", 0), ("chest_pain", 1), ("chest_pain", 0), ("syncope", 1),
)  # fmt: skip
OWN_LIMITS = (
    ("BP-H1", Vital.SYSTOLIC_BP, "high", 170_000), ("BP-H1", Vital.SYSTOLIC_BP, "high", 200_000),
    ("BP-M1", Vital.SYSTOLIC_BP, "high", 175_000),
    ("OX-H2", Vital.SPO2, "low", 86_000), ("OX-H2", Vital.SPO2, "low", 93_000), ("HR-M1", Vital.HEART_RATE, "high", 120_000),
    ("OX-H2", Vital.SPO2, "low", 70_000), ("OX-H1", Vital.SPO2, "low", 82_000), ("XX-H1", Vital.SPO2, "low", 82_000),
)  # fmt: skip
ANNOUNCED = (
    (0, "in standby", (Fact("standby", turn=Turn.START),)),
    (9_999, None, (Fact("standby", turn=Turn.END),)),
    *((0, None, (Fact("infusion_rate", unit="mL/h", value_milli=milli),)) for milli in (12_500, 0, None)),
    (60_000, None, (Fact("infusion_rate", unit="mL/h", value_milli=6_000), Fact("volume_infused", unit="mL", value_milli=700))),
    (0, "empty", (Fact("stopped", turn=Turn.START), Fact("infusion_rate", unit="mL/h", value_milli=0))),
)
BEHIND_MS = (*[0] * 16, 200, 9_999, 10_001, 300_000, -5_000, -135 * 31_557_600_000)


def _said() -> st.SearchStrategy[dict[str, float | None]]:
    streams = st.fixed_dictionaries({"hr": st.sampled_from(HEART_RATES), "spo2": st.sampled_from(SATURATIONS)})
    cuffs = st.sampled_from(CUFFS).map(lambda cuff: dict(zip(("sbp", "dbp", "map"), cuff, strict=True)))
    alone = st.one_of(
        st.sampled_from(HEART_RATES).map(lambda value: {"hr": value}), st.sampled_from(SATURATIONS).map(lambda value: {"spo2": value})
    )
    both = st.tuples(streams, cuffs).map(lambda two: {**two[0], **two[1]})
    said = st.one_of(streams, streams, streams, cuffs, cuffs, cuffs, st.tuples(alone).map(lambda one: one[0]), both)
    marks = st.sampled_from((*[""] * 9, "?"))
    return st.tuples(said, marks).map(lambda two: {f"{name}{two[1]}": value for name, value in two[0].items()})


def _measurements() -> st.SearchStrategy[tuple[str, Any]]:
    devices = st.sampled_from((*["d1"] * 5, "d2"))
    steps = st.sampled_from((*[1] * 12, 0, -1, 3))
    return st.tuples(st.just("say"), st.tuples(devices, steps, st.sampled_from(BEHIND_MS), _said()))


def _stretches() -> st.SearchStrategy[tuple[str, Any]]:
    """A run of the same values once a second: what lets an onset pass."""
    return st.tuples(st.just("stretch"), st.tuples(st.integers(2, 35), _said()))


def _commands() -> st.SearchStrategy[tuple[str, Any]]:
    intervals = st.sampled_from(({}, {"hr": 1}, {"sbp": 30}, {"sbp": 60, "hr": 10}, {"sbp": 9_999, "spo2": 9_999}, {"hr": 0.2}))
    return st.one_of(
        st.tuples(st.just("acknowledge"), st.integers(0, 9)),
        st.tuples(st.just("acknowledge"), st.integers(0, 9)),
        st.tuples(st.just("order"), st.sampled_from(PHASES)),
        st.tuples(st.just("rate"), st.sampled_from((0, 875, 1_750, -1))),
        st.tuples(st.just("bolus"), st.sampled_from((0, 5_000, -5))),
        *[st.tuples(st.just("bind"), st.sampled_from(("d2", "d2", "d1")))] * 2,
        *[st.tuples(st.just("unbind"), st.sampled_from(("d1", "d2", "d1")))] * 3,
        st.tuples(st.just("join"), st.tuples(st.sampled_from(("d1", "d2")), st.sampled_from(("boot", "boot-2")), intervals)),
        st.tuples(st.just("leave"), st.sampled_from(("d1", "d2"))),
        *[st.tuples(st.just("announce"), st.tuples(st.sampled_from(("d1", "d2", "d1")), st.sampled_from(ANNOUNCED)))] * 2,
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("chart"), st.sampled_from(CHARTED)),
        st.tuples(st.just("chart"), st.sampled_from(CHARTED)),
        st.tuples(st.just("pause"), st.sampled_from((1, 60_000, 120_000, 500_000))),
        st.tuples(st.just("end pause"), st.none()),
        st.tuples(st.just("screens"), st.sampled_from((0, 0, 1, 2))),
        st.tuples(st.just("shown"), st.integers(0, 9)),
        st.tuples(st.just("shown"), st.integers(0, 9)),
        st.tuples(st.just("propose"), st.tuples(st.sampled_from(OWN_LIMITS), st.sampled_from(("anna", "ben")))),
        st.tuples(st.just("confirm"), st.tuples(st.integers(1, 3), st.sampled_from(("anna", "ben")))),
        st.tuples(st.just("note"), st.sampled_from(("", "fine", '\u00e9\U0001f600 \\"\n\x00'))),
    )


def histories(min_size: int = 15) -> st.SearchStrategy[History]:
    # A tuple keeps the commands one branch; alone each of them would be as likely as a measurement.
    commands = st.tuples(_commands()).map(lambda one: one[0])
    what = st.one_of(*[_measurements()] * 4, *[_stretches()] * 2, commands, commands)
    course = st.lists(st.tuples(st.sampled_from(GAPS_MS), what).map(lambda pair: (pair[0], *pair[1])), min_size=min_size, max_size=60)
    end = st.sampled_from(([], [(1_000, "order", Phase.RECOVERY)], [(1_000, "order", Phase.ABORTED)]))
    return st.tuples(course, end).map(lambda parts: [*parts[0], *parts[1]])


def bedside() -> Bedside:
    """Infusing, with a baseline, one device bound and another one ready."""
    bed = Bedside()
    bed.start()
    return bed


Pass = Callable[[Bedside, int], None]


def pass_time(bed: Bedside, milliseconds: int) -> None:
    """Nothing looks at the engine until the next input."""
    bed.now_ms += milliseconds


def play(history: History, passing: Pass = pass_time, bed: Bedside | None = None) -> list[Entry]:
    """The log of a history. `passing` decides who looks at the engine between two inputs."""
    bed = bed or bedside()
    for gap_ms, kind, detail in history:
        passing(bed, gap_ms)
        for step in _steps(bed, kind, detail, passing):
            try:
                step()
            except Refused as refused:
                bed.number(refused.steps)
            except KeyError:
                pass  # a measurement of a device that is not bound: routing is the caller's
    passing(bed, 1_000_000)  # everything that can fall due falls due
    bed.number(bed.engine.advance(bed.now_ms))
    return bed.log


def _steps(bed: Bedside, kind: str, detail: Any, passing: Pass) -> Iterator[Callable[[], object]]:
    match kind:
        case "say":
            device, counter_step, behind_ms, said = detail
            yield lambda: bed.say(device=device, counter_step=counter_step, behind_ms=behind_ms, **said)
        case "stretch":
            seconds, said = detail
            for _ in range(seconds):
                passing(bed, 1_000)
                yield lambda: bed.say(**said)
        case "acknowledge":
            bed.number(bed.engine.advance(bed.now_ms))  # a person answers what is there now
            alerts = bed.engine.alerts()
            alert = alerts[detail % len(alerts)].id if alerts else "BP-H1.77"
            yield lambda: bed.apply(AlertAcknowledged(alert, "anna", "seen"))
        case "order":
            yield lambda: bed.order(detail, "a reason")
        case "rate":
            yield lambda: bed.apply(RateSet("anna", detail))
        case "bolus":
            yield lambda: bed.apply(BolusGiven(detail, "anna"))
        case "bind":
            yield lambda: bed.bind(detail)
        case "unbind":
            yield lambda: bed.unbind(detail)
        case "join":
            device, boot, intervals = detail
            yield lambda: bed.join(device, boot, **intervals)
        case "leave":
            yield lambda: bed.apply(DeviceLeft(detail, "gone"))
        case "announce":
            device, (behind_ms, text, facts) = detail
            yield lambda: bed.apply(DeviceAnnounced(device, facts, Mode.SIMULATED, bed.now_ms, bed.now_ms - behind_ms, text))
        case "restart":
            yield lambda: bed.apply(MonitorRestarted("1"))
        case "chart":
            sign, value = detail
            yield lambda: bed.apply(ObservationCharted("anna", None, Charted(sign), value))
        case "note":
            yield lambda: bed.apply(NoteAdded("anna", detail))
        case _:
            yield from _signal_steps(bed, kind, detail)


def _signal_steps(bed: Bedside, kind: str, detail: Any) -> Iterator[Callable[[], object]]:
    match kind:
        case "pause":
            yield lambda: bed.apply(AudioPaused("anna", detail))
        case "end pause":
            yield lambda: bed.apply(AudioPauseEnded("anna"))
        case "screens":
            yield lambda: bed.apply(ScreensChanged(("anna",) * bool(detail), detail))
        case "shown":
            bed.number(bed.engine.advance(bed.now_ms))  # a screen shows what is there now
            alerts = bed.engine.alerts()
            yield lambda: bed.apply(AlertShown(alerts[detail % len(alerts)].id if alerts else "BP-H1.77", "anna", 40))
        case "propose":
            (rule, vital, direction, limit_milli), by = detail
            yield lambda: bed.apply(LimitProposed(by, direction, limit_milli, "trained runner", rule, vital))
        case "confirm":
            proposal, by = detail
            yield lambda: bed.apply(LimitConfirmed(by, proposal))
        case _:
            raise AssertionError(kind)


def calm_stretch(seconds: int) -> Action:
    return (0, "stretch", (seconds, dict(CALM)))


def calm_cuff() -> Action:
    return (0, "say", ("d1", 1, 0, dict(CALM_CUFF)))
