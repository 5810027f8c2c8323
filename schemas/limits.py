"""The rule catalogue as data: every clinical number with its unit, source and how sure it is. Code holds none.

A rule is a list of clauses; it is breached while any clause is, and a clause is while all its terms are. Each term is a limit on one
sign, either absolute or a change from the patient's baseline with a floor; the core turns both into one number when the baseline is
frozen. A gate is made of the same clauses and stands before a step of the session. `limits.toml` is decoded into `Limits`; the same
value is written into a session's log, so a log can be judged again without the file.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.alert import AlertKind, Priority
from schemas.session import Phase, Treatment
from schemas.signs import Charted, Derived, Sign
from schemas.vitals import Vital

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1_000)]
Level = Annotated[float, msgspec.Meta(ge=-10, le=100_000)]
Pressure = Annotated[float, msgspec.Meta(ge=0, le=300)]


class Direction(StrEnum):
    HIGH = "high"  # breached at or above the limit
    LOW = "low"  # breached below it, or at it where `at_limit` says so


class RuleKind(StrEnum):
    LIMIT = "limit"
    CHANGE = "change"
    MISSING = "missing"


class Sure(StrEnum):
    """How sure the number is: read in the source; read in a weak source; computed; general knowledge; our own proposal."""

    SOURCE = "S"
    WEAK_SOURCE = "S2"
    COMPUTED = "D"
    GENERAL = "G"
    PROPOSAL = "P"


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A limit on one sign, in its unit. Exactly one of `vital`, `charted` and `derived`, and one of `limit`, `change` and `change_percent`.

    `floor`: for a rise, the limit is never below it (a rise from a low baseline is harmless).
    `unless_baseline_below` with `then_change`: where the baseline itself is below the number, the limit is baseline + then_change.
    """

    vital: Vital | None = None
    charted: Charted | None = None
    derived: Derived | None = None
    direction: Direction
    limit: Level | None = None
    change: Annotated[float, msgspec.Meta(ge=-300, le=300)] | None = None
    change_percent: Annotated[float, msgspec.Meta(ge=-90, le=200)] | None = None
    floor: Positive | None = None
    unless_baseline_below: Positive | None = None
    then_change: Annotated[float, msgspec.Meta(ge=-300, le=0)] | None = None
    at_limit: bool = True  # whether a value equal to the limit breaches it
    clear: Level | None = None  # the value at which the condition ends (past it, seen from the limit)
    clear_change_percent: Annotated[float, msgspec.Meta(ge=-90, le=200)] | None = None  # the same, as a change from the baseline
    clear_margin: Positive | None = None  # the same, as a distance from the limit

    @property
    def sign(self) -> Sign:
        """What the limit is on. Raises ValueError where none is given."""
        for sign in (self.vital, self.charted, self.derived):
            if sign is not None:
                return sign
        raise ValueError("a term takes one of vital, charted, derived")


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    all: Annotated[tuple[Term, ...], msgspec.Meta(min_length=1, max_length=4)]


class Confirm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A single cuff value is weak evidence: the first asks for another, the second decides, and only a cuff value decides. One that comes
    within `min_gap_s` of the first is too early to count. Without a second one `within_s` the alert is raised."""

    min_gap_s: Seconds
    within_s: Seconds


class Adjustable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the limit of one vital sign may be moved for one patient."""

    vital: Vital
    direction: Direction
    min: Positive
    max: Positive


class Rule(msgspec.Struct, frozen=True, cache_hash=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule. `source` names what the number was taken from, `reviewer` the physician who signed it ('unreviewed' until then)."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,3}-[HML][0-9]{1,2}$(?!\n)")]
    title: Annotated[str, msgspec.Meta(min_length=3, max_length=80)]
    kind: RuleKind
    alert_kind: AlertKind
    priority: Priority
    cause: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]+$(?!\n)")]
    phases: Annotated[tuple[Phase, ...], msgspec.Meta(min_length=1)]
    any: tuple[Clause, ...] = ()
    immediate: tuple[Clause, ...] = ()  # values that breach the rule too, and need no confirmation and no onset
    onset_s: Seconds = 0.0
    confirm: Confirm | None = None
    clear_readings: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    clear_hold_s: Seconds = 0.0
    latch: bool = False
    missing: tuple[Vital, ...] = ()  # kind missing: the rule holds while all of these are missing
    missing_charted: Charted | None = None  # kind missing: nobody has charted it for `after_s`
    after_s: Seconds | None = None  # kind missing, a stream: silence in seconds (times the device's interval where that is longer than 1 s)
    after_intervals: Positive | None = None  # kind missing, a cuff: silence in cuff intervals
    adjust: tuple[Adjustable, ...] = ()
    source: Annotated[str, msgspec.Meta(min_length=3)]
    sure: Sure
    reviewer: Annotated[str, msgspec.Meta(min_length=3)]

    @property
    def silent(self) -> tuple[Sign, ...]:
        """Kind missing: the signs that must all be missing."""
        return self.missing if self.missing_charted is None else (*self.missing, self.missing_charted)


