"""Each maker's dialect, a case for each of its traps: what is missing, what contradicts itself, what is old, what is a demo."""

from datetime import datetime

import pytest

from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Fault, Kind, Sender, Undecoded
from schemas.instant import parse_ms
from schemas.measurement import Mode, Validity
from simulators.devices.hl7 import Cuff, Hl7State, mindray, philips
from tests.unit.adapters.hl7_said import NOW_MS, Bedside, header, measurements, numbers, unmapped, values

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
    said = Bedside().hears(header(), f"OBX|1|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1|16|{unit}|||||F|||20260701115500")
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


def test_a_cuff_is_told_by_its_own_time_however_often_it_is_repeated() -> None:
    """Mindray VS900: 24 minutes older than the message that repeats it."""
    cuff = Cuff(118, 74, 89, datetime(2026, 11, 22, 10, 17, 7))
    bedside = Bedside()
    said = [
        item for n in (1, 2) for item in bedside.hears(mindray(AT.replace(second=n), n, Hl7State(72, 97, cuff=cuff)).decode().rstrip("\r"))
    ]
    cuffs = [item for item in measurements(said) if item.kind is Kind.APERIODIC]
    assert [(item.time.at_ms, item.message_id) for item in cuffs] == [
        (parse_ms("2026-11-22T08:17:07Z"), "cuff 20261122101707.0000+0200")
    ] * 2
    assert [[value.value_milli for value in item.values] for item in cuffs] == [[118_000, 74_000, 89_000]] * 2
    others = [item for item in measurements(said) if item.kind is Kind.CONTINUOUS]
    assert [item.time.at_ms for item in others] == [parse_ms("2026-11-22T08:41:01Z"), parse_ms("2026-11-22T08:41:02Z")]
    assert len({item.message_id for item in others}) == 2


def _philips(bedside: Bedside, minute: int, cuff: Cuff | None) -> list[tuple[str, str, tuple[int | None, ...], set[Validity]]]:
    said = bedside.hears(philips(AT.replace(minute=minute), minute, Hl7State(72, 97, cuff=cuff)).decode().rstrip("\r"))
    return [
        (
            item.time.text[8:12],
            item.message_id.split("/")[1],
            tuple(value.value_milli for value in item.values),
            {value.validity for value in item.values},
        )
        for item in measurements(said)
        if item.kind is Kind.APERIODIC
    ]


def test_a_cuff_without_a_time_is_the_same_one_until_its_numbers_change() -> None:
    """Philips Efficia gives one time to everything: the message's. The first cuff of a connection may be an old one."""
    first, second = Cuff(118, 74, 89, AT), Cuff(131, 80, 97, AT)
    bedside = Bedside()
    told = (118_000, 74_000, 89_000)
    assert _philips(bedside, 10, first) == [("1010", "CN10", told, {Validity.QUESTIONABLE})]
    assert _philips(bedside, 11, first) == [("1010", "CN10", told, {Validity.QUESTIONABLE})]
    assert _philips(bedside, 12, None) == []
    assert _philips(bedside, 13, second) == [("1013", "CN13", (131_000, 80_000, 97_000), {Validity.VALID})]
    assert _philips(bedside, 14, second) == [("1013", "CN13", (131_000, 80_000, 97_000), {Validity.VALID})]
    assert _philips(bedside, 15, first) == [("1015", "CN15", told, {Validity.VALID})]
    assert _philips(Bedside(), 16, first) == [("1016", "CN16", told, {Validity.QUESTIONABLE})]


def test_a_cuff_that_is_being_measured_does_not_make_the_last_one_new() -> None:
    row = "OBX||NM|0002-4a05^NBPs^MDIL||{}|0004-0f20^mmHg^MDIL|||||F"
    bedside = Bedside()
    said = [
        bedside.hears(
            header("^EfficiaCM|", number=f"CN{n}"),
            f"OBR||||MONITOR|||2026070112{n}00",
            "OBX||NM|0002-4182^HR^MDIL||72|0004-0aa0^bpm^MDIL",
            row.format(text),
        )
        for n, text in ((10, "118"), (11, "-1"), (12, "118"))
    ]
    cuffs = [item for items in said for item in measurements(items) if item.kind is Kind.APERIODIC]
    assert [(item.values[0].value_milli, item.time.text[8:12]) for item in cuffs] == [(118_000, "1210"), (None, "1211"), (118_000, "1210")]
    assert cuffs[0].message_id == cuffs[2].message_id


