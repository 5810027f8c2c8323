"""FHIR in: each code, unit, status, time and absence; the answer each gets; and that whatever is damaged never says another number."""

import json
import os
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.fhir.codec import MAX_DOCUMENT, MAX_ENTRIES, FhirCodec, parted
from monitor.adapters.quantities import UNIT_OF, Quantity
from monitor.adapters.said import DeviceMeasurement, DeviceValue, Fault, Kind, Origin, Reply, Said, Sender, Undecoded, Unmapped
from monitor.gateway.telling import Addressee, Telling
from schemas.measurement import Mode
from schemas.vitals import Vital
from simulators.devices.fhir import DEVICE, bundle, observation, panel
from tests.contract.adapter_laws import assert_sound
from tests.support.fhir_oracle import problems
from tests.unit.export.fhir_export import full_log, resources_of

Json = dict[str, Any]
Q = Quantity
AT = datetime(2026, 11, 22, 10, 41, 7, tzinfo=UTC)
NOW_MS = 1_795_344_067_000
CASES = int(os.environ.get("FUZZ_CASES", "10000"))  # a million by hand
LOINC, MDC, UCUM = "http://loinc.org", "urn:iso:std:iso:11073:10101", "http://unitsofmeasure.org"


def _said(document: object, settings: CodecSettings = CodecSettings()) -> list[Said]:  # noqa: B008 - frozen
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    said = FhirCodec(settings).feed(data, NOW_MS)
    for item in said:
        assert_sound(item)
    return said


def _measured(document: object, settings: CodecSettings = CodecSettings()) -> list[DeviceMeasurement]:  # noqa: B008
    return [item for item in _said(document, settings) if isinstance(item, DeviceMeasurement)]


def _value(document: Json) -> DeviceValue:
    (item,) = _measured(document)
    (value,) = item.values
    return value


def _why(document: Json) -> list[str]:
    said = _said(document)
    assert not [item for item in said if isinstance(item, DeviceMeasurement)]
    return [item.why for item in said if isinstance(item, Unmapped)]


def _answer(document: object) -> tuple[int, Json]:
    (reply,) = [item for item in _said(document) if isinstance(item, Reply)]
    assert reply.when_kept
    assert parted(reply.otherwise)[0] == 503
    status, body = parted(reply.data)
    return status, json.loads(body)


def _one(value: object = 97, unit: str = "%", *codes: tuple[str, str], **more: Any) -> Json:
    coding = [{"system": system, "code": code} for system, code in codes or ((LOINC, "59408-5"),)]
    quantity = {"value": value, "system": UCUM, "code": unit}
    made = observation(AT, Vital.SPO2, 1.0) | {"code": {"coding": coding}, "valueQuantity": quantity} | more
    return {key: part for key, part in made.items() if part is not None}


