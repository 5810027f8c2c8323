"""Scenarios: one patient, one order, one course of events, and what a monitor is expected to notice. Read from TOML, strictly."""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final

import msgspec

from schemas.session import INFUSED, Name, Treatment
from simulators.actions import Action, Push
from simulators.events import Event, Surge
from simulators.pharmacology import COMEDICATIONS, KINETICS
from simulators.response import PeakRise
from simulators.spell import Minute

MAX_SCENARIO_BYTES: Final = 100_000
RuleId = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,3}-[HML][0-9]{1,2}$")]


class ScenarioError(ValueError):
    """The scenario cannot be used; the text says where and why."""


class PatientSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is on the bed. Baseline values in the unit of their vital sign; what is left out is drawn from the population by the seed."""

    label: Name
    weight_kg: Annotated[float, msgspec.Meta(ge=20, le=300)]
    birth_year: Annotated[int, msgspec.Meta(ge=1900, le=2100)] | None = None
    hypertension: bool = False
    heart_rate: Annotated[float, msgspec.Meta(ge=40, le=120)] | None = None
    systolic: Annotated[float, msgspec.Meta(ge=80, le=190)] | None = None
    diastolic: Annotated[float, msgspec.Meta(ge=40, le=120)] | None = None
    spo2: Annotated[float, msgspec.Meta(ge=85, le=100)] | None = None
    respiratory_rate: Annotated[float, msgspec.Meta(ge=8, le=30)] | None = None
    peak_rise: PeakRise | None = None
    takes: tuple[str, ...] = ()  # comedications of pharmacology.toml
    kinetics: str | None = None  # a model of pharmacology.toml; without it the default one of the drug

    def __post_init__(self) -> None:
        if (self.systolic is None) != (self.diastolic is None):
            raise ValueError("systolic and diastolic are given together or not at all")
        if self.systolic is not None and self.diastolic is not None and self.systolic - self.diastolic < 20:
            raise ValueError("systolic must be at least 20 above diastolic")
        unknown = [name for name in self.takes if name not in COMEDICATIONS]
        if unknown:
            raise ValueError(f"takes: {', '.join(unknown)} is none of {', '.join(COMEDICATIONS)}")
        if self.kinetics is not None and self.kinetics not in KINETICS:
            raise ValueError(f"kinetics: {self.kinetics} is none of {', '.join(KINETICS)}")


class OrderSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dose by weight or in mg. What is infused has a duration; what is not is given in equal `parts`, the first when the treatment
    starts and the others `part_gap_min` apart (spray devices)."""

    treatment: Treatment = Treatment.KETAMINE_IV
    dose_mg_per_kg: Annotated[float, msgspec.Meta(gt=0, le=4)] | None = None
    dose_mg: Annotated[float, msgspec.Meta(gt=0, le=500)] | None = None
    duration_min: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0
    parts: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    part_gap_min: Annotated[float, msgspec.Meta(ge=1, le=60)] = 5

    def __post_init__(self) -> None:
        if (self.dose_mg_per_kg is None) == (self.dose_mg is None):
            raise ValueError("give dose_mg_per_kg or dose_mg, one of them")
        if (self.treatment in INFUSED) != (self.duration_min > 0):
            raise ValueError("an infusion has a duration_min, what is given at once has none")
        if self.treatment is Treatment.NONE or (self.treatment in INFUSED and self.parts != 1):
            raise ValueError("a simulated order gives a drug, and an infusion has no parts")


