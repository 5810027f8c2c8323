"""Each maker's dialect, a case for each of its traps: what is missing, what contradicts itself, what is old, what is a demo."""

from datetime import datetime

import pytest

from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Fault, Kind, Sender, Undecoded
from schemas.measurement import Mode
from simulators.devices.hl7 import Hl7State, mindray
from tests.unit.adapters.hl7_said import Bedside, header, measurements, numbers, unmapped, values

Q = Quantity
SPO2, HR = "150456^MDC_PULS_OXIM_SAT_O2^MDC", "147842^MDC_ECG_HEART_RATE^MDC"
PERCENT, BPM, MMHG, CEL = (
    "262688^MDC_DIM_PERCENT^MDC",
    "264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "266016^MDC_DIM_MMHG^MDC",
    "268192^MDC_DIM_DEGC^MDC",
)
AT = datetime(2026, 11, 22, 10, 41, 7)


def _one(code: str, value: str, unit: str, rest: str = "|||||F", *, sender: str = "|") -> dict[Quantity, int | None]:
    return numbers(Bedside().hears(header(sender), "OBR|1||||||20260701120000", f"OBX|1|NM|{code}|1.1.1|{value}|{unit}{rest}"))


@pytest.mark.parametrize("missing", ["", '""', "---", "--", "-", "-1", "-10", "-100", "-1000", "-10000", "-999", "-99.9", "-32768"])
@pytest.mark.parametrize(
    ("code", "unit", "quantity"),
    [(SPO2, PERCENT, Q.SPO2), ("150344^MDC_TEMP^MDC", CEL, Q.TEMPERATURE), ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", MMHG, Q.SYSTOLIC_BP)],
    ids=["spo2", "temperature", "cuff"],
)
def test_what_any_maker_writes_for_no_value_is_null(missing: str, code: str, unit: str, quantity: Quantity) -> None:
    """XH80X writes -999 and -99.9, Northern -100, others -1, -10, -10000, dashes or nothing: none of these is a measurement of anybody."""
    said = Bedside().hears(header("XH80X|"), f"OBX|1|NM|{code}|1|{missing}|{unit}")
    assert [(value.value_milli, value.doubts) for value in values(said).values()] == [(None, (Doubt.NOT_MEASURED,))]
    assert list(values(said)) == [quantity]


@pytest.mark.parametrize(("text", "milli"), [("0", 0), ("97", 97_000), ("97.5", 97_500)])
def test_a_number_stays_one(text: str, milli: int) -> None:
    """Zero is a number here: an asystole is not missing."""
    assert _one(SPO2, text, PERCENT) == {Q.SPO2: milli}


@pytest.mark.parametrize(("text", "milli"), [("-4", -4_000), ("-10", -10_000), ("-99.9", None), ("-100", None), ("-999", None)])
def test_an_invasive_pressure_can_be_a_little_below_zero(text: str, milli: int | None) -> None:
    assert _one("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", text, MMHG) == {Q.INVASIVE_SYSTOLIC_BP: milli}


@pytest.mark.parametrize("text", ["1e5000", "NaN", "inf", "9" * 30, "98~97", "98 %", "9,7", "<60", "high"])
def test_what_is_no_number_is_null(text: str) -> None:
    said = Bedside().hears(header(), f"OBX|1|NM|{SPO2}|1|{text}|{PERCENT}")
    assert [(value.value_milli, value.doubts) for value in values(said).values()] == [(None, (Doubt.NOT_A_NUMBER,))]


@pytest.mark.parametrize(
    ("unit", "milli"),
    [
        (MMHG, 16_000),
        ("265987^MDC_DIM_KILO_PASCAL^MDC", 120_010),
        ("0004-0f20^mmHg^MDIL", 16_000),
        ("0004-0f03^kPa^MDIL", 120_010),
        ("kPa", 120_010),
        ("mm[Hg]", 16_000),
        ("266016^MDC_DIM_KILO_PASCAL^MDC", None),
        ("262688^MDC_DIM_PERCENT^MDC", None),
        ("cmH2O", None),
        ("", None),
    ],
    ids=["mmHg", "kPa", "mdil-mmHg", "mdil-kPa", "text-kPa", "text-mmHg", "number-against-name", "not-a-pressure", "unknown", "none"],
)
def test_a_cuff_in_its_unit_and_never_in_a_guessed_one(unit: str, milli: int | None) -> None:
    said = Bedside("Europe/Berlin").hears(header(), f"OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1|16|{unit}|||||F|||20260701115500")
    assert numbers(said) == {Q.SYSTOLIC_BP: milli}
    value = values(said)[Q.SYSTOLIC_BP]
    assert (value.origin.value, value.origin.unit) == ("16", unit)
    assert value.doubts == (() if milli is not None else (Doubt.UNKNOWN_UNIT,))


@pytest.mark.parametrize(
    ("code", "unit", "quantity"),
    [
        ("147842^MDC_ECG_CARD_BEAT_RATE^MDC", BPM, Q.HEART_RATE),  # Philips
        ("149522^MDC_PULS_RATE^MDC", BPM, Q.PULSE_RATE),  # Comen
        ("151712^MDC_CONC_AWAY_CO2_EXP^MDC", MMHG, Q.ETCO2),  # GE
        ("150303^MDC_PRESS_CUFF_MEAN^MDC", MMHG, Q.MEAN_BP),  # Mindray
        ("0002-4bb8^SpO2^MDIL", "0004-0220^%^MDIL", Q.SPO2),
        ("0002-4BB8^SpO₂ r^MDIL", "0004-0220^%^MDIL", Q.SPO2),  # the label is in the language of the screen
        ("0002-4a05^NBPs^MDIL", "0004-0f20^mmHg^MDIL", Q.SYSTOLIC_BP),
        ("0002-4a16^ABPd^MDIL", "0004-0f20^mmHg^MDIL", Q.INVASIVE_DIASTOLIC_BP),
        ("0002-480a^Pulse^MDIL", "0004-0aa0^bpm^MDIL", Q.PULSE_RATE),
        ("0002-5000^Resp^MDIL", "0004-0ae0^rpm^MDIL", Q.RESPIRATORY_RATE),
        ("0002-50b0^etCO2^MDIL", "0004-0f20^mmHg^MDIL", Q.ETCO2),
        ("393216^NIBP_SYS^EHC", "mmHg", Q.SYSTOLIC_BP),  # Edan
        ("393217^NIBP_DIA^EHC", "mmHg", Q.DIASTOLIC_BP),
        ("327680^SPO2_SPO2^EHC", "%", Q.SPO2),
        ("131072^ECG_HR^EHC", "bpm", Q.HEART_RATE),
        ("007000^VITAL SpO2", "%", Q.SPO2),  # Nihon Kohden
        ("007001^VITAL PR(spo2)", "/min", Q.PULSE_RATE),
        ("009001^NIBP DIAS", "mmHg", Q.DIASTOLIC_BP),
    ],
)
def test_a_code_is_read_in_its_makers_words(code: str, unit: str, quantity: Quantity) -> None:
    assert _one(code, "40", unit, "|||||F|||20260701115500") == {quantity: 40_000}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("150031^MDC_PRESS_CUFF_SYS^MDC", "contradict"),  # Northern: right name, wrong number
        ("150021^MDC_PRESS_BLD_NONINV_DIA^MDC", "contradict"),
        ("150456^MDC_ECG_HEART_RATE^MDC", "contradict"),
        ("150017^NIBP_SYS^MDC", "unknown"),  # a pressure whose place nobody says
        ("150017^MDC_PRESS_BLD_SYS^MDC", "unknown"),
        ("108^MNDRY_ECG_PAUSE_RATE^99MNDRY", "unknown"),
        ("150456^MDC_PULS_OXIM_SAT_O2^99MINE", "unknown"),
        ("0002-f0c7^Temp1^MDIL", "unknown"),  # Philips' private range
        ("0002-4bb8x^SpO2^MDIL", "unknown"),
        ("393216^NIBP_DIA^EHC", "unknown"),
        ("007000^VITAL HR", "unknown"),
        ("150456", "unknown"),  # a bare number of no system
        ("", "unknown"),
    ],
)
def test_what_is_unknown_or_contradicts_itself_is_kept_and_not_guessed(code: str, why: str) -> None:
    said = Bedside().hears(header("northern|patient monitor^"), f"OBX|3|NM|{code}|1.1.9.150301|142|{MMHG}|||||F||APERIODIC|20250612093319|")
    assert not measurements(said)
    (item,) = unmapped(said)
    assert why in item.why
    assert (item.origin.code, item.origin.value, item.origin.channel) == (code, "142", "1.1.9.150301")


