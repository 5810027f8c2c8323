"""Which sessions are played: every scenario, with patients and events varied by the seed, half of them with artefacts on top.

Case `index` of a seed is always the same, whatever the number of cases: the cards of the scenarios are dealt against ten plans of
artefacts, and as many sessions as both numbers multiplied (divided by what they share) hold every pair.
"""

import random
from typing import Final

import msgspec

from simulators.events import (
    Artefact,
    ClockStep,
    CuffDisturbed,
    CuffWrong,
    Desaturation,
    Disordered,
    Event,
    LeadsOff,
    Motion,
    Noise,
    PatientEvent,
    ProbeOff,
    Surge,
    Tachycardia,
    VagalReaction,
)
from simulators.population import draw_spec
from simulators.scenario import Scenario, load_scenario, scenario_names
from simulators.seeds import seeded

DRAWN: Final = "drawn"  # an uneventful session of a patient of the published population
PLANS: Final = ("none", "motion", "none", "noise", "none", "cuff", "none", "line", "none", "mixed")
SPELLS: Final[dict[str, dict[str, int]]] = {  # how many of each in a session: own proposal
    "none": {},
    "motion": {"motion": 8},
    "noise": {"noise": 5},
    "cuff": {"cuff": 3},
    "line": {"disordered": 3, "clock": 3},
    "mixed": {"motion": 4, "noise": 2, "cuff": 1, "disordered": 1, "clock": 1, "probe_off": 1, "leads_off": 1},
}
# Length of an artefact: half of the alarms that meant nothing were over within 14 s, two thirds within 19 s (Görges 2009, Anesth Analg
# 108:1546); log-normal through both, cut to 5-40 s.
ARTEFACT_MEDIAN_S: Final = 14.0
ARTEFACT_SIGMA: Final = 0.694
ARTEFACT_S: Final = (5.0, 40.0)
CLOCK_STEPS_S: Final = (-3_600.0, -120.0, -30.0, 2.0, 120.0, 3_600.0)
_EVENT_SHIFT_MIN: Final = 2.0
_EVENT_SIZE: Final = (0.8, 1.6)
_BASELINE_SD: Final = {"systolic": 6.0, "diastolic": 4.0, "heart_rate": 5.0}
_FIRST_ARTEFACT_MIN: Final = 2.0


class Case(msgspec.Struct, frozen=True):
    """One session to be played. `plan`: which artefacts were put on top of the scenario."""

    index: int
    card: str
    plan: str
    scenario: Scenario
    seed: int

    @property
    def is_uneventful(self) -> bool:
        """Nothing was made to happen, neither to the patient nor to the pump, the sensors or the line."""
        return not (self.scenario.event or self.scenario.act)

    @property
    def is_calm(self) -> bool:
        """Nothing was made to happen to the patient."""
        return not self.scenario.act and not any(isinstance(event, PatientEvent) for event in self.scenario.event)

    @property
    def has_artefacts(self) -> bool:
        """A fault or an artefact of sensor or line."""
        return any(not isinstance(event, PatientEvent) for event in self.scenario.event)


def cards() -> tuple[str, ...]:
    return (*scenario_names(), DRAWN, DRAWN)


def cast(index: int, seed: int) -> Case:
    deck = cards()
    card, plan = deck[index % len(deck)], PLANS[index % len(PLANS)]
    case_seed = seed * 1_000_003 + index
    rng = seeded(case_seed, "case")
    scenario = _drawn(rng) if card == DRAWN else _varied(load_scenario(card), rng)
    length_min = scenario.timeline.length_min
    artefacts = tuple(
        _spell(kind, rng.uniform(_FIRST_ARTEFACT_MIN, length_min - 7.0), rng) for kind, count in SPELLS[plan].items() for _ in range(count)
    )
    return Case(index, card, plan, msgspec.structs.replace(scenario, event=(*scenario.event, *artefacts)), case_seed)


def _drawn(rng: random.Random) -> Scenario:
    """The uneventful course with everything about the patient left to the population of the simulator."""
    return msgspec.structs.replace(load_scenario("uneventful"), name=DRAWN, patient=draw_spec(rng))


def _varied(scenario: Scenario, rng: random.Random) -> Scenario:
    """The same story with another patient: baseline, times and sizes of what happens."""
    spec = scenario.patient
    systolic, diastolic, heart_rate = (rng.gauss(0.0, sd) for sd in _BASELINE_SD.values())
    assert spec.systolic is not None and spec.diastolic is not None and spec.heart_rate is not None  # noqa: PT018 - as the files are
    above = _within(spec.systolic + systolic, 85, 185)
    patient = msgspec.structs.replace(
        spec,
        systolic=above,
        diastolic=_within(spec.diastolic + diastolic, 42, above - 25),
        heart_rate=_within(spec.heart_rate + heart_rate, 42, 115),
    )
    return msgspec.structs.replace(scenario, patient=patient, event=tuple(_moved(event, rng) for event in scenario.event))


def _moved(event: Event, rng: random.Random) -> Event:
    shift_min = rng.uniform(-_EVENT_SHIFT_MIN, _EVENT_SHIFT_MIN)
    moved = msgspec.structs.replace(event, from_min=event.from_min + shift_min, to_min=event.to_min + shift_min)
    size = rng.uniform(*_EVENT_SIZE)
    match moved:
        case Surge():
            return msgspec.structs.replace(moved, factor=min(6.0, 1.0 + (moved.factor - 1.0) * size))
        case Tachycardia():
            return msgspec.structs.replace(moved, rise_per_min=moved.rise_per_min * size)
        case Desaturation():
            return msgspec.structs.replace(moved, lowest=_within(97.0 - (97.0 - moved.lowest) * size, 60, 96))
        case VagalReaction():
            return msgspec.structs.replace(
                moved, systolic_fall=min(80.0, moved.systolic_fall * size), heart_rate_fall=min(60.0, moved.heart_rate_fall * size)
            )
    return moved


def artefact_length_s(rng: random.Random) -> float:
    return _within(ARTEFACT_MEDIAN_S * rng.lognormvariate(0.0, ARTEFACT_SIGMA), *ARTEFACT_S)


def _spell(kind: str, from_min: float, rng: random.Random) -> Artefact | ProbeOff | LeadsOff:
    short_min = from_min + artefact_length_s(rng) / 60
    match kind:
        case "motion":
            return Motion(from_min=from_min, to_min=short_min)
        case "noise":
            return Noise(from_min=from_min, to_min=short_min, factor=rng.choice((2.0, 2.0, 1.5)))
        case "cuff":  # long enough to meet one cycle of the schedule
            return CuffDisturbed(from_min=from_min, to_min=from_min + 6.0, wrong=rng.choice(tuple(CuffWrong)), share=0.6)
        case "disordered":
            return Disordered(from_min=from_min, to_min=from_min + rng.uniform(1.0, 3.0))
        case "clock":
            return ClockStep(from_min=from_min, to_min=from_min + rng.uniform(1.0, 5.0), step_s=rng.choice(CLOCK_STEPS_S))
        case "probe_off":
            return ProbeOff(from_min=from_min, to_min=from_min + rng.uniform(0.2, 2.0))
        case "leads_off":
            return LeadsOff(from_min=from_min, to_min=from_min + rng.uniform(0.2, 2.0))
    raise ValueError(f"no artefact {kind!r}")


def _within(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
