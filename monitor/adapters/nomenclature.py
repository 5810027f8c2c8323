"""What the numbers of IEEE 11073-10101 mean, with the names they may carry. Pure tables.

The numbers and names are those of published messages; the nomenclature itself is not public.
"""

from typing import Final

import msgspec

from monitor.adapters.quantities import Quantity


class Meaning(msgspec.Struct, frozen=True):
    """`rank`: which of several sources of one quantity is taken, the lowest first. `is_spot`: measured now and then, by a cuff."""

    quantity: Quantity
    names: frozenset[str] = frozenset()
    rank: int = 0
    is_spot: bool = False


def streamed(quantity: Quantity, *names: str, rank: int = 0) -> Meaning:
    return Meaning(quantity, frozenset(names), rank)


def spot(quantity: Quantity, *names: str) -> Meaning:
    return Meaning(quantity, frozenset(names), is_spot=True)


Q: Final = Quantity
MDC: Final[dict[int, Meaning]] = {
    147842: streamed(Q.HEART_RATE, "MDC_ECG_HEART_RATE", "MDC_ECG_CARD_BEAT_RATE"),
    149530: streamed(Q.PULSE_RATE, "MDC_PULS_OXIM_PULS_RATE"),
    149538: streamed(Q.PULSE_RATE, "MDC_PLETH_PULS_RATE", rank=1),
    149514: streamed(Q.PULSE_RATE, "MDC_PULS_RATE", rank=2),
    149522: streamed(Q.PULSE_RATE, "MDC_BLD_PULS_RATE_INV", "MDC_PULS_RATE", rank=3),  # the second name is Comen's
    149546: spot(Q.PULSE_RATE, "MDC_PULS_RATE_NON_INV"),
    150456: streamed(Q.SPO2, "MDC_PULS_OXIM_SAT_O2"),
    150021: spot(Q.SYSTOLIC_BP, "MDC_PRESS_BLD_NONINV_SYS"),
    150022: spot(Q.DIASTOLIC_BP, "MDC_PRESS_BLD_NONINV_DIA"),
    150023: spot(Q.MEAN_BP, "MDC_PRESS_BLD_NONINV_MEAN"),
    150301: spot(Q.SYSTOLIC_BP, "MDC_PRESS_CUFF_SYS"),
    150302: spot(Q.DIASTOLIC_BP, "MDC_PRESS_CUFF_DIA"),
    150303: spot(Q.MEAN_BP, "MDC_PRESS_CUFF_MEAN"),
    150037: streamed(Q.INVASIVE_SYSTOLIC_BP, "MDC_PRESS_BLD_ART_ABP_SYS"),
    150038: streamed(Q.INVASIVE_DIASTOLIC_BP, "MDC_PRESS_BLD_ART_ABP_DIA"),
    150039: streamed(Q.INVASIVE_MEAN_BP, "MDC_PRESS_BLD_ART_ABP_MEAN"),
    150033: streamed(Q.INVASIVE_SYSTOLIC_BP, "MDC_PRESS_BLD_ART_SYS", rank=1),
    150034: streamed(Q.INVASIVE_DIASTOLIC_BP, "MDC_PRESS_BLD_ART_DIA", rank=1),
    150035: streamed(Q.INVASIVE_MEAN_BP, "MDC_PRESS_BLD_ART_MEAN", rank=1),
    151594: streamed(Q.RESPIRATORY_RATE, "MDC_CO2_RESP_RATE"),
    151562: streamed(Q.RESPIRATORY_RATE, "MDC_RESP_RATE", rank=1),
    151552: streamed(Q.RESPIRATORY_RATE, "MDC_RESP", rank=1),
    151578: streamed(Q.RESPIRATORY_RATE, "MDC_TTHOR_RESP_RATE", rank=2),
    151658: streamed(Q.RESPIRATORY_RATE, "MDC_PULS_OXIM_PLETH_RESP_RATE", rank=3),
    151708: streamed(Q.ETCO2, "MDC_CONC_AWAY_CO2_ET"),
    151728: streamed(Q.ETCO2, "MDC_AWAY_CO2_ET", rank=1),
    151712: streamed(Q.ETCO2, "MDC_CONC_AWAY_CO2_EXP", rank=2),
    150368: streamed(Q.TEMPERATURE, "MDC_TEMP_CORE"),
    150344: streamed(Q.TEMPERATURE, "MDC_TEMP", rank=1),
    150488: streamed(Q.PERFUSION_INDEX, "MDC_BLD_PERF_INDEX"),
    150448: streamed(Q.PERFUSION_INDEX, "MDC_PULS_OXIM_PERF_REL", rank=1),
    158014: streamed(Q.INFUSION_RATE, "MDC_FLOW_FLUID_PUMP_CURRENT"),
    157784: streamed(Q.INFUSION_RATE_SET, "MDC_FLOW_FLUID_PUMP"),
    157884: streamed(Q.VOLUME_TO_INFUSE, "MDC_VOL_FLUID_TBI"),
    157872: streamed(Q.VOLUME_REMAINING, "MDC_VOL_FLUID_TBI_REMAIN"),
    157993: streamed(Q.VOLUME_INFUSED, "MDC_VOL_FLUID_DELIV_TOTAL"),
    157760: streamed(Q.CONCENTRATION, "MDC_CONC_DRUG"),
    157916: streamed(Q.TIME_REMAINING, "MDC_TIME_PD_REMAIN"),
}

UNIT_NUMBERS: Final = {
    262688: ("%", "MDC_DIM_PERCENT"),
    262656: ("1", "MDC_DIM_DIMLESS"),
    264864: ("/min", "MDC_DIM_BEAT_PER_MIN"),
    264928: ("/min", "MDC_DIM_RESP_PER_MIN"),
    266016: ("mm[Hg]", "MDC_DIM_MMHG"),
    265987: ("kPa", "MDC_DIM_KILO_PASCAL"),
    268192: ("Cel", "MDC_DIM_DEGC"),
    265266: ("mL/h", "MDC_DIM_MILLI_L_PER_HR"),
    263762: ("mL", "MDC_DIM_MILLI_L"),
    264306: ("mg/mL", "MDC_DIM_MILLI_G_PER_ML"),
    264320: ("s", "MDC_DIM_SEC"),
}
"""Number -> UCUM, and the name that goes with the number."""