@pytest.mark.parametrize(
    ("codes", "unit", "quantity"),
    [
        ([(LOINC, "8867-4")], "/min", Q.HEART_RATE),
        ([(LOINC, "8867-4"), (MDC, "147842")], "/min", Q.HEART_RATE),
        ([(LOINC, "8867-4"), (LOINC, "8889-8")], "/min", Q.PULSE_RATE),
        ([(LOINC, "8867-4"), (MDC, "149530")], "{beats}/min", Q.PULSE_RATE),
        ([(LOINC, "2708-6")], "%", Q.SPO2),
        ([(LOINC, "2708-6"), (LOINC, "59408-5"), (MDC, "150456")], "%", Q.SPO2),
        ([(LOINC, "9279-1")], "{breaths}/min", Q.RESPIRATORY_RATE),
        ([(LOINC, "19891-1")], "mm[Hg]", Q.ETCO2),
        ([(MDC, "150021")], "mm[Hg]", Q.SYSTOLIC_BP),
        ([(LOINC, "8462-4")], "mm[Hg]", Q.DIASTOLIC_BP),
        ([(LOINC, "76536-2")], "mm[Hg]", Q.MEAN_BP),
        ([(LOINC, "8480-6"), (LOINC, "76215-3")], "mm[Hg]", Q.INVASIVE_SYSTOLIC_BP),
        ([(LOINC, "8310-5")], "Cel", Q.TEMPERATURE),
        ([("http://snomed.info/sct", "431314004"), (LOINC, "59408-5")], "%", Q.SPO2),
    ],
)
def test_a_code_that_is_known_says_what_it_is(codes: list[tuple[str, str]], unit: str, quantity: Quantity) -> None:
    value = _value(_one(36.5, unit, *codes))
    assert (value.quantity, value.value_milli, value.doubts) == (quantity, 36_500, ())


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ([(LOINC, "2339-0")], "unknown code"),
        ([("urn:other", "59408-5")], "unknown code"),
        ([(MDC, "1")], "unknown code"),
        ([(LOINC, "59408-5"), (LOINC, "9279-1")], "number and name contradict each other"),
        ([(LOINC, "8867-4"), (MDC, "150456")], "number and name contradict each other"),
        ([(LOINC, "8867-4"), (LOINC, "8889-8"), (MDC, "150456")], "number and name contradict each other"),
    ],
)
def test_what_is_unknown_or_contradicts_itself_from_a_gateway_is_kept_and_not_guessed(codes: list[tuple[str, str]], why: str) -> None:
    document = _one(97, "%", *codes)
    (item,) = [one for one in _said(document) if isinstance(one, Unmapped)]
    assert (item.why, item.origin) == (why, Origin(f"{codes[0][0]}|{codes[0][1]}", "97", "%"))
    assert not _measured(document)


def test_kilopascals_become_millimetres_and_the_original_is_kept() -> None:
    systolic, diastolic = _measured(panel(AT, {Vital.SYSTOLIC_BP: 120.0, Vital.DIASTOLIC_BP: 75.0}, in_kpa=True))[0].values
    assert (systolic.value_milli, systolic.origin.value, systolic.origin.unit) == (120_010, "16.0", "kPa")
    assert diastolic.value_milli == 75_006


@pytest.mark.parametrize(
    ("quantity", "doubt"),
    [
        ({"value": 97, "unit": "%"}, Doubt.UNKNOWN_UNIT),
        ({"value": 97, "unit": "%", "code": "%"}, Doubt.UNKNOWN_UNIT),
        ({"value": 97, "system": UCUM, "unit": "%"}, Doubt.UNKNOWN_UNIT),
        ({"value": 97, "system": UCUM, "code": "/min"}, Doubt.UNKNOWN_UNIT),
        ({"value": "97", "system": UCUM, "code": "%"}, Doubt.NOT_A_NUMBER),
        ({"value": True, "system": UCUM, "code": "%"}, Doubt.NOT_A_NUMBER),
        ({"value": 70, "comparator": "<", "system": UCUM, "code": "%"}, Doubt.NOT_A_NUMBER),
        ({"value": 10**12, "system": UCUM, "code": "%"}, Doubt.NOT_A_NUMBER),
        ({"system": UCUM, "code": "%"}, Doubt.NOT_A_NUMBER),
        ([97], Doubt.NOT_A_NUMBER),
    ],
)
def test_what_is_no_number_in_a_stated_unit_is_null(quantity: Any, doubt: Doubt) -> None:
    value = _value(_one(valueQuantity=quantity))
    assert (value.value_milli, value.doubts) == (None, (doubt,))


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ({"valueQuantity": None, "dataAbsentReason": {"coding": [{"code": "unknown"}]}}, Doubt.NOT_MEASURED),
        ({"valueQuantity": None, "dataAbsentReason": {"coding": [{"code": "error"}]}}, Doubt.DEVICE_SAYS_INVALID),
        ({"valueQuantity": None, "dataAbsentReason": {"text": "probe off"}}, Doubt.NOT_MEASURED),
        ({"dataAbsentReason": {"coding": [{"code": "unknown"}]}}, Doubt.DEVICE_SAYS_INVALID),
        ({"valueQuantity": None}, Doubt.NOT_MEASURED),
        ({"valueQuantity": None, "valueString": "97 %"}, Doubt.NOT_A_NUMBER),
    ],
)
def test_an_absent_value_is_null_and_says_why(more: Json, doubt: Doubt) -> None:
    value = _value(_one(**more))
    assert (value.value_milli, value.doubts) == (None, (doubt,))


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_result_that_stands_is_a_value(status: str) -> None:
    assert (_value(_one(status=status)).value_milli, _value(_one(status=status)).doubts) == (97_000, ())


