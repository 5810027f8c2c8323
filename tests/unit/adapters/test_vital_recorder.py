"""Vital Recorder: who may send, what an upload means in either form, and what of it is told again."""

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.base import AdapterError, CodecSettings
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Fault, Kind, Reply, Said, Undecoded, Unmapped
from monitor.adapters.sources import ANOTHER_SOURCE_MS
from monitor.adapters.vital_recorder.codec import VitalRecorderCodec
from monitor.adapters.vital_recorder.socket_io import PING_MS, Frame, Opened
from monitor.adapters.vital_recorder.upload import MAX_PLAIN
from schemas.measurement import Mode
from simulators.devices.vital_recorder import Room, gzip_hl7, zlib_json
from tests.contract.adapter_laws import measurements

AT_MS = 1_795_344_067_000
AT = AT_MS / 1000
LOCAL = datetime.fromtimestamp(AT, ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
CODE = "VR_A"
EVENT = '451-["send_data",{"_placeholder":true,"num":0}]'
Form = Callable[..., bytes]
SETTINGS = CodecSettings(zone=ZoneInfo("Europe/Berlin"), options={"codes": "VR_A,VR_B"})


class Line:
    """A connection that has opened; `sends` an upload of joined recorder."""

    def __init__(self, protocol: str = "4", code: str | None = CODE, settings: CodecSettings = SETTINGS) -> None:
        self.codec = VitalRecorderCodec(settings)
        self.protocol = protocol
        self.first = self.codec.feed(Opened(protocol), AT_MS)
        if code is not None:
            self.first += self.codec.feed(Frame(f'42["join_vr","{code}"]'), AT_MS)

    def sends(self, upload: bytes, at_ms: int = AT_MS) -> list[Said]:
        prefix = b"" if self.protocol == "4" else b"\x04"
        return self.codec.feed(Frame(EVENT), at_ms) + self.codec.feed(Frame(prefix + upload), at_ms)

    def shows(self, at: float = AT, **tracks: float | None) -> list[Said]:
        return self.sends(zlib_json(CODE, [Room("BED-1", tracks, device="Solar8000")], at), round(at * 1000))


def form_a(*rooms: Room) -> bytes:
    return zlib_json(CODE, rooms, AT)


def form_b(*rooms: Room) -> bytes:
    return gzip_hl7(CODE, rooms, LOCAL, 1)


def tracks_of(*tracks: dict[str, object], code: str = CODE, **room: object) -> bytes:
    return zlib.compress(json.dumps({"vrcode": code, "rooms": [{"roomname": "BED-1", "trks": tracks} | room]}).encode())


def values_of(said: Sequence[Said]) -> dict[Quantity, int | None]:
    return {value.quantity: value.value_milli for item in measurements(said) for value in item.values}


def answers(said: Sequence[Said]) -> list[bytes]:
    return [item.data for item in said if isinstance(item, Reply)]


def faults_of(said: Sequence[Said]) -> list[tuple[Fault, str]]:
    return [(item.fault, item.detail) for item in said if isinstance(item, Undecoded)]


@pytest.mark.parametrize("protocol", ["3", "4"])
@pytest.mark.parametrize("form", [form_a, form_b])
def test_both_forms_say_the_same_over_both_versions(form: Form, protocol: str) -> None:
    shown = Room("BED-1", {"ECG_HR": 72.0, "PLETH_SPO2": 97.0, "CO2_CONC": 38.0, "RESP_RR": 14.0, "BT": 36.5}, device="Solar8000")
    said = Line(protocol).sends(form(shown))
    assert values_of(said) == {
        Quantity.HEART_RATE: 72_000,
        Quantity.SPO2: 97_000,
        Quantity.ETCO2: 38_000,
        Quantity.RESPIRATORY_RATE: 14_000,
        Quantity.TEMPERATURE: 36_500,
    }
    (item,) = measurements(said)
    assert said == [item]
    assert (item.mode, item.kind, item.is_forwarded, item.time.at_ms) == (Mode.REAL, Kind.CONTINUOUS, True, AT_MS)
    assert (item.sender.device, item.sender.place) == (CODE, "BED-1")


def test_the_handshake_of_each_version() -> None:
    """Version 4 asks for its namespace and is pinged; version 3 is given it and pings."""
    new, old = Line("4", code=None), Line("3", code=None)
    assert answers(new.first)[0].startswith(b"0{")
    assert answers(new.codec.feed(Frame("40"), AT_MS)) == [b'40{"sid":"c"}']
    assert new.codec.next_wake_ms == AT_MS + PING_MS
    assert new.codec.woken(AT_MS + PING_MS) == [Reply(b"2")]
    assert [answer[:2] for answer in answers(old.first)] == [b"0{", b"40"]
    assert old.codec.next_wake_ms is None
    assert old.codec.feed(Frame("2"), AT_MS) == [Reply(b"3")]
    assert faults_of(Line("5", code=None).first) == [(Fault.UNSUPPORTED, "a version of Engine.IO")]


def test_an_acknowledgement_waits_until_it_is_kept() -> None:
    line = Line()
    line.codec.feed(Frame(EVENT.replace('-["', '-12["')), AT_MS)
    assert line.codec.feed(Frame(form_a(Room("BED-1", {"ECG_HR": 72.0}))), AT_MS)[-1] == Reply(b"4312[]", when_kept=True)


def test_data_as_a_text_of_bytes() -> None:
    text = form_a(Room("BED-1", {"ECG_HR": 72.0})).decode("latin-1")
    assert values_of(Line().codec.feed(Frame("42" + json.dumps(["send_data", text])), AT_MS)) == {Quantity.HEART_RATE: 72_000}


def test_a_strange_code_is_told_once_and_nothing_of_it_is_used() -> None:
    line = Line(code="VR_X")
    assert faults_of(line.first) == [(Fault.UNSUPPORTED, "'VR_X' is not an enrolled code")]
    assert line.first[-1] == Reply(b"41")
    assert line.sends(form_a(Room("BED-1", {"ECG_HR": 72.0}))) == []


def test_data_of_nobody_and_of_another_are_refused() -> None:
    upload = form_a(Room("BED-1", {"ECG_HR": 72.0}))
    assert faults_of(Line(code=None).sends(upload)) == [(Fault.UNSUPPORTED, "data of nobody: it has not joined")]
    assert faults_of(Line(code="VR_B").sends(upload)) == [(Fault.UNSUPPORTED, "joined as 'VR_B', sends as 'VR_A'")]


def test_no_codes_no_adapter() -> None:
    with pytest.raises(AdapterError, match="needs the option codes"):
        VitalRecorderCodec(CodecSettings(options={"codes": " , "}))


def test_rooms_by_name_as_older_recorders_write_them() -> None:
    room = {"trks": [{"montype": "ECG_HR", "type": "num", "unit": "/min", "recs": [{"dt": AT, "val": 72}]}]}
    upload = zlib.compress(json.dumps({"vrcode": CODE, "rooms": {"OR1": room}}).encode())
    (item,) = measurements(Line().sends(upload))
    assert (item.sender.place, values_of([item])) == ("OR1", {Quantity.HEART_RATE: 72_000})


@pytest.mark.parametrize("value", [None, "", "--", -1, True, [72], {"v": 72}])
def test_no_value_is_null(value: object) -> None:
    track = {"montype": "PLETH_SPO2", "type": "num", "unit": "%", "recs": [{"dt": AT, "val": value}]}
    assert values_of(Line().sends(tracks_of(track))) == {Quantity.SPO2: None}


@pytest.mark.parametrize(("unit", "milli", "doubts"), [("kPa", 37_503, ()), ("mmHg", 5_000, ()), ("", None, (Doubt.UNKNOWN_UNIT,))])
def test_units_are_converted_with_the_original_kept_and_never_guessed(unit: str, milli: int | None, doubts: tuple[Doubt, ...]) -> None:
    track = {"montype": "CO2_CONC", "name": "ETCO2", "type": "num", "unit": unit, "recs": [{"dt": AT, "val": 5.0}]}
    (item,) = measurements(Line().sends(tracks_of(track)))
    (value,) = item.values
    assert (value.value_milli, value.doubts, value.origin.value, value.origin.unit) == (milli, doubts, "5.0", unit)


@pytest.mark.parametrize("form", [form_a, form_b])
def test_a_demo_is_no_patient(form: Form) -> None:
    (item,) = measurements(Line().sends(form(Room("BED-1", {"ECG_HR": 72.0}, device="Demo"))))
    assert item.mode is Mode.SIMULATED


def test_a_cuff_is_told_by_its_own_time_however_often_it_is_sent() -> None:
    line = Line()
    shown = {"PLETH_SPO2": 97.0, "NIBP_SBP": 118.0, "NIBP_DBP": 74.0, "NIBP_MBP": 89.0}
    told = []
    for second in range(3):
        said = line.sends(zlib_json(CODE, [Room("BED-1", shown, cuff_at=AT - 300)], AT + second))
        told += [item for item in measurements(said) if item.kind is Kind.APERIODIC]
    assert len(told) == 3
    assert {item.message_id for item in told} == {told[0].message_id}
    assert {item.time.at_ms for item in told} == {AT_MS - 300_000}
    assert [value.doubts for value in told[0].values] == [()] * 3


def test_a_cuff_without_a_time_is_questionable_first_and_the_same_numbers_are_the_same_cuff() -> None:
    line = Line()
    shown = [form_b(Room("BED-1", {"NIBP_SBP": number}, device="X")) for number in (118.0, 118.0, 131.0)]
    first, again, other = (item for upload in shown for item in measurements(line.sends(upload)))
    assert first.values[0].doubts == again.values[0].doubts == (Doubt.AGE_UNKNOWN,)
    assert (other.values[0].doubts, other.values[0].value_milli) == ((), 131_000)


def test_local_time_without_a_zone_is_unknown() -> None:
    line = Line(settings=CodecSettings(options={"codes": CODE}))
    (item,) = measurements(line.sends(form_b(Room("BED-1", {"ECG_HR": 72.0}, device="X"))))
    assert (item.time.at_ms, item.time.basis) == (None, TimeBasis.NO_ZONE)


@pytest.mark.parametrize("dt", [1e300, -1e300, 1e12, -1e12])
def test_an_impossible_time_is_no_time(dt: float) -> None:
    (item,) = measurements(Line().sends(tracks_of({"montype": "ECG_HR", "type": "num", "unit": "/min", "recs": [{"dt": dt, "val": 72}]})))
    assert item.time.basis is TimeBasis.IMPOSSIBLE


def test_tracks_without_a_place_are_told_once_each_and_waves_not_at_all() -> None:
    line = Line()
    first, second = line.shows(ECG_HR=72.0, CO=4.2, FLUID_RATE=5.0), line.shows(ECG_HR=72.0, CO=4.3, FLUID_RATE=5.0)
    assert [(item.origin.code, item.why) for item in first if isinstance(item, Unmapped)] == [
        ("CO", "unknown code"),
        ("FLUID_RATE", "unknown code"),
    ]
    assert not [item for item in second if isinstance(item, Unmapped)]


def test_two_sources_of_one_quantity_never_alternate() -> None:
    """Breaths by CO2 win over those by impedance, and lose them when they have had no number for ten seconds."""
    line = Line()
    said = line.shows(RESP_RR=20.0, CO2_RR=14.0)
    assert values_of(said)[Quantity.RESPIRATORY_RATE] == 14_000
    assert [item.why for item in said if isinstance(item, Unmapped)] == ["another source of the same quantity is taken"]
    assert values_of(line.shows(AT + 5, RESP_RR=20.0)) == {}
    assert values_of(line.shows(AT + 6, RESP_RR=20.0, CO2_RR=None)) == {Quantity.RESPIRATORY_RATE: None}
    later = AT + ANOTHER_SOURCE_MS / 1000
    assert values_of(line.shows(later, RESP_RR=21.0, CO2_RR=None))[Quantity.RESPIRATORY_RATE] == 21_000


def test_a_bomb_is_refused() -> None:
    bomb = zlib.compress(b" " * (MAX_PLAIN + 1))
    assert [fault for fault, _ in faults_of(Line().sends(bomb))] == [Fault.TOO_LONG]


@pytest.mark.parametrize(
    ("upload", "fault"),
    [
        (b"", Fault.UNSUPPORTED),
        (b"GIF89a", Fault.UNSUPPORTED),
        (zlib.compress(b"{")[:-3], Fault.TRUNCATED),
        (zlib.compress(b"{}x"), Fault.MALFORMED),
        (zlib.compress(b"[" * 100_000), Fault.MALFORMED),
        (gzip.compress(b"PID|||\r"), Fault.MALFORMED),
        (gzip.compress(b"MSH|^~\\&|A|VR_A|||x||ADT^A01|1|P|2.6\r"), Fault.MALFORMED),
        (tracks_of(*[{"recs": []}] * 600), Fault.TOO_LONG),
    ],
    ids=["nothing", "an-image", "half", "no-json", "too-deep", "no-header", "another-message", "too-many-tracks"],
)
def test_what_is_no_upload_is_refused_as_a_whole(upload: bytes, fault: Fault) -> None:
    assert [found for found, _ in faults_of(Line().sends(upload))] == [fault]


def test_an_event_whose_attachment_never_comes_is_told() -> None:
    line = Line()
    line.codec.feed(Frame(EVENT), AT_MS)
    assert faults_of(line.codec.feed(Frame(EVENT), AT_MS)) == [(Fault.MALFORMED, "an attachment is missing")]
    assert faults_of(line.codec.closed(AT_MS)) == [(Fault.TRUNCATED, "ended before its attachment")]


def test_the_stamp_of_a_record_is_universal_time() -> None:
    (item,) = measurements(Line().shows(ECG_HR=72.0))
    assert datetime.fromtimestamp((item.time.at_ms or 0) / 1000, UTC) == datetime.fromtimestamp(AT, UTC)
