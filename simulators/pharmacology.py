"""The numbers that simulated patients are made of, from pharmacology.toml beside this file: code holds none."""

from importlib.resources import files
from typing import Annotated, Final

import msgspec

from schemas.limits import Sure
from schemas.session import Treatment

Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Three = tuple[float, float, float]  # systolic and diastolic in mm[Hg], heart rate in 1/min
Normal = tuple[float, float]  # mean and SD
Drawn = tuple[float, float, float, float]  # mean, SD, least and most


class Numbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row with where it comes from and how sure that is. `fitted`: to the published figures of the simulator's check."""

    source: Annotated[str, msgspec.Meta(min_length=3)]
    sure: Sure
    fitted: bool = False


class Kinetics(Numbers, frozen=True, kw_only=True):
    """What every pharmacokinetic model has. Rates in 1/min; `cv`: coefficient of variation between patients."""

    name: str
    drug: str
    title: str
    ke0_brain: Positive
    cv_volume: Share
    cv_clearance: Share


class Micro(Kinetics, frozen=True, kw_only=True):
    """Two or three compartments by their micro-constants in 1/min; the central volume in litres for each kg."""

    v1_l_per_kg: Positive
    k10: Positive
    k12: Positive
    k21: Positive
    k13: float = 0.0
    k31: float = 0.0


class Hepatic(Kinetics, frozen=True, kw_only=True):
    """Three compartments and a liver: volumes in litres, flows in l/h, losses of the liver in 1/h."""

    central_l: Positive
    shallow_l: Positive
    shallow_l_per_h: Positive
    deep_l: Positive
    deep_l_per_h: Positive
    liver_l: Positive
    liver_l_per_h: Positive
    liver_less_per_year_over_60: float
    loss_per_h: tuple[Positive, ...]


class Depot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a dose waits: `share` of it arrives, evenly `over_h`, and leaves with `ka_per_h`; the share of later doses is `next_factor`
    times the first one's. `of_the_rest`: of what the depot before did not take."""

    share: Share
    ka_per_h: Positive
    over_h: float
    cv: float
    next_factor: float = 1.0
    of_the_rest: bool = False
    through_liver: bool = False


class Route(Numbers, frozen=True, kw_only=True):
    treatment: Treatment
    depot: tuple[Depot, ...]


class Circulation(Numbers, frozen=True, kw_only=True):
    """Concentrations in ng/ml, `ke0_pressure` in 1/min. The counter-effect follows the effect with `counter_min` minutes."""

    ec50: Positive
    ke0_pressure: Positive
    counter_pressure: float
    counter_pulse: float
    counter_min: Positive
    reference_iv_mg_per_kg: Positive
    reference_iv_min: Positive
    reference_nasal_mg: tuple[Positive, ...]
    reference_nasal_gap_min: Positive


class RiseRow(Numbers, frozen=True, kw_only=True):
    systolic: Normal
    diastolic: Normal
    heart_rate: Normal
    together: Share
    widest: Positive
    per_year_from_45: Three
    hypertension: Three


class DissociationRow(Numbers, frozen=True, kw_only=True):
    mean: Positive
    sd: Positive
    hill: Positive
    six_share: Share


class SedationRow(Numbers, frozen=True, kw_only=True):
    ec50: Positive
    hill: Positive
    cv: Share
    moaas: tuple[Share, ...]


class BreathingRow(Numbers, frozen=True, kw_only=True):
    emax: float
    ec50: Positive
    depression_ec50: Positive
    depression_hill: Positive
    cv: Share
    apnoea_below: Share


class GasRow(Numbers, frozen=True, kw_only=True):
    ventilation_l_per_min: Positive
    oxygen_use_l_per_min: Positive
    carbon_dioxide_l_per_min: Positive
    oxygen_store_l: Positive
    carbon_dioxide_store_l: Positive
    inspired_mmhg: Positive
    oxygen_mmhg_per_l_per_min: Positive
    arterial_mmhg: Positive
    end_tidal_less: float


class Medicine(Numbers, frozen=True, kw_only=True):
    """Effects of one `usual` dose at its peak: mm[Hg], 1/min, or a change of a share."""

    name: str
    usual: Positive
    unit: str
    onset: Positive
    offset: Positive
    systolic: float = 0.0
    diastolic: float = 0.0
    heart_rate: float = 0.0
    sedation: float = 0.0
    dissociation: float = 0.0
    calm: float = 0.0
    breathing: float = 0.0
    depression_ec50: float = 0.0


class Comedication(Numbers, frozen=True, kw_only=True):
    """What the patient takes anyway; `share` of the population."""

    name: str
    rise: Three
    share: Share
    sedation: float = 1.0
    dissociation: float = 1.0
    depression_ec50: float = 1.0


class Population(Numbers, frozen=True, kw_only=True):
    age: Drawn
    weight_kg: Drawn
    hypertension_share: Share
    systolic: Drawn
    diastolic: Drawn
    heart_rate: Drawn
    spo2: Drawn
    respiratory_rate: Drawn


class Pharmacology(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    year: int
    micro: tuple[Micro, ...]
    hepatic: tuple[Hepatic, ...]
    route: tuple[Route, ...]
    circulation: Circulation
    rise: RiseRow
    dissociation: DissociationRow
    sedation: SedationRow
    breathing: BreathingRow
    gas: GasRow
    medicine: tuple[Medicine, ...]
    comedication: tuple[Comedication, ...]
    population: Population


PHARMACOLOGY: Final = msgspec.toml.decode((files("simulators") / "pharmacology.toml").read_bytes(), type=Pharmacology)
KINETICS: Final[dict[str, Micro | Hepatic]] = {row.name: row for row in PHARMACOLOGY.micro} | {
    row.name: row for row in PHARMACOLOGY.hepatic
}
ROUTES: Final = {row.treatment: row for row in PHARMACOLOGY.route}
MEDICINES: Final = {row.name: row for row in PHARMACOLOGY.medicine}
COMEDICATIONS: Final = {row.name: row for row in PHARMACOLOGY.comedication}
DEFAULT_KINETICS: Final = {"ketamine": "domino", "esketamine": "perez_ruixo"}
DRUG: Final = {treatment: "esketamine" if treatment is Treatment.ESKETAMINE_NASAL else "ketamine" for treatment in Treatment}