@pytest.mark.parametrize(("status", "doubt"), [("preliminary", Doubt.ONGOING), ("unknown", Doubt.DEVICE_SAYS_QUESTIONABLE)])
def test_a_result_that_does_not_stand_yet_is_questionable(status: str, doubt: Doubt) -> None:
    assert (_value(_one(status=status)).value_milli, _value(_one(status=status)).doubts) == (97_000, (doubt,))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": "entered-in-error"}, "entered in error"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "registered"}, "registered, no result yet"),
        ({"category": [{"coding": [{"code": "laboratory"}]}]}, "a laboratory's result"),
    ],
)
def test_what_is_no_result_of_a_monitor_is_kept_and_not_used(more: Json, why: str) -> None:
    assert _why(_one(**more)) == [why]


@pytest.mark.parametrize(
    ("more", "zone", "basis", "at"),
    [
        ({"effectiveDateTime": "2026-11-22T11:41:07.250+01:00"}, None, TimeBasis.WIRE, "2026-11-22T10:41:07.250Z"),
        ({"effectiveDateTime": None, "effectiveInstant": "2026-11-22T10:41:07Z"}, None, TimeBasis.WIRE, "2026-11-22T10:41:07.000Z"),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-22T10:41:00Z", "end": "2026-11-22T10:41:07Z"}},
            None,
            TimeBasis.WIRE,
            "2026-11-22T10:41:07.000Z",
        ),
        ({"effectiveDateTime": "2026-11-22T11:41:07"}, "Europe/Berlin", TimeBasis.CONFIGURED, "2026-11-22T10:41:07.000Z"),
        ({"effectiveDateTime": "2026-11-22T11:41:07"}, None, TimeBasis.NO_ZONE, None),
        ({"effectiveDateTime": "2026-11-22"}, None, TimeBasis.IMPOSSIBLE, None),
        ({"effectiveDateTime": "2026-02-30T10:41:07Z"}, None, TimeBasis.IMPOSSIBLE, None),
        ({"effectiveDateTime": None}, None, TimeBasis.NONE, None),
    ],
)
def test_a_time_is_its_own_or_unknown_and_then_the_value_may_be_old(more: Json, zone: str | None, basis: TimeBasis, at: str | None) -> None:
    (item,) = _measured(_one(**more), CodecSettings(zone=None if zone is None else ZoneInfo(zone)))
    at_ms = None if at is None else round(datetime.fromisoformat(at).timestamp() * 1000)
    assert (item.time.basis, item.time.at_ms) == (basis, at_ms)
    assert (item.values[0].doubts == (Doubt.AGE_UNKNOWN,)) is (at is None)
    assert item.kind is Kind.APERIODIC, "stored and forwarded: it must not look new by itself"


def test_whose_it_is_is_not_read_and_test_data_is_simulated() -> None:
    (item,) = _measured(_one(subject={"reference": "Patient/somebody-else"}))
    assert item.sender == Sender(DEVICE, "virtual gateway")
    assert item.mode is Mode.SIMULATED
    assert _measured(_one(meta=None))[0].mode is Mode.REAL
    assert "somebody-else" not in repr(item)
    assert _measured(_one(device={"reference": "Device/7", "display": "left"}))[0].sender == Sender("Device/7", "left")


