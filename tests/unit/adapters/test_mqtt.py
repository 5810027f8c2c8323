"""What a publication means: by its topic, its flags and its JSON. Nothing of unknown age passes for now."""

import json

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.mqtt.codec import AGAIN, HELD_MS, Connected, MqttCodec, Publication
from monitor.adapters.mqtt.payload import MAX_PAYLOAD
from monitor.adapters.said import DeviceEvent, DeviceMeasurement, DeviceStatus, Fault, Kind, Phase, Reply, Said, Undecoded, Unmapped
from schemas.measurement import Mode
from tests.contract.adapter_laws import measurements

AT_MS = 1_795_344_067_000
READING = "infusion/v1/oxi-1/reading"


def said(payload: object, *, at_ms: int = AT_MS, codec: MqttCodec | None = None, topic: str = READING, **flags: object) -> list[Said]:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return (codec or MqttCodec(CodecSettings())).feed(Publication(topic, data, **flags), at_ms)


def spo2(value: object = 97, unit: str = "%", **more: object) -> dict[str, object]:
    return {"values": [{"code": "spo2", "value": value, "unit": unit}], **more}


def faults(items: list[Said]) -> list[Fault]:
    return [item.fault for item in items if isinstance(item, Undecoded)]


def test_a_reading_as_it_is_meant() -> None:
    told = spo2(id="b1-17", measured_at="2026-11-22T10:41:07.250Z", kind="aperiodic", mode="simulated")
    (item,) = measurements(said(told))
    assert (item.sender.device, item.message_id, item.kind, item.mode) == ("oxi-1", "b1-17", Kind.APERIODIC, Mode.SIMULATED)
    assert (item.time.at_ms, item.time.basis, item.is_forwarded) == (1_795_344_067_250, TimeBasis.WIRE, True)
    assert [(value.value_milli, value.origin.value, value.doubts) for value in item.values] == [(97_000, "97", ())]


@pytest.mark.parametrize(
    ("code", "value", "unit", "milli", "doubts"),
    [
        ("spo2", None, "%", None, (Doubt.NOT_MEASURED,)),
        ("spo2", 0, "%", 0, ()),
        ("spo2", "97", "%", None, (Doubt.NOT_A_NUMBER,)),
        ("spo2", True, "%", None, (Doubt.NOT_A_NUMBER,)),
        ("spo2", [97], "%", None, (Doubt.NOT_A_NUMBER,)),
        ("spo2", 97, "", None, (Doubt.UNKNOWN_UNIT,)),
        ("spo2", 97, "percent", None, (Doubt.UNKNOWN_UNIT,)),
        ("etco2", 5.0, "kPa", 37_503, ()),
    ],
)
def test_missing_is_null_and_units_are_never_guessed(
    code: str, value: object, unit: str, milli: int | None, doubts: tuple[Doubt, ...]
) -> None:
    (item,) = measurements(said({"values": [{"code": code, "value": value, "unit": unit}]}))
    (told,) = item.values
    assert (told.value_milli, told.doubts, told.origin.unit) == (milli, doubts, unit)


def test_doubts_of_the_device_stand_beside_its_number_and_unknown_ones_count() -> None:
    (item,) = measurements(said({"values": [{"code": "spo2", "value": 97, "unit": "%", "doubts": ["low_perfusion", "moonlight"]}]}))
    assert item.values[0].doubts == (Doubt.DEVICE_EXCEPTION, Doubt.LOW_PERFUSION)
    assert item.values[0].value_milli == 97_000


def test_an_unknown_code_is_unmapped_beside_those_that_are_known() -> None:
    known, unknown = said({"values": [*spo2()["values"], {"code": "lactate", "value": 1.2, "unit": "mmol/L"}]})  # type: ignore[misc]
    assert isinstance(known, DeviceMeasurement)
    assert isinstance(unknown, Unmapped)
    assert (unknown.origin.code, unknown.origin.value, unknown.origin.unit) == ("lactate", "1.2", "mmol/L")