class Effect(StrEnum):
    """hard: nobody can pass. override: a named person with a reason can. caution: passed by going on, and recorded."""

    HARD = "hard"
    OVERRIDE = "override"
    CAUTION = "caution"


class Before(StrEnum):
    """The step of a session that a gate stands before."""

    START = "start"  # of the infusion
    DISCHARGE = "discharge"  # recovery -> closed


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Closed while any clause is breached, while any sign of `asked` was never charted, any of `needs` is not charted as yes, or any of
    `needs_vitals` has no usable value. Before the start a vital sign's baseline is looked at where there is one, else its newest value."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[GD]-[A-Z]{2,4}[0-9]{0,2}$(?!\n)")]
    title: Annotated[str, msgspec.Meta(min_length=3, max_length=80)]
    before: Before
    effect: Effect
    any: tuple[Clause, ...] = ()
    asked: tuple[Charted, ...] = ()
    needs: tuple[Charted, ...] = ()
    needs_vitals: tuple[Vital, ...] = ()
    no_open_alert: Priority | None = None  # closed while an alert of this priority or higher is open
    treatments: tuple[Treatment, ...] = ()  # for these alone; empty: for all
    source: Annotated[str, msgspec.Meta(min_length=3)]
    sure: Sure
    reviewer: Annotated[str, msgspec.Meta(min_length=3)]


class Signals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What follows an alert: how long its sound may be paused, when it is escalated, when a person is reminded of it."""

    audio_pause_max_s: Annotated[float, msgspec.Meta(gt=0, le=120)]
    shown_within_s: Annotated[float, msgspec.Meta(gt=0, le=600)]  # no screen has shown it by then: the second channel
    escalate_after_s: Annotated[tuple[Annotated[float, msgspec.Meta(gt=0, le=3_600)], ...], msgspec.Meta(min_length=1, max_length=5)]
    remind_every_s: Annotated[float, msgspec.Meta(ge=10, le=3_600)]
    source: str
    sure: Sure


class Trend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When rising cuff values are projected: `cuffs` in a row, each above the one before, by `rise` in `per_s` or faster."""

    cuffs: Annotated[int, msgspec.Meta(ge=2, le=10)]
    rise: Positive
    per_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)]
    ahead_s: Annotated[float, msgspec.Meta(gt=0, le=3_600)]
    source: str
    sure: Sure


class Admission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers of admission: lateness, jumps, weak pulse pressure, how long questionable evidence must hold."""

    late_after_s: Seconds
    rebase_after_s: Seconds
    questionable_hold_s: Seconds
    spo2_uncalibrated_below: Positive
    spo2_jump: Positive
    spo2_jump_within_s: Seconds
    heart_rate_jump_percent: Positive
    heart_rate_jump_within_s: Seconds
    pulse_pressure: tuple[tuple[Pressure, Pressure], ...]  # (systolic above, smallest credible pulse pressure), highest systolic first
    source: str
    sure: Sure
    clock_ahead_s: Seconds = 2.0  # the default is what logs without it were judged by


class BaselineNumbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    min_cuffs: Annotated[int, msgspec.Meta(ge=1, le=10)]
    min_gap_s: Seconds
    stream_window_s: Seconds
    source: str
    sure: Sure


class Freshness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Age budgets that every screen obeys."""

    stream_current_s: Seconds  # a streamed value is current up to this age (or 5 of the device's intervals)
    cuff_current_intervals: Positive  # a cuff value is current up to this many intervals
    cuff_gone_intervals: Positive  # past this it is struck through
    cuff_due_intervals: Positive  # a device that says "none" so long after its last cuff has failed one; sooner, it was none's turn
    default_cuff_interval_s: Seconds
    max_cuff_interval_s: Seconds  # no device may declare a longer one: a declared interval must not switch staleness off
    max_stream_interval_s: Seconds  # the same for a streamed value, whose age limit is several intervals
    source: str
    sure: Sure
    default_stream_interval_s: Positive = 1.0  # the default is what logs without it were judged by


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole rule set. `version` is its author's name for it; what identifies it is the hash of its canonical bytes."""

    version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    admission: Admission
    baseline: BaselineNumbers
    freshness: Freshness
    signals: Signals
    trend: Trend
    gate: Annotated[tuple[Gate, ...], msgspec.Meta(min_length=1, max_length=200)]
    rule: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=200)]