def test_tenths_under_the_unit_of_degrees_are_no_temperature() -> None:
    """Northern's second probe; the first says degrees."""
    rows = [f"OBX|{n}|NM|150344^MDC_TEMP^MDC|1.2.{n}.150344|{text}|{CEL}|||||F||||" for n, text in ((1, "38.5"), (2, "384.5"))]
    said = Bedside().hears(header("northern|"), *rows)
    assert numbers(said) == {Q.TEMPERATURE: 38_500}
    assert numbers(Bedside().hears(header("northern|"), rows[1])) == {Q.TEMPERATURE: None}


def test_of_two_sources_one_is_taken_and_the_other_kept_aside() -> None:
    """Mindray counts breaths at the chest and in the pleth; Comen has two SpO2 probes under one code."""
    chest, pleth = (
        f"OBX|1|NM|{code}^MDC|1|{{}}|264928^MDC_DIM_RESP_PER_MIN^MDC"
        for code in ("151578^MDC_TTHOR_RESP_RATE", "151658^MDC_PULS_OXIM_PLETH_RESP_RATE")
    )
    said = Bedside().hears(header(), pleth.format(19), chest.format(17))
    assert numbers(said) == {Q.RESPIRATORY_RATE: 17_000}
    assert [(item.origin.value, item.why) for item in unmapped(said)] == [("19", "another source of the same quantity is taken")]
    assert numbers(Bedside().hears(header(), pleth.format(19), chest.format(""))) == {Q.RESPIRATORY_RATE: 19_000}

    comen = [f"OBX||NM|{SPO2}|1.3.{probe}|{text}|{PERCENT}" for probe, text in ((1, "97"), (2, "91"))]
    said = Bedside().hears(header("COMEN|"), "OBR||||||", *comen, f"OBX||CNE|1^POSTURE^99COMEN||2^supine||{''}")
    assert numbers(said) == {Q.SPO2: 97_000}
    assert [item.origin.channel for item in unmapped(said)] == ["", "1.3.2"]


