"""What a report of an SDC device means: by code and unit, with its validity, its own time, and nothing that is no patient's."""

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, Kind, Phase, Said, Sender, Unmapped
from monitor.adapters.sdc.codec import NOMENCLATURE, Code, Condition, Metric, Report, SdcCodec
from schemas.measurement import Mode
from tests.contract.adapter_laws import measurements

AT_MS = 1_795_344_067_000
AT = AT_MS / 1000
SENDER = Sender("S-1", "Virtual monitor", "Chair 1")
SPO2, ETCO2, SYSTOLIC = Code("150456"), Code("151708"), Code("150021")
PERCENT, KPA, MMHG = Code("262688"), Code("265987"), Code("266016")


def said(*metrics: Metric, codec: SdcCodec | None = None, at_ms: int = AT_MS, **more: object) -> list[Said]:
    return (codec or SdcCodec(CodecSettings())).feed(Report(SENDER, metrics, **more), at_ms)


def spo2(value: str = "97", **more: object) -> Metric:
    return Metric("spo2", SPO2, PERCENT, **({"value": value, "at": AT} | more))


def test_a_metric_is_told_with_its_own_time() -> None:
    (item,) = measurements(said(spo2()))
    assert (item.sender, item.mode, item.kind, item.time.at_ms, item.is_forwarded) == (SENDER, Mode.REAL, Kind.CONTINUOUS, AT_MS, True)
    assert [(value.quantity, value.value_milli, value.origin.channel) for value in item.values] == [(Quantity.SPO2, 97_000, "spo2")]


@pytest.mark.parametrize(
    ("validity", "milli", "doubts"),
    [
        ("Vld", 97_000, ()),
        ("Vldated", 97_000, ()),
        ("Qst", 97_000, (Doubt.DEVICE_SAYS_QUESTIONABLE,)),
        ("Ong", 97_000, (Doubt.ONGOING,)),
        ("Calib", None, (Doubt.CALIBRATING,)),
        ("NA", None, (Doubt.NOT_MEASURED,)),
        ("Inv", None, (Doubt.DEVICE_SAYS_INVALID,)),
        ("Oflw", None, (Doubt.DEVICE_SAYS_INVALID,)),
        ("Uflw", None, (Doubt.DEVICE_SAYS_INVALID,)),
        ("Whatever", None, (Doubt.DEVICE_SAYS_INVALID,)),
    ],
)
def test_every_validity(validity: str, milli: int | None, doubts: tuple[Doubt, ...]) -> None:
    (item,) = measurements(said(spo2(validity=validity)))
    assert [(value.value_milli, value.doubts) for value in item.values] == [(milli, doubts)]


def test_a_metric_without_a_value_is_null() -> None:
    (item,) = measurements(said(spo2("")))
    assert [value.value_milli for value in item.values] == [None]


def test_one_code_in_several_units_is_one_quantity() -> None:
    """Vol % does not convert; of two that do, the first is taken and stays."""
    vol, kpa, mmhg = (Metric(unit.number, ETCO2, unit, value=value, at=AT) for unit, value in ((PERCENT, "5"), (KPA, "5.1"), (MMHG, "38")))
    codec = SdcCodec(CodecSettings())
    told = said(vol, kpa, mmhg, codec=codec)
    (item,) = measurements(told)
    assert [(value.value_milli, value.origin.value, value.origin.unit) for value in item.values] == [(38_253, "5.1", KPA.number)]
    assert [each.why for each in told if isinstance(each, Unmapped)] == ["a unit that is not known or does not convert"]
    (item,) = measurements(said(mmhg, kpa, codec=codec))
    assert [value.origin.value for value in item.values] == ["5.1"]


@pytest.mark.parametrize("code", [Code("67108865"), Code("150456", "urn:oid:1.2.3"), Code(""), Code("one"), Code("²")])
def test_an_unknown_code_is_unmapped_once(code: Code) -> None:
    codec = SdcCodec(CodecSettings())
    first, again = (said(Metric("m", code, PERCENT, value="97", at=AT), codec=codec) for _ in range(2))
    assert ([type(each) for each in first], again) == ([Unmapped], [])


def test_the_nomenclature_by_its_name() -> None:
    assert measurements(said(Metric("m", Code("150456", NOMENCLATURE), Code("262688", NOMENCLATURE), value="97", at=AT)))


@pytest.mark.parametrize(("metric", "report"), [({"mode": "Demo"}, {}), ({"mode": "Test"}, {}), ({}, {"is_operated": False})])
def test_a_demo_is_no_patient(metric: dict[str, object], report: dict[str, object]) -> None:
    (item,) = measurements(said(spo2(**metric), **report))
    assert item.mode is Mode.SIMULATED


def test_what_stood_there_at_first_is_not_now() -> None:
    """A stream's last value may be of any age; a cuff says when it was."""
    cuff = Metric("nibp", SYSTOLIC, MMHG, availability="Intr", value="118", at=AT - 300)
    (item,) = measurements(said(spo2(), cuff, is_first=True))
    assert (item.kind, item.time.at_ms, [value.value_milli for value in item.values]) == (Kind.APERIODIC, AT_MS - 300_000, [118_000])


def test_a_cuff_that_is_repeated_is_one_cuff() -> None:
    codec = SdcCodec(CodecSettings())
    cuff = Metric("nibp", SYSTOLIC, MMHG, availability="Intr", value="118", at=AT - 300)
    assert len({item.message_id for _ in range(3) for item in measurements(said(cuff, codec=codec))}) == 1
    (undated,) = measurements(said(Metric("nibp", SYSTOLIC, MMHG, availability="Intr", value="118")))
    assert undated.values[0].doubts == (Doubt.AGE_UNKNOWN,)


def test_a_setting_is_no_measurement() -> None:
    (item,) = measurements(said(spo2(category="Set")))
    assert item.kind is Kind.SETTING


def test_an_alert_is_told_when_it_comes_and_when_it_goes() -> None:
    codec = SdcCodec(CodecSettings())
    told: list[Said] = []
    for is_present in (False, True, True, False):
        condition = Condition("ac", Code("196670"), is_present, "Phy", "Hi", "SpO2 low", "90-100", SPO2, is_silenced=True, at=AT)
        told += said(codec=codec, conditions=(condition,))
    start, end = (item for item in told if isinstance(item, DeviceEvent))
    assert (start.phase, end.phase, len(told)) == (Phase.START, Phase.END, 2)
    assert (start.key, start.kind, start.priority, start.about, start.limits, start.is_silenced) == (
        "ac", "physiological", "high", Quantity.SPO2, "90-100", True
    )  # fmt: skip


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1e300, -1e300])
def test_an_impossible_time_is_no_time(at: float) -> None:
    (item,) = measurements(said(spo2(at=at)))
    assert item.time.at_ms is None