class Timeline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long each phase lasts when nobody intervenes, and how often the cuff is inflated."""

    baseline_min: Annotated[float, msgspec.Meta(ge=1, le=120)] = 6
    infusion_min: Annotated[float, msgspec.Meta(ge=1, le=600)] = 40
    recovery_min: Annotated[float, msgspec.Meta(ge=1, le=600)] = 30
    baseline_cuff_min: Annotated[float, msgspec.Meta(ge=1, le=60)] = 2
    cuff_min: Annotated[float, msgspec.Meta(ge=1, le=60)] = 5

    @property
    def length_min(self) -> float:
        return self.baseline_min + self.infusion_min + self.recovery_min


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert of this rule is raised, at the latest at `by_min` of the scenario."""

    rule: RuleId
    by_min: Minute


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`expects`: rules that must raise an alert, `never`: rules that must not; by the default limits, and with no more than `act` done."""

    name: str  # the file's name without its ending, not in the file
    title: Annotated[str, msgspec.Meta(min_length=3, max_length=80)]
    description: Annotated[str, msgspec.Meta(min_length=10, max_length=1_000)]
    patient: PatientSpec
    order: OrderSpec
    timeline: Timeline = Timeline()
    capnograph: bool = False
    event: Annotated[tuple[Event, ...], msgspec.Meta(max_length=100)] = ()
    act: Annotated[tuple[Action, ...], msgspec.Meta(max_length=100)] = ()
    expects: tuple[Expected, ...] = ()
    never: tuple[RuleId, ...] = ()
    nothing_else: bool = False  # no rule but those in `expects` may raise an alert

    def __post_init__(self) -> None:
        for event in self.event:
            if event.from_min >= self.timeline.length_min:
                raise ValueError(f"an event at minute {event.from_min:g} is after the end at {self.timeline.length_min:g}")
        for expected in self.expects:
            if expected.by_min > self.timeline.length_min:
                raise ValueError(f"{expected.rule} is expected after the end of the scenario")
        for action in self.act:
            if action.at_min >= self.timeline.length_min:
                raise ValueError(f"an action at minute {action.at_min:g} is after the end at {self.timeline.length_min:g}")
        both = {expected.rule for expected in self.expects} & set(self.never)
        if both:
            raise ValueError(f"both expected and never: {', '.join(sorted(both))}")
        peak = self.patient.peak_rise
        if any(isinstance(event, Surge) for event in self.event) and (peak is None or peak.systolic <= 0):
            raise ValueError("a surge multiplies patient.peak_rise: give one with a systolic rise above 0")

    @property
    def dose_mg(self) -> float:
        by_weight = self.order.dose_mg_per_kg
        return self.order.dose_mg or 0.0 if by_weight is None else by_weight * self.patient.weight_kg

    @property
    def rate_mg_per_min(self) -> float:
        """The constant rate of the order; 0 of what is not infused."""
        return self.dose_mg / self.order.duration_min if self.order.duration_min else 0.0

    @property
    def doses(self) -> tuple[Push, ...]:
        """What is given at once: the parts of an order that is not infused."""
        order = self.order
        if order.treatment in INFUSED:
            return ()
        first_min = self.timeline.baseline_min
        return tuple(Push(at_min=first_min + part * order.part_gap_min, mg=self.dose_mg / order.parts) for part in range(order.parts))

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that the clinician does beside the phases, in order of time."""
        return tuple(sorted((*self.doses, *self.act), key=lambda action: action.at_min))


def parse_scenario(name: str, text: str) -> Scenario:
    """TOML text -> scenario. Raises ScenarioError naming the place; unknown keys are refused."""
    try:
        table = tomllib.loads(text)
        if "name" in table:
            raise ScenarioError(f"scenario {name}: its name is the name of its file; take `name` out")
        return msgspec.convert(table | {"name": name}, Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ScenarioError(f"scenario {name}: {error}") from error


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios that come with the package, in alphabetical order."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml")))


def load_scenario(name: str) -> Scenario:
    """A scenario of the package. Raises ScenarioError for an unknown name, saying which there are."""
    if name not in scenario_names():
        raise ScenarioError(f"no scenario {name!r}; there are: {', '.join(scenario_names())}")
    return parse_scenario(name, (_folder() / f"{name}.toml").read_text(encoding="utf-8"))


def _folder() -> Traversable:
    return files("simulators") / "scenarios"
