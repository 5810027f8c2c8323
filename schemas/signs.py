"""Everything a rule can look at: vital signs, what people chart, and what the monitor works out from both.

A charted sign stands until it is charted anew. A derived one is a number the core makes from its inputs alone; `docs/explanation/alerts.md`
says how each is made. Values travel as integers in thousandths, as those of vital signs do.
"""

from enum import StrEnum
from typing import Final

import msgspec

from schemas.vitals import VITAL_SIGNS, Vital


class Charted(StrEnum):
    """What a person sees, asks or confirms. Yes is 1 and no is 0."""

    SEDATION = "sedation"  # MOAA/S, 5 alert to 0 no response; charting it is the response check
    AGITATION = "agitation"  # RASS, -5 to +4
    DISTRESS = "distress"
    DISSOCIATION = "dissociation"  # CADSS-6, six items of 0 to 4
    NAUSEA = "nausea"  # 0 none, 1 mild, 2 moderate, 3 severe
    PAIN = "pain"
    VOMITING = "vomiting"
    PANIC = "panic"
    CHEST_PAIN = "chest_pain"
    DYSPNOEA = "dyspnoea"
    SEVERE_HEADACHE = "severe_headache"
    NEURO_SIGN = "neuro_sign"
    SYNCOPE = "syncope"
    SEIZURE = "seizure"
    ALLERGIC_SIGN = "allergic_sign"
    DISCHARGE_SCORE = "discharge_score"
    CONSENT = "consent"
    ESCORT = "escort"
    SUPERVISOR = "supervisor"
    AIRWAY_KIT = "airway_kit"
    WEIGHT_RECENT = "weight_recent"
    DOSE_CHECKED = "dose_checked"
    BRAIN_BLEED_RISK = "brain_bleed_risk"
    ALLERGY = "allergy"
    UNCONTROLLED_HYPERTENSION = "uncontrolled_hypertension"
    UNSTABLE_HEART = "unstable_heart"
    CORONARY_DISEASE = "coronary_disease"
    PSYCHOSIS = "psychosis"
    SUBSTANCE_USE = "substance_use"
    SEVERE_LIVER_DISEASE = "severe_liver_disease"
    RAISED_PRESSURE = "raised_pressure"
    PREGNANCY = "pregnancy"
    MAOI = "maoi"
    STIMULANT = "stimulant"
    SEDATIVE = "sedative"
    OPIOID = "opioid"
    THEOPHYLLINE = "theophylline"

    __hash__ = str.__hash__


class Derived(StrEnum):
    """What the core works out."""

    SHOCK_INDEX = "shock_index"  # heart rate / systolic, at a cuff
    RATE_PRESSURE = "rate_pressure"  # heart rate x systolic, at a cuff
    SYSTOLIC_PROJECTED = "systolic_projected"  # where rising cuffs point
    SYSTOLIC_WORST = "systolic_worst"  # the higher of the last two cuffs
    DIASTOLIC_WORST = "diastolic_worst"
    RATE_DIFFERENCE = "rate_difference"  # heart rate beside pulse rate or a second device's heart rate
    SPO2_DIFFERENCE = "spo2_difference"  # beside a second device's
    NO_PULSE = "no_pulse"  # 1: the sensor is on and says 0
    FROZEN_DEVICES = "frozen_devices"  # packets flow, their counter stands still
    LOST_DEVICES = "lost_devices"  # bound, and without a connection
    CLOCK_STEP = "clock_step"  # seconds by which a device's clock last stepped; 0 once its times are steady again
    DOUBTFUL_SIGNS = "doubtful_signs"  # vital signs whose newest value is questionable
    FAILED_CUFFS = "failed_cuffs"  # in a row
    WATCHING_SCREENS = "watching_screens"  # visible and able to sound
    UNSEEN_ALERTS = "unseen_alerts"  # raised, and no such screen has shown them
    UNANSWERED_HIGH = "unanswered_high"  # physiological alerts of high priority nobody has acknowledged
    RATE_OF_ORDER = "rate_of_order"  # the pump's rate in % of the ordered one
    GIVEN_OF_ORDER = "given_of_order"  # the dose given in % of the ordered one
    MINUTES_SINCE_STOP = "minutes_since_stop"
    MINUTES_SINCE_FIRST_DOSE = "minutes_since_first_dose"
    DRUG_UNACCOUNTED = "drug_unaccounted"  # drawn, and neither given nor wasted before a witness
    SIGNED_OFF = "signed_off"  # 1: a clinician has signed for the discharge
    ORDER_MG_PER_KG = "order_mg_per_kg"
    ORDER_MG_PER_KG_MIN = "order_mg_per_kg_min"
    ORDER_MINUTES = "order_minutes"

    __hash__ = str.__hash__


Sign = Vital | Charted | Derived


class SignRow(msgspec.Struct, frozen=True):
    """`low`..`high` in `unit`: what a person may chart, what a limit may be."""

    sign: Sign
    label: str
    unit: str
    low: float
    high: float
    is_cuff: bool = False  # new with each cuff value, and only then


def _yes_no(sign: Charted, label: str) -> SignRow:
    return SignRow(sign, label, "1", 0, 1)