def test_a_heart_rate_and_a_pulse_rate_stay_apart() -> None:
    said = Bedside().hears(header(), f"OBX|1|NM|{HR}||72|{BPM}", f"OBX|2|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC||71|{BPM}")
    assert numbers(said) == {Q.HEART_RATE: 72_000, Q.PULSE_RATE: 71_000}


@pytest.mark.parametrize(
    ("rest", "value", "doubts"),
    [
        ("|||||X", 97_000, ()),  # Philips IntelliBridge writes X on good numbers
        ("|||||", 97_000, ()),
        ("|||||R", 97_000, ()),
        ("||L|||F", 97_000, ()),
        ("|||||D", None, (Doubt.DEVICE_SAYS_INVALID,)),
        ("|||||W", None, (Doubt.DEVICE_SAYS_INVALID,)),
        ("||INV|||F", None, (Doubt.DEVICE_SAYS_INVALID,)),
        ("||NAV|||F", None, (Doubt.NOT_MEASURED,)),
        ("||CAL|||F", None, (Doubt.CALIBRATING,)),
        ("||TEST|||F", None, (Doubt.TEST,)),
        ("||L~QUES|||F", 97_000, (Doubt.DEVICE_SAYS_QUESTIONABLE,)),
        ("||EARLY|||F", 97_000, (Doubt.EARLY_ESTIMATE,)),
    ],
)
def test_what_the_device_doubts(rest: str, value: int | None, doubts: tuple[Doubt, ...]) -> None:
    said = Bedside().hears(header(), f"OBX|1|NM|{SPO2}|1|97|{PERCENT}{rest}")
    assert [(item.value_milli, item.doubts) for item in values(said).values()] == [(value, doubts)]


def test_a_line_that_only_opens_a_channel_says_nothing_and_an_empty_number_says_missing() -> None:
    said = Bedside().hears(
        header(), "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X", f"OBX|2|NM|{SPO2}|1.22.1.2||{PERCENT}|||||X"
    )
    assert numbers(said) == {Q.SPO2: None}
    assert not unmapped(said)


@pytest.mark.parametrize(
    ("rest", "flag", "mode"),
    [
        ("P|2.6", "", Mode.REAL),
        ("P|2.6", "DEMO", Mode.SIMULATED),
        ("P|2.6", "L~demo", Mode.SIMULATED),
        ("D|2.6", "", Mode.SIMULATED),
        ("T|2.6", "", Mode.SIMULATED),
    ],
    ids=["real", "demo", "demo-beside-low", "debugging", "training"],
)
def test_a_demo_is_never_a_patient(rest: str, flag: str, mode: Mode) -> None:
    """One value in demo mode makes the whole message a demo: the Mindray VS900 marks each, but a device is in its demo mode or is not."""
    said = Bedside().hears(
        header(rest=rest), f"OBX|1|NM|{SPO2}|1|97|{PERCENT}|||||F", f"OBX|2|NM|{HR}|1|72|{BPM}||{flag}|||F", "OBX|3|NM|1^X||1"
    )
    assert {item.mode for item in measurements(said)} == {mode}
    assert {item.mode for item in unmapped(said)} == {mode}


