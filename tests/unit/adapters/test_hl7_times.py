"""HL7: which time a value has, which cuff is an old one told again, and the ids by which a repetition is known."""

from datetime import datetime

import pytest

from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.said import Kind, Sender
from schemas.instant import parse_ms
from schemas.measurement import Mode, Validity
from simulators.devices.hl7 import Cuff, Hl7State, mindray, philips
from tests.unit.adapters.hl7_said import NOW_MS, Bedside, header, measurements, unmapped

SPO2, HR = "150456^MDC_PULS_OXIM_SAT_O2^MDC", "147842^MDC_ECG_HEART_RATE^MDC"
PERCENT, BPM, MMHG = "262688^MDC_DIM_PERCENT^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", "266016^MDC_DIM_MMHG^MDC"
AT = datetime(2026, 11, 22, 10, 41, 7)


def test_a_cuff_is_told_by_its_own_time_however_often_it_is_repeated() -> None:
    """Mindray VS900: 24 minutes older than the message that repeats it."""
    cuff = Cuff(118, 74, 89, datetime(2026, 11, 22, 10, 17, 7))
    bedside = Bedside()
    said = [
        item for n in (1, 2) for item in bedside.hears(mindray(AT.replace(second=n), n, Hl7State(72, 97, cuff=cuff)).decode().rstrip("\r"))
    ]
    cuffs = [item for item in measurements(said) if item.kind is Kind.APERIODIC]
    assert [(item.time.at_ms, item.message_id) for item in cuffs] == [
        (parse_ms("2026-11-22T08:17:07Z"), "cuff 20261122101707.0000+0200 118/74/89")
    ] * 2
    assert [[value.value_milli for value in item.values] for item in cuffs] == [[118_000, 74_000, 89_000]] * 2
    others = [item for item in measurements(said) if item.kind is Kind.CONTINUOUS]
    assert [item.time.at_ms for item in others] == [parse_ms("2026-11-22T08:41:01Z"), parse_ms("2026-11-22T08:41:02Z")]
    assert len({item.message_id for item in others}) == 2


def test_a_cuff_in_a_zone_that_nobody_knows_is_questionable() -> None:
    """Mindray VS900: it repeats a cuff of 24 minutes ago, in local time. Taken as of now, it could end an alert."""
    row = f"OBX|1|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1|118|{MMHG}|||||F|||20260701113600"
    for zone, doubts in ((None, (Doubt.AGE_UNKNOWN,)), ("Europe/Berlin", ())):
        (item,) = measurements(Bedside(zone).hears(header(), row))
        assert (item.values[0].value_milli, item.values[0].doubts) == (118_000, doubts)


def test_a_blank_is_no_time_of_a_cuffs_own() -> None:
    row = f"OBX|1|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1|118|{MMHG}|||||F|||{{}}"
    for at, own in ((" ", " "), ("", ""), (" ", "")):
        (item,) = measurements(Bedside().hears(header(at=at), row.format(own)))
        assert (item.time.basis, item.message_id[:5], item.values[0].doubts) == (TimeBasis.NONE, f"1/17/{at}"[:5], (Doubt.AGE_UNKNOWN,))


def test_a_corrected_cuff_is_another_item_of_the_same_time() -> None:
    row = f"OBX|1|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1|{{}}|{MMHG}|||||F|||20260701113600"
    bedside = Bedside()
    first, again, corrected = (measurements(bedside.hears(header(), row.format(text)))[0] for text in (118, 118, 108))
    assert first.message_id == again.message_id != corrected.message_id
    assert first.time == corrected.time


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


def test_the_same_numbers_of_a_demo_or_in_doubt_are_told_so() -> None:
    row = "OBX||NM|0002-4a05^NBPs^MDIL||118|0004-0f20^mmHg^MDIL||{}|||F"
    bedside = Bedside()
    told = []
    for number, flag in enumerate(("", "QUES", "DEMO")):
        said = bedside.hears(
            header("^EfficiaCM|", number=str(number)), "OBX||NM|0002-4182^HR^MDIL||72|0004-0aa0^bpm^MDIL", row.format(flag)
        )
        (cuff,) = (item for item in measurements(said) if item.kind is Kind.APERIODIC)
        told.append((cuff.mode, cuff.values[0].doubts, cuff.message_id.split("/")[1]))
    assert told == [
        (Mode.REAL, (Doubt.AGE_UNKNOWN,), "0"),
        (Mode.REAL, (Doubt.AGE_UNKNOWN, Doubt.DEVICE_SAYS_QUESTIONABLE), "0"),
        (Mode.SIMULATED, (), "2"),
    ]


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