def test_what_is_sent_again_has_the_same_id_and_a_new_version_another() -> None:
    first, again, other = (_measured(one)[0].message_id for one in (_one(), _one(), _one(identifier=[{"value": "x"}])))
    assert first == again != other
    versions = {_measured(_one(identifier=None, id="a", meta={"versionId": version}))[0].message_id for version in ("1", "2")}
    assert versions == {"a/1", "a/2"}


def test_what_was_stored_and_forwarded_goes_on_as_old() -> None:
    """Through a gateway: an hour-old heart rate never goes out as the newest, a fresh one does."""
    telling = Telling([Addressee("gateway-1", Mode.SIMULATED)], told_within_ms=5_000)

    def kept(minutes: int) -> list[bool]:
        document = json.dumps(observation(AT - timedelta(minutes=minutes), Vital.HEART_RATE, 72.0)).encode()
        rows, notes = telling.take(item for item in _said(document) if not isinstance(item, Reply))
        assert notes == []
        return [row.is_old for row in rows]

    assert (kept(60), kept(0)) == ([True], [False])


# --- documents and answers -----------------------------------------------------------------------------------------------------------


def test_a_bundle_is_answered_entry_by_entry() -> None:
    entries = [_one(), _one(97, "%", (LOINC, "1-1")), _one(status="done"), {"resourceType": "Patient"}, None]
    document = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": one} for one in entries]}
    status, body = _answer(document)
    assert (status, body["type"]) == (200, "batch-response")
    found = [(entry["response"]["status"], entry["response"]["outcome"]["issue"][0]["severity"]) for entry in body["entry"]]
    assert found == [("201", "information"), ("201", "warning"), ("422", "error"), ("200", "warning"), ("422", "error")]
    kinds = [type(item) for item in _said(document)]
    assert kinds == [DeviceMeasurement, Unmapped, Undecoded, Undecoded, Undecoded, Reply]


def test_a_bundle_that_asks_for_no_answers_gets_one() -> None:
    """And every answer is a sound resource."""
    collection = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": _one()}, {"resource": _one(status="cancelled")}]}
    status, body = _answer(collection)
    assert (status, [issue["severity"] for issue in body["issue"]]) == (200, ["information", "warning"])
    answers = [
        body,
        *(_answer(one)[1] for one in ({**collection, "entry": []}, {**collection, "type": "batch"}, _one(), _one(code=None), b"{")),
    ]
    assert [said for answer in answers for said in problems(answer)] == []


@pytest.mark.parametrize(
    ("document", "status", "fault"),
    [
        (b"\xff\xfe", 400, Fault.MALFORMED),
        (b"<Observation/>", 400, Fault.MALFORMED),
        (b"[" * 100_000, 400, Fault.MALFORMED),
        (b"[]", 422, Fault.UNSUPPORTED),
        ({"resourceType": ["Observation"]}, 422, Fault.UNSUPPORTED),
        ({"resourceType": "Bundle", "type": "searchset"}, 422, Fault.UNSUPPORTED),
        ({"resourceType": "Bundle", "type": {"a": 1}}, 422, Fault.UNSUPPORTED),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{}] * (MAX_ENTRIES + 1)}, 413, Fault.TOO_LONG),
        (b" " * (MAX_DOCUMENT + 1), 413, Fault.TOO_LONG),
        ({"resourceType": "Observation", "status": ["final"], "code": {}}, 422, Fault.MALFORMED),
        ({"resourceType": "Observation", "status": "final"}, 422, Fault.MALFORMED),
        (_one(component=[{"valueQuantity": 1}]), 422, Fault.MALFORMED),
        (_one(component="all"), 422, Fault.MALFORMED),
    ],
)
def test_what_is_no_observation_is_refused_and_said(document: object, status: int, fault: Fault) -> None:
    assert [item.fault for item in _said(document) if isinstance(item, Undecoded)] == [fault]
    found, body = _answer(document)
    assert (found, body["issue"][0]["severity"]) == (status, "error")