def test_the_equipment_is_named_once_and_holds_for_the_lines_after_it() -> None:
    said = Bedside().hears(mindray(AT, 1, Hl7State(72, 97, 71, 14)).decode().rstrip("\r"))
    assert {item.sender for item in measurements(said)} == {Sender("000F14049B507238", "VIRTUAL", "Recovery^^5")}


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("VSP^080019FFFE1443EC^EUI-64|GE Healthcare", Sender("080019FFFE1443EC", "VSP", "")),
        ("^EfficiaCM|", Sender("", "EfficiaCM", "")),  # the name of a program, the same for all of them
        ("|", Sender()),
    ],
)
def test_a_program_is_no_device(sender: str, expected: Sender) -> None:
    (item,) = measurements(Bedside().hears(header(sender), f"OBX|1|NM|{SPO2}|1|97|{PERCENT}"))
    assert item.sender == expected


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("||AMEAS^auto-measurement^MDC", Kind.CONTINUOUS),
        ("||^APERIODIC", Kind.APERIODIC),
        ("||MMEAS^manual^MDC", Kind.MANUAL),
        ("||MSET^set^MDC", Kind.SETTING),
    ],
)
def test_how_it_was_measured(how: str, kind: Kind) -> None:
    (item,) = measurements(Bedside().hears(header(), f"OBX|1|NM|{SPO2}|1|97|{PERCENT}|||||F|||20260701115500|{how}"))
    assert item.kind is kind


def test_a_pump_tells_rate_and_volumes_and_is_not_its_ward() -> None:
    """B. Braun SpacePlus: the drug stands in the order, the ward in OBX-18 of an attribute, other codes have the number 0."""
    said = Bedside().hears(
        header("PAT_DEVICE_BBRAUN^0012211839000001^EUI-64|BBRAUN", at="20260113205908+0000", rest="P|2.4|||AL|NE||ASCII"),
        "PID|||Unknown Patient^Unknown Patient",
        "OBR|1|||KET50^Ketamine|||20260113205907+0000",
        "OBX|1||70053^MDC_DEV_PUMP_INFUS_SYRINGE_MDS^MDC|1.0.0.0|||||||X|||||||P52814^^0012210000000000^EUI-64",
        "OBX|2||70054^MDC_DEV_PUMP_INFUS_SYRINGE_VMD^MDC|1.1.0.0|||||||X",
        "OBX|3|ST|0^MDC_ATTR_PUMP_PILLAR_DETAILS^MDC|1.1.0.24|0^0||||||F|||||||WARD D5^^0012210000000000^EUI-64",
        "OBX|4|CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.1.1|^pump-status-infusing||||||R",
        "OBX|5|NM|158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC|1.1.1.2|12.5|265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM|||||R",
        "OBX|6|NM|157884^MDC_VOL_FLUID_TBI^MDC|1.1.1.3|50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|||||R",
        "OBX|7|NM|157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC|1.1.1.4|4.17|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|||||R",
        "OBX|8|NM|157872^MDC_VOL_FLUID_TBI_REMAIN^MDC|1.1.1.5|45.83|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|||||R",
        "OBX|9|NM|157916^MDC_TIME_PD_REMAIN^MDC|1.1.1.6|13199|264320^MDC_DIM_SEC^MDC^s^s^UCUM|||||R",
        "OBX|10|NM|0^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.7|12.5|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R",
    )
    (item,) = measurements(said)
    assert numbers(said) == {
        Q.INFUSION_RATE: 12_500,
        Q.VOLUME_TO_INFUSE: 50_000,
        Q.VOLUME_INFUSED: 4_170,
        Q.VOLUME_REMAINING: 45_830,
        Q.TIME_REMAINING: 13_199_000,
    }
    assert [(text.name, text.origin.value) for text in item.texts] == [("order", "KET50^Ketamine"), ("infusing", "^pump-status-infusing")]
    assert item.sender == Sender("P52814", "PAT_DEVICE_BBRAUN", "")
    assert [(aside.origin.code, aside.sender.device) for aside in unmapped(said)] == [
        ("0^MDC_ATTR_PUMP_PILLAR_DETAILS^MDC", "P52814"),
        ("0^MDC_FLOW_FLUID_PUMP^MDC", "P52814"),
    ]


def test_waves_and_other_kinds_are_not_read() -> None:
    """XH80X pushes its waves beside the numbers."""
    for kind in ("ORU^W01", "ADT^A01", "ORU^R42", "QRY^A19"):
        said = Bedside().hears(header(kind=kind), f"OBX|1|NA|{SPO2}|1|1^2^3|{PERCENT}")
        assert [(item.fault, item.detail) for item in said if isinstance(item, Undecoded)] == [(Fault.UNSUPPORTED, f"{kind} is not read")]
        assert not measurements(said)


def test_nothing_of_the_patient_is_told() -> None:
    said = Bedside().hears(header(), "PID|||MRN5733||Smith^John||19550508|M|||Street", "NK1|1|Smith^Ann", f"OBX|1|NM|{SPO2}|1|97|{PERCENT}")
    assert not [word for word in ("Smith", "MRN5733", "19550508", "Street") if word in repr(said)]