def test_each_order_has_its_own_time() -> None:
    """Nihon Kohden: VITAL and NIBP, OBX-1 begins again, codes of no system, and no time beside each number in older software."""
    said = Bedside("Asia/Tokyo").hears(
        header("NIHON KOHDEN|NIHON KOHDEN", at="20260422184400", rest="P|2.4|||NE|AL||ASCII||ASCII"),
        "PV1||I|^^BED-001",
        "OBR|1|||VITAL|||20260422184400",
        "OBX|1|NM|007001^VITAL PR(spo2)|1|77|/min|||||F",
        "OBX|2|NM|007000^VITAL SpO2|1|99|%|||||F",
        "OBR|2|||NIBP|||20260422184337",
        "OBX|1|NM|009000^NIBP SYS|1|133|mmHg|||||F",
        "OBX|2|NM|009001^NIBP DIAS|1|77|mmHg|||||F",
        "OBX|3|NM|009002^NIBP MEAN|1|95|mmHg|||||F",
    )
    vital, cuff = measurements(said)
    assert [value.value_milli for value in vital.values] == [77_000, 99_000]
    assert [value.value_milli for value in cuff.values] == [133_000, 77_000, 95_000]
    assert (vital.time.at_ms, cuff.time.at_ms) == (parse_ms("2026-04-22T09:44:00Z"), parse_ms("2026-04-22T09:43:37Z"))
    assert (cuff.kind, cuff.values[0].doubts, cuff.sender) == (Kind.APERIODIC, (), Sender("", "NIHON KOHDEN", "BED-001"))


@pytest.mark.parametrize(
    ("of_message", "zone", "at", "basis"),
    [
        ("20260701120000", None, None, TimeBasis.NO_ZONE),  # VS900, GE, Philips: no zone on the wire
        ("20260701120000", "Europe/Berlin", "2026-07-01T09:55:00Z", TimeBasis.CONFIGURED),
        ("20260701120000+0530", "Europe/Berlin", "2026-07-01T06:25:00Z", TimeBasis.WIRE),  # the header's zone is that of all stamps
    ],
)
def test_the_zone_of_a_time(of_message: str, zone: str | None, at: str | None, basis: TimeBasis) -> None:
    said = Bedside(zone).hears(header(at=of_message), f"OBX|1|NM|{SPO2}|1|97|{PERCENT}|||||F|||20260701115500")
    (item,) = measurements(said)
    assert (item.time.basis, item.time.at_ms) == (basis, None if at is None else parse_ms(at))
    assert item.received_at_ms == NOW_MS


def test_the_time_of_an_observation_is_its_own_else_the_orders_else_the_messages() -> None:
    rows = (
        f"OBX|1|NM|{SPO2}|1|97|{PERCENT}|||||F",
        "OBR|1||||||20260701115800",
        f"OBX|1|NM|{HR}|1|72|{BPM}|||||F|||20260701115500",
        f"OBX|2|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1|71|{BPM}|||||F",
    )
    assert [item.time.text for item in measurements(Bedside().hears(header(), *rows))] == [
        "20260701120000",
        "20260701115500",
        "20260701115800",
    ]


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


def test_a_message_that_is_sent_again_has_the_same_ids() -> None:
    """Who keeps them drops what it has: by sender, and by the item's id, which is the message's MSH-10, 7 and 3 and its place in it."""
    message = mindray(AT, 7, Hl7State(72, 97, 71, 14, cuff=Cuff(118, 74, 89, AT))).decode().rstrip("\r")
    bedside = Bedside()
    first, second = bedside.hears(message), bedside.hears(message, at_ms=NOW_MS + 9_000)
    assert [item.message_id for item in measurements(first)] == [item.message_id for item in measurements(second)]
    ids = [item.message_id for item in measurements(first)] + [item.message_id for item in unmapped(first)]
    assert len(set(ids)) == len(ids)
    assert any("/7/20261122104107.0000+0200/MINDRAY_EGATEWAY" in text for text in ids)
    other = bedside.hears(mindray(AT, 8, Hl7State(72, 97, 71, 14)).decode().rstrip("\r"))
    assert not {item.message_id for item in measurements(other)} & set(ids)


def test_waves_and_other_kinds_are_not_read() -> None:
    """XH80X pushes its waves beside the numbers."""
    for kind in ("ORU^W01", "ADT^A01", "ORU^R42", "QRY^A19"):
        said = Bedside().hears(header(kind=kind), f"OBX|1|NA|{SPO2}|1|1^2^3|{PERCENT}")
        assert [(item.fault, item.detail) for item in said if isinstance(item, Undecoded)] == [(Fault.UNSUPPORTED, f"{kind} is not read")]
        assert not measurements(said)


def test_nothing_of_the_patient_is_told() -> None:
    said = Bedside().hears(header(), "PID|||MRN5733||Smith^John||19550508|M|||Street", "NK1|1|Smith^Ann", f"OBX|1|NM|{SPO2}|1|97|{PERCENT}")
    assert not [word for word in ("Smith", "MRN5733", "19550508", "Street") if word in repr(said)]