def test_what_we_export_is_read_back_as_it_was() -> None:
    """Every value of one of each kind, and no refused one."""
    for one in resources_of(full_log(), "Observation"):
        if "device" not in one:
            continue
        shown = [part["valueQuantity"]["value"] for part in one.get("component", [one]) if "valueQuantity" in part]
        (item,) = _measured(one)
        assert [value.value_milli for value in item.values if value.value_milli is not None] == [round(value * 1000) for value in shown]
        assert item.mode is Mode.SIMULATED


def test_a_whole_second_of_the_virtual_gateway() -> None:
    shown = {Vital.HEART_RATE: 72.0, Vital.SPO2: None, Vital.SYSTOLIC_BP: 118.0, Vital.DIASTOLIC_BP: 74.0, Vital.MEAN_BP: 89.0}
    assert problems(json.loads(bundle(AT, shown))) == []
    numbers = [{value.quantity: value.value_milli for value in item.values} for item in _measured(bundle(AT, shown))]
    assert numbers == [{Q.HEART_RATE: 72_000}, {Q.SPO2: None}, {Q.SYSTOLIC_BP: 118_000, Q.DIASTOLIC_BP: 74_000, Q.MEAN_BP: 89_000}]


# --- fuzz ----------------------------------------------------------------------------------------------------------------------------

_STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**20,
    0.1,
    1e300,
    "",
    "x",
    "97",
    [],
    {},
    [[]],
    [{}],
    {"coding": [{}]},
    {"value": 3},
    "\x00" * 300,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, part in inner for found in ((*path, key), *_places(part, (*path, key)))]


def _with(document: Json, path: tuple[Any, ...], value: Any) -> Json:
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def _is_of(value: DeviceValue, document: bytes) -> bool:
    """Whether the number stands in the document, and became what the unit makes of it."""
    said = Decimal(value.origin.value)
    factor = Decimal("7.50062") if value.origin.unit == "kPa" else 1
    same = value.origin.unit in (UNIT_OF[value.quantity], "kPa")
    return same and value.value_milli == round(said * factor * 1000) and value.origin.value.encode() in document


def test_ten_thousand_damaged_documents_say_no_other_number() -> None:
    """Elements replaced at any depth, and bytes altered; every value that is told stands in the document under its unit."""
    dice = random.Random(7)
    cuff = panel(AT, {Vital.SYSTOLIC_BP: 118.0, Vital.DIASTOLIC_BP: 74.0}, in_kpa=True)
    documents = (json.loads(bundle(AT, {Vital.SPO2: 97.5})), cuff, _one(effectivePeriod={"start": "2026-11-22T10:41:00Z"}))
    written = [json.dumps(document).encode() for document in documents]
    places = [(data, path) for document, data in zip(documents, written, strict=True) for path in _places(document)]
    told = 0
    for number in range(CASES):
        if number % 2:
            before, path = dice.choice(places)
            data = json.dumps(_with(json.loads(before), path, dice.choice(_STRANGE))).encode()
        else:
            raw = bytearray(dice.choice(written))
            for _ in range(dice.randint(1, 3)):
                raw[dice.randrange(len(raw))] = dice.randrange(256)
            data = bytes(raw)
        said = FhirCodec(CodecSettings()).feed(data, NOW_MS)
        assert isinstance(said[-1], Reply)
        for item in said:
            assert_sound(item)
            if isinstance(item, DeviceMeasurement):
                for value in item.values:
                    told += 1
                    assert value.value_milli is None or _is_of(value, data), value
    assert told > CASES / 2, "most of what is damaged is still read"