_ROWS: Final = (
    *(SignRow(vital, row.label, row.unit, row.plausible_min, row.plausible_max, row.is_cuff) for vital, row in VITAL_SIGNS.items()),
    SignRow(Charted.SEDATION, "MOAA/S", "{score}", 0, 5),
    SignRow(Charted.AGITATION, "RASS", "{score}", -5, 4),
    SignRow(Charted.DISTRESS, "distress", "{score}", 0, 10),
    SignRow(Charted.DISSOCIATION, "CADSS-6", "{score}", 0, 24),
    SignRow(Charted.NAUSEA, "nausea", "{score}", 0, 3),
    SignRow(Charted.PAIN, "pain", "{score}", 0, 10),
    SignRow(Charted.DISCHARGE_SCORE, "discharge score", "{score}", 0, 10),
    _yes_no(Charted.VOMITING, "vomiting"),
    _yes_no(Charted.PANIC, "panic"),
    _yes_no(Charted.CHEST_PAIN, "chest pain"),
    _yes_no(Charted.DYSPNOEA, "shortness of breath"),
    _yes_no(Charted.SEVERE_HEADACHE, "severe headache"),
    _yes_no(Charted.NEURO_SIGN, "visual or neurological sign"),
    _yes_no(Charted.SYNCOPE, "syncope"),
    _yes_no(Charted.SEIZURE, "seizure"),
    _yes_no(Charted.ALLERGIC_SIGN, "wheeze or hives"),
    _yes_no(Charted.CONSENT, "consent signed"),
    _yes_no(Charted.ESCORT, "escort named"),
    _yes_no(Charted.SUPERVISOR, "supervising clinician present"),
    _yes_no(Charted.AIRWAY_KIT, "airway and resuscitation kit checked"),
    _yes_no(Charted.WEIGHT_RECENT, "weighed within 7 days"),
    _yes_no(Charted.DOSE_CHECKED, "dose checked by a second person"),
    _yes_no(Charted.BRAIN_BLEED_RISK, "aneurysm, vascular malformation or brain bleed"),
    _yes_no(Charted.ALLERGY, "allergy to ketamine"),
    _yes_no(Charted.UNCONTROLLED_HYPERTENSION, "uncontrolled hypertension"),
    _yes_no(Charted.UNSTABLE_HEART, "unstable or poorly controlled heart disease"),
    _yes_no(Charted.CORONARY_DISEASE, "coronary disease"),
    _yes_no(Charted.PSYCHOSIS, "active psychosis"),
    _yes_no(Charted.SUBSTANCE_USE, "active substance use disorder"),
    _yes_no(Charted.SEVERE_LIVER_DISEASE, "severe liver disease"),
    _yes_no(Charted.RAISED_PRESSURE, "raised pressure in the head or eye"),
    _yes_no(Charted.PREGNANCY, "pregnancy"),
    _yes_no(Charted.MAOI, "takes an MAO inhibitor"),
    _yes_no(Charted.STIMULANT, "takes a stimulant"),
    _yes_no(Charted.SEDATIVE, "takes a benzodiazepine or hypnotic"),
    _yes_no(Charted.OPIOID, "takes an opioid"),
    _yes_no(Charted.THEOPHYLLINE, "takes theophylline"),
    SignRow(Derived.SHOCK_INDEX, "shock index", "1", 0, 20, is_cuff=True),
    SignRow(Derived.RATE_PRESSURE, "HR x SBP", "mm[Hg]/min", 0, 90_000, is_cuff=True),
    SignRow(Derived.SYSTOLIC_PROJECTED, "SBP projected", "mm[Hg]", 0, 1_000, is_cuff=True),
    SignRow(Derived.SYSTOLIC_WORST, "higher SBP of the last two", "mm[Hg]", 30, 300, is_cuff=True),
    SignRow(Derived.DIASTOLIC_WORST, "higher DBP of the last two", "mm[Hg]", 10, 250, is_cuff=True),
    SignRow(Derived.RATE_DIFFERENCE, "difference between heart rates", "/min", 0, 300),
    SignRow(Derived.SPO2_DIFFERENCE, "difference between SpO2 sources", "%", 0, 100),
    SignRow(Derived.NO_PULSE, "no pulse", "1", 0, 1),
    SignRow(Derived.FROZEN_DEVICES, "frozen devices", "1", 0, 1_000),
    SignRow(Derived.LOST_DEVICES, "devices without connection", "1", 0, 1_000),
    SignRow(Derived.CLOCK_STEP, "step of a device's clock", "s", 0, 1e9),
    SignRow(Derived.DOUBTFUL_SIGNS, "doubtful vital signs", "1", 0, 100),
    SignRow(Derived.FAILED_CUFFS, "failed cuffs in a row", "1", 0, 1_000),
    SignRow(Derived.WATCHING_SCREENS, "watching screens", "1", 0, 100_000),
    SignRow(Derived.UNSEEN_ALERTS, "alerts no screen has shown", "1", 0, 1_000),
    SignRow(Derived.UNANSWERED_HIGH, "unanswered high alerts", "1", 0, 1_000),
    SignRow(Derived.RATE_OF_ORDER, "rate", "% of order", 0, 1e6),
    SignRow(Derived.GIVEN_OF_ORDER, "dose given", "% of order", 0, 1e6),
    SignRow(Derived.MINUTES_SINCE_STOP, "time since stop", "min", 0, 10_000),
    SignRow(Derived.MINUTES_SINCE_FIRST_DOSE, "time since the first dose", "min", 0, 10_000),
    SignRow(Derived.DRUG_UNACCOUNTED, "mg of drug not accounted for", "mg", -10_000, 10_000),
    SignRow(Derived.SIGNED_OFF, "sign-off", "1", 0, 1),
    SignRow(Derived.ORDER_MG_PER_KG, "ordered dose", "mg/kg", 0, 1_000),
    SignRow(Derived.ORDER_MG_PER_KG_MIN, "ordered rate", "mg/kg/min", 0, 1_000),
    SignRow(Derived.ORDER_MINUTES, "ordered duration", "min", 0, 1_440),
)

SIGNS: Final[dict[Sign, SignRow]] = {row.sign: row for row in _ROWS}
