"""What the simulated clinician charts, and when: the questions before the start, a response check while infusing, the findings before the
discharge. Pure; the answers are those of a patient in whom nothing stands against the treatment.
"""

from collections.abc import Mapping
from typing import Final

from schemas.session import Order, Phase, Treatment
from schemas.signs import Charted
from schemas.stream_wire import SessionNow

CHECK_EVERY_MS: Final = 8 * 60_000  # of the monitor's clock: sooner than its rule asks for
DROWSY_FROM: Final = 0.75  # share of the ordered dose: concentration peaks at the end of the infusion
ALERT: Final = 5  # MOAA/S
DROWSY: Final = 4

READY: Final[Mapping[Charted, int]] = dict.fromkeys(
    (Charted.CONSENT, Charted.ESCORT, Charted.SUPERVISOR, Charted.AIRWAY_KIT, Charted.WEIGHT_RECENT, Charted.DOSE_CHECKED), 1
)
NOT_PRESENT: Final[Mapping[Charted, int]] = dict.fromkeys(
    (
        Charted.BRAIN_BLEED_RISK,
        Charted.ALLERGY,
        Charted.UNCONTROLLED_HYPERTENSION,
        Charted.UNSTABLE_HEART,
        Charted.CORONARY_DISEASE,
        Charted.PSYCHOSIS,
        Charted.SUBSTANCE_USE,
        Charted.SEVERE_LIVER_DISEASE,
        Charted.RAISED_PRESSURE,
        Charted.PREGNANCY,
        Charted.MAOI,
        Charted.STIMULANT,
        Charted.SEDATIVE,
        Charted.OPIOID,
        Charted.THEOPHYLLINE,
    ),
    0,
)
CHECKLIST: Final[Mapping[Charted, int]] = {**READY, **NOT_PRESENT}
DISCHARGE: Final[Mapping[Charted, int]] = {
    Charted.SEDATION: ALERT,
    Charted.DISSOCIATION: 0,
    Charted.NAUSEA: 0,
    Charted.DISCHARGE_SCORE: 10,
}


def sedation(given_ug: float, order: Order) -> int:
    """MOAA/S at a response check: alert, drowsy near the peak."""
    return DROWSY if order.dose_ug and given_ug >= DROWSY_FROM * order.dose_ug else ALERT


def response_check(given_ug: float, order: Order) -> Mapping[Charted, int]:
    """What is asked at a response check: the answers of a patient who takes it well."""
    return {Charted.SEDATION: sedation(given_ug, order), Charted.DISTRESS: 1, Charted.NAUSEA: 0, Charted.DISSOCIATION: 3}


def unanswered(session: SessionNow) -> Mapping[Charted, int]:
    """The questions before the start that nobody has answered. A person's answer stands as it is."""
    if session.order.treatment is Treatment.NONE or session.phase not in (Phase.PLANNED, Phase.BASELINE):
        return {}
    charted = {row.sign for row in session.observations}
    return {sign: value for sign, value in CHECKLIST.items() if sign not in charted}


def check_due_ms(session: SessionNow) -> int | None:
    """When the next response check is due; None while none is."""
    if session.phase is not Phase.INFUSING:
        return None
    checked_ms = [row.at_ms for row in session.observations if row.sign is Charted.SEDATION]
    return max(*checked_ms, session.started_at_ms or session.phase_since_ms, 0) + CHECK_EVERY_MS


def before_discharge(session: SessionNow) -> Mapping[Charted, int]:
    """What is charted before the session is closed."""
    return {} if session.order.treatment is Treatment.NONE else DISCHARGE


def unaccounted_ug(session: SessionNow) -> int:
    """What was drawn and is neither given nor wasted; negative where more was given than drawn."""
    return sum(row.drawn_ug for row in session.vials) - session.given_ug - sum(row.wasted_ug for row in session.wastes)