def test_a_retained_reading_is_refused_and_a_retained_status_is_not() -> None:
    assert faults(said(spo2(), is_retained=True)) == [Fault.UNSUPPORTED]
    assert isinstance(said(b"online", topic="infusion/v1/oxi-1/status", is_retained=True)[0], DeviceStatus)


def test_a_status_is_told_when_it_changes() -> None:
    codec = MqttCodec(CodecSettings())
    told = [said(word, codec=codec, topic="infusion/v1/oxi-1/status") for word in (b"online", b"online", b"offline", b"offline", b"asleep")]
    assert [len(each) for each in told] == [1, 0, 1, 0, 1]
    assert [item.holds for each in told for item in each if isinstance(item, DeviceStatus)] == [True, False]
    assert faults(told[-1]) == [Fault.MALFORMED]


@pytest.mark.parametrize(
    ("is_resumed", "after_ms", "stamp", "is_again", "doubts"),
    [
        (True, 100, "", False, (Doubt.AGE_UNKNOWN,)),
        (True, HELD_MS, "", False, ()),
        (True, 100, "2026-11-22T10:41:07Z", False, ()),
        (True, 100, "2026-11-22T10:41:07", False, (Doubt.AGE_UNKNOWN,)),
        (False, 100, "", False, ()),
        (False, 100, "", True, (Doubt.AGE_UNKNOWN,)),
    ],
    ids=["held", "long-ago", "dated", "without-zone", "new-session", "sent-before"],
)
def test_what_may_have_waited_and_does_not_say_when_is_questionable(
    is_resumed: bool, after_ms: int, stamp: str, is_again: bool, doubts: tuple[Doubt, ...]
) -> None:
    codec = MqttCodec(CodecSettings())
    codec.feed(Connected(is_resumed), AT_MS)
    (item,) = measurements(said(spo2(measured_at=stamp), codec=codec, at_ms=AT_MS + after_ms, is_again=is_again))
    assert item.values[0].doubts == doubts


def test_an_acknowledgement_waits_for_the_disk_and_asks_again_where_there_is_none() -> None:
    assert said(spo2(), number=7)[-1] == Reply(b"7", when_kept=True, otherwise=AGAIN)
    assert said(b"no json", number=8)[-1] == Reply(b"8", when_kept=True, otherwise=AGAIN)
    assert not [item for item in said(spo2()) if isinstance(item, Reply)]


def test_an_event() -> None:
    told = {"key": "spo2-low", "phase": "start", "text": "SpO2 low", "kind": "physiological", "priority": "high", "about": "spo2"}
    (item,) = said(told, topic="infusion/v1/oxi-1/event")
    assert isinstance(item, DeviceEvent)
    assert (item.key, item.phase, item.text, item.kind, item.priority, item.about) == (
        "spo2-low", Phase.START, "SpO2 low", "physiological", "high", "spo2"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", Fault.MALFORMED),
        (b"97", Fault.MALFORMED),
        (b'{"values":[]}', Fault.MALFORMED),
        (b'{"values":[{"code":"spo2","value":NaN,"unit":"%"}]}', Fault.MALFORMED),
        (b'{"values":[{"code":"spo2","value":97,"unit":"%"}],"mode":"dreamt"}', Fault.MALFORMED),
        (b"[" * 10_000, Fault.MALFORMED),
        (b" " * (MAX_PAYLOAD + 1), Fault.TOO_LONG),
    ],
)
def test_what_is_no_reading_is_refused_as_a_whole(payload: bytes, fault: Fault) -> None:
    assert faults(said(payload)) == [fault]


@pytest.mark.parametrize("topic", ["", "infusion/v1", "infusion/v1/oxi-1/waves", "other/oxi-1/reading", "infusion/v1/a/b/reading"])
def test_a_topic_that_is_not_ours_is_told(topic: str) -> None:
    assert faults(said(spo2(), topic=topic)) == [Fault.UNSUPPORTED]
