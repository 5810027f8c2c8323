"""What ketamine at the effect site does to pressure, heart rate and breathing.

Emax form of the BioGears substance file: effect = baseline x Emax x C / (EC50 + C) with EC50 750 ng/ml. People differ far more than that
file says, so each patient has an own Emax, given here as the rise at the peak of the usual infusion (0.5 mg/kg over 40 min). Mean and
spread of that rise are the published ones.
"""

import random
from typing import Annotated, Final

import msgspec

EC50_NG_ML: Final = 750.0  # BioGears, pressure and heart rate
BREATHING_EC50_NG_ML: Final = 500.0  # BioGears
BREATHING_EMAX: Final = -0.1  # BioGears: share of the baseline respiratory rate
PEAK_BLOOD_PRESSURE_SITE_NG_ML: Final = 225.24  # at minute 40 of the usual infusion (ke0 0.1155); a test holds it to the model
PEAK_BRAIN_SITE_NG_ML: Final = 238.29  # the same, ke0 0.652

# Peak rise over baseline, mean and SD between patients. SD: Yale chart review 2024 (2,342 infusions). Means: between the meta-analysis of
# Vankawala 2021 (+12.6/+8.5) and Yale (+16.0/+11.0). Heart rate: mean of the meta-analysis (CI 0.55-7.63); its spread is own proposal.
SYSTOLIC_RISE: Final = (14.5, 11.2)
DIASTOLIC_RISE: Final = (9.75, 8.45)
HEART_RATE_RISE: Final = (4.1, 8.0)
_TOGETHER: Final = 0.7  # correlation of systolic and diastolic rise, own proposal
_HYPERTENSIVE_SHIFT: Final = (4.0, 2.0, -2.0)  # rise more, with less pulse (direction: Zhou 2021; size own proposal)
_WIDEST: Final = 3.0  # nobody is further than this many SD from the mean


class PeakRise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One patient's rise over baseline at the peak of the usual infusion, in mm[Hg] and 1/min. Below zero for the few who fall."""

    systolic: Annotated[float, msgspec.Meta(ge=-40, le=70)]
    diastolic: Annotated[float, msgspec.Meta(ge=-30, le=50)]
    heart_rate: Annotated[float, msgspec.Meta(ge=-30, le=50)]


class Rise(msgspec.Struct, frozen=True):
    """Change from baseline at one moment; `breathing` as a factor on the respiratory rate."""

    systolic: float
    diastolic: float
    heart_rate: float
    breathing: float


def draw_peak_rise(rng: random.Random, *, has_hypertension: bool) -> PeakRise:
    """A patient of the published population."""
    common, own, pulse = (max(-_WIDEST, min(_WIDEST, rng.gauss(0.0, 1.0))) for _ in range(3))
    diastolic_z = _TOGETHER * common + (1 - _TOGETHER**2) ** 0.5 * own
    shift = _HYPERTENSIVE_SHIFT if has_hypertension else (0.0, 0.0, 0.0)
    return PeakRise(
        systolic=SYSTOLIC_RISE[0] + SYSTOLIC_RISE[1] * common + shift[0],
        diastolic=DIASTOLIC_RISE[0] + DIASTOLIC_RISE[1] * diastolic_z + shift[1],
        heart_rate=HEART_RATE_RISE[0] + HEART_RATE_RISE[1] * pulse + shift[2],
    )


def rise_at(peak: PeakRise, blood_pressure_site_ng_ml: float, brain_site_ng_ml: float) -> Rise:
    """The rise at these effect-site concentrations; equal to `peak` at those of the usual infusion's end."""
    pressure = _occupied(blood_pressure_site_ng_ml) / _occupied(PEAK_BLOOD_PRESSURE_SITE_NG_ML)
    pulse = _occupied(brain_site_ng_ml) / _occupied(PEAK_BRAIN_SITE_NG_ML)
    breathing = 1 + BREATHING_EMAX * brain_site_ng_ml / (BREATHING_EC50_NG_ML + brain_site_ng_ml)
    return Rise(peak.systolic * pressure, peak.diastolic * pressure, peak.heart_rate * pulse, breathing)


def _occupied(concentration_ng_ml: float) -> float:
    return concentration_ng_ml / (EC50_NG_ML + concentration_ng_ml)
