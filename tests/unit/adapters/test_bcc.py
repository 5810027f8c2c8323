"""BCC: frames and their sums, numbers and their units, stops and alarms, what we ask; and an answer of a real rack."""

from typing import Any

import pytest

from monitor.adapters.base import AdapterError, CodecSettings, Setup
from monitor.adapters.bcc.adapter import ADAPTER
from monitor.adapters.bcc.codec import POLL_MS, STUFFING, BccCodec
from monitor.adapters.bcc.wire import framed
from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import (
    Condition,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    DeviceValue,
    Fault,
    Phase,
    Reply,
    Undecoded,
    Unmapped,
)
from monitor.clock import ManualClock
from schemas.alert import AlertKind
from simulators.devices.bcc import BccStation, part, pump, pumping, records, stuffed
from tests.contract.adapter_laws import Specimen, law_of_cuts, law_of_recovery, law_of_truncation
from tests.contract.specimens.bcc import SPECIMEN
from tests.support.samples import sample

NOW_MS = 1_795_344_067_000
GNACK = part("ComSystem", ["213,50100,GNACK"])
STUFFED = CodecSettings(options={STUFFING: "on"})


def _said(*parts: bytes) -> list[Any]:
    codec = BccCodec(CodecSettings())
    return [item for data in parts for item in codec.feed(data, NOW_MS)]


def _answers(*states: dict[str, dict[str, str]]) -> list[bytes]:
    station = BccStation({})
    parts = []
    for state in states:
        station.pumps = state
        parts += station.parts()
    return parts


def _values(**fields: str) -> dict[Quantity, DeviceValue]:
    (item,) = [item for item in _said(*_answers({"11": pump(**fields)})) if isinstance(item, DeviceMeasurement)]
    return {value.quantity: value for value in item.values}


def _events(*states: dict[str, dict[str, str]]) -> list[tuple[Phase, str]]:
    return [(item.phase, item.text) for item in _said(*_answers(*states)) if isinstance(item, DeviceEvent)]


def test_each_pump_says_who_it_is_and_what_it_does() -> None:
    said = _said(
        *_answers({"11": pump(), "2A": pumping("12.5", "3.75", INSERNUM="40864", INSOL="Ketamin 2mg/ml", INVOLACT="46.25", INP2="35")})
    )
    idle, busy = [item for item in said if isinstance(item, DeviceMeasurement)]
    assert (idle.sender.place, busy.sender.place) == ("ComSystem/1/1", "ComSystem/2/A")
    assert (busy.sender.device, busy.sender.model) == ("40864", "688F030006")
    assert [(text.name, text.origin.value) for text in busy.texts] == [("drug", "Ketamin 2mg/ml")]
    numbers = {value.quantity: value.value_milli for value in busy.values}
    assert numbers == {
        Quantity.INFUSION_RATE: 12_500,
        Quantity.VOLUME_INFUSED: 3_750,
        Quantity.VOLUME_REMAINING: 46_250,
        Quantity.BOLUS_VOLUME: 0,
        Quantity.TIME_REMAINING: None,
        Quantity.LINE_PRESSURE: 35_000,
        Quantity.CONCENTRATION: None,
        Quantity.DOSE_RATE: None,
    }
    assert (busy.time.at_ms, busy.time.text) == (None, "")  # the station's seconds are no time of day


@pytest.mark.parametrize(
    ("pumping_now", "bolus", "quantity"),
    [
        ("1", "0", Quantity.INFUSION_RATE),
        ("0", "0", Quantity.INFUSION_RATE_SET),
        ("1", "1", Quantity.INFUSION_RATE_SET),
        ("_NV", "0", Quantity.INFUSION_RATE_SET),
    ],
)
def test_a_rate_is_delivered_only_while_the_pump_says_so(pumping_now: str, bolus: str, quantity: Quantity) -> None:
    values = _values(INRT="8.00", INM3=pumping_now, INM2=bolus)
    assert values[quantity].value_milli == 8_000
    assert not {Quantity.INFUSION_RATE, Quantity.INFUSION_RATE_SET} - {quantity} & values.keys()


@pytest.mark.parametrize(
    ("fields", "quantity", "doubt"),
    [
        ({"INRT": "_NV"}, Quantity.INFUSION_RATE_SET, Doubt.NOT_MEASURED),
        ({"INVI": ""}, Quantity.VOLUME_INFUSED, Doubt.NOT_MEASURED),
        ({"INVI": "1,4"}, Quantity.VOLUME_INFUSED, Doubt.NOT_A_NUMBER),
        ({"INVI": "-1"}, Quantity.VOLUME_INFUSED, Doubt.NOT_A_NUMBER),
        ({"INRMT": "65535"}, Quantity.TIME_REMAINING, Doubt.NOT_MEASURED),
        ({"INDORT": "5", "INDORTU": "48"}, Quantity.DOSE_RATE, Doubt.NOT_MEASURED),  # not in dose mode
        ({"INDOCAL": "1", "INDORT": "0.1", "INDORTU": "71"}, Quantity.DOSE_RATE, Doubt.UNKNOWN_UNIT),  # by a weight we do not know
        ({"INDOCAL": "1", "INDCON": "2", "INDCONU": "_NV"}, Quantity.CONCENTRATION, Doubt.UNKNOWN_UNIT),
    ],
)
def test_what_is_not_known_is_null(fields: dict[str, str], quantity: Quantity, doubt: Doubt) -> None:
    value = _values(**fields)[quantity]
    assert (value.value_milli, value.doubts) == (None, (doubt,))


@pytest.mark.parametrize(
    ("unit", "value_milli"), [("47", 300_000), ("48", 5_000), ("50", 300), ("51", 5)], ids=["mg/min", "mg/h", "ug/min", "ug/h"]
)
def test_a_dose_rate_has_the_unit_it_names(unit: str, value_milli: int) -> None:
    value = _values(INDOCAL="1", INDORT="5", INDORTU=unit, INDCON="2", INDCONU="31")
    assert value[Quantity.DOSE_RATE].value_milli == value_milli
    assert (value[Quantity.DOSE_RATE].origin.value, value[Quantity.DOSE_RATE].origin.unit) == ("5", unit)
    assert value[Quantity.CONCENTRATION].value_milli == 2_000


def test_a_stop_is_told_when_it_happens() -> None:
    run, stop = {"11": pumping("5", "1.0")}, {"11": pump(INRT="5", INVI="1.2", INA3="1")}
    assert _events(run, run, stop, stop, run) == [
        (Phase.START, "pumping"),
        (Phase.END, "pumping"),
        (Phase.START, "pressure"),
        (Phase.START, "pumping"),
        (Phase.END, "pressure"),
    ]


def test_an_alarm_is_technical_and_says_about_what() -> None:
    (event,) = [item for item in _said(*_answers({"11": pump(INA2="1")})) if isinstance(item, DeviceEvent)]
    assert (event.kind, event.priority, event.about, event.key) == (AlertKind.TECHNICAL, None, Quantity.VOLUME_REMAINING, "1/1:INA2")


def test_no_value_ends_no_alarm() -> None:
    on, unknown, off = ({"11": pump(INA3=value)} for value in ("1", "_NV", "0"))
    assert _events(on, unknown, on, unknown, off) == [(Phase.START, "pressure"), (Phase.END, "pressure")]


def test_two_pumps_have_their_own_alarms() -> None:
    both = {"11": pump(INA3="1"), "12": pump(INA3="1")}
    events = [item.key for item in _said(*_answers(both, both)) if isinstance(item, DeviceEvent)]
    assert events == ["1/1:INA3", "1/2:INA3"]


def test_a_switch_that_is_neither_on_nor_off_is_kept_unmapped() -> None:
    said = _said(*_answers({"11": pump(INA3="2")}))
    assert ("INA3", "2") in [(item.origin.code, item.origin.value) for item in said if isinstance(item, Unmapped)]
    assert not [item for item in said if isinstance(item, DeviceEvent)]


def test_a_field_without_a_name_here_is_told_when_it_changes() -> None:
    states = [{"11": pump(INTIME=minutes)} for minutes in ("97", "97", "98")]
    assert [item.origin.value for item in _said(*_answers(*states)) if isinstance(item, Unmapped) and item.origin.code == "INTIME"] == [
        "97",
        "98",
    ]


def test_a_pump_that_left_the_rack_is_told_by_a_whole_answer_alone() -> None:
    both, one = {"11": pump(), "13": pumping("5", "1")}, {"11": pump()}
    whole = _said(*_answers(both, one, both))
    connected = [
        (item.sender.place[-3:], item.holds) for item in whole if isinstance(item, DeviceStatus) and item.condition is Condition.CONNECTED
    ]
    assert connected == [("1/1", True), ("1/3", True), ("1/3", False), ("1/3", True)]
    first, second = _answers(both)
    damaged = _said(*_answers(both), first, second[:50] + b"?" + second[51:], GNACK)
    assert [item.holds for item in damaged if isinstance(item, DeviceStatus)] == [True, True]
    strange = part("ComSystem", [*records(216, "50100", {"FMNOR": "1"}), *records(216, "50111", pump()), "216,5o113,INRT,5"])
    assert [item.holds for item in _said(*_answers(both), strange) if isinstance(item, DeviceStatus)] == [True, True]


# --- frames ---------------------------------------------------------------------------------------------------------------------------


def test_a_request_byte_by_byte() -> None:
    """As a public test of another program has it."""
    assert framed(b"1", b"ADMIN:ALIVE", is_stuffed=False) == b"\x0100031\x021/1/1>ADMIN:ALIVE\x0300061\x04"


def test_an_edited_frame_is_refused_and_not_acknowledged() -> None:
    """Any byte of it: nothing but its first, which begins a frame, leaves it readable."""
    (whole,) = _answers({"11": pumping("5", "1.0")})
    for place in range(1, len(whole)):
        edited = whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :]
        said = _said(edited, GNACK)
        assert [item for item in said if isinstance(item, Undecoded)], place
        assert not [item for item in said if isinstance(item, DeviceMeasurement | DeviceEvent)], place
        assert next(item.data for item in said if isinstance(item, Reply)) == b"\x06"  # that of GNACK
        assert sum(isinstance(item, Reply) and item.data == b"\x06" for item in said) == 1


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"noise", Fault.MALFORMED),
        (GNACK[:20] + GNACK, Fault.MALFORMED),
        (GNACK.replace(b"\x0100043", b"\x0100044"), Fault.MALFORMED),
        (GNACK[:-6] + b"00000\x04", Fault.CHECKSUM),
        (b"\x01" + b"7" * 9_000, Fault.TOO_LONG),
        (part("ComSystem", ["213,50100"]), Fault.MALFORMED),
        (part("ComSystem", ["213,60011,INRT,5"]), Fault.MALFORMED),
    ],
    ids=["noise", "begun-anew", "length", "sum", "endless", "no-parameter", "no-pump"],
)
def test_what_is_no_frame_is_told_once(data: bytes, fault: Fault) -> None:
    assert [item.fault for item in _said(data) if isinstance(item, Undecoded)] == [fault]


# --- what we send ---------------------------------------------------------------------------------------------------------------------


def test_the_station_is_greeted_then_asked_and_each_part_acknowledged_once_it_is_kept() -> None:
    codec = BccCodec(CodecSettings())
    alive, ask = framed(b"1", b"ADMIN:ALIVE", is_stuffed=False), framed(b"ComSystem", b"MEM:GET", is_stuffed=False)
    ack = Reply(b"\x06", when_kept=True)
    assert codec.opened(NOW_MS) == [Reply(alive)]
    assert codec.next_wake_ms == NOW_MS + POLL_MS
    assert codec.woken(NOW_MS + POLL_MS) == [Reply(alive)]  # nobody answered
    assert codec.feed(GNACK, NOW_MS) == [ack, Reply(ask, when_kept=True)]
    for data in _answers({"11": pump(), "13": pump()}):
        *_, last = codec.feed(data, NOW_MS)
        assert last == ack
    assert codec.woken(NOW_MS + 2 * POLL_MS) == [Reply(ask)]


def test_nothing_is_ever_sent_that_could_change_a_pump() -> None:
    """All that goes out, whatever came in, is a greeting, a question or an acknowledgement."""
    codec = BccCodec(CodecSettings())
    said = [*codec.opened(NOW_MS), *codec.feed(b"".join(SPECIMEN.inputs) + b"?", NOW_MS), *codec.woken(NOW_MS + POLL_MS)]
    sent = {item.data if len(item.data) == 1 else item.data[7:-7].partition(b">")[2] for item in said if isinstance(item, Reply)}
    assert sent == {b"ADMIN:ALIVE", b"MEM:GET", b"\x06"}


def test_stuffed_letters_say_the_same_and_keep_the_laws() -> None:
    inputs = tuple(stuffed(data) for data in SPECIMEN.inputs)

    def make() -> BccCodec:
        return BccCodec(STUFFED)

    plain = [item for item in _said(*SPECIMEN.inputs) if not isinstance(item, Reply)]
    codec = make()
    assert [item for data in inputs for item in codec.feed(data, NOW_MS) if not isinstance(item, Reply)] == plain
    assert make().opened(NOW_MS) == [Reply(stuffed(framed(b"1", b"ADMIN:ALIVE", is_stuffed=False)))]
    law_of_cuts(make, b"".join(inputs), [3, 700, 1500])
    law_of_truncation(make, Specimen(inputs).inputs, 2_000)
    law_of_recovery(make, b"\x01eEeE", inputs)
    assert [item.fault for item in make().feed(GNACK, NOW_MS) if isinstance(item, Undecoded)] == [Fault.MALFORMED]  # not stuffed


def test_an_option_there_is_not_is_refused_at_once() -> None:
    setup = Setup("tcp:host:4001", ManualClock(NOW_MS), lambda: iter([1.0]), CodecSettings(options={STUFFING: "yes"}))
    with pytest.raises(AdapterError, match="on or off"):
        ADAPTER.make_adapter(setup)


@pytest.mark.parametrize("address", ["serial:/dev/ttyUSB0", "tcp:host", "tcp::4001", "host:4001"])
def test_an_address_that_is_no_station_is_refused_at_once(address: str) -> None:
    with pytest.raises(AdapterError, match="write tcp:host:4001"):
        ADAPTER.make_adapter(Setup(address, ManualClock(NOW_MS), lambda: iter([1.0])))


# --- a real rack ----------------------------------------------------------------------------------------------------------------------

FIRST = {"INDCONU": "23", "INDORTU": "23", "DSSTATUS": "00050", "INM5": "0"}
SECOND = {
    "INSOL": "Arterenol4mg/50",
    "INSOLSN": "Arteren<EE><80><A1>",
    "INSOLID": "33~4mg/5002",
    "INVOLACT": "47.64",
    "INTIME": "97",
    "INNR": "60009FA0",
    "INP2": "35",
    "INSYR": "50",
    "INSERNUM": "40864",
}


def _like_the_real_ones() -> list[bytes]:
    first, _ = BccStation({"11": pump(**FIRST), "12": {}}).parts()
    text = first[7:-7].decode().replace("ComSystem/1/1>", "").replace("215,", "214,").split("\x1e")
    return [
        part("ComSystem", text, is_last=False),
        part("ComSystem", records(215, "50113", pumping("0.30", "1.4", **SECOND)), is_last=False),
    ]


@pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
def test_an_answer_of_a_real_rack() -> None:
    """Taken down by others, its third part edited by them. The length and the sum that the real station wrote are those that the virtual
    one comes to: 1152 and 2, 1073 and 25."""
    parts = _like_the_real_ones()
    assert [(data[1:6], data[-6:-1]) for data in parts] == [(b"01152", b"00002"), (b"01073", b"00025")]
    real = sample("serial/bbraun_bcc_space_3pumps_real.bin")
    if real is not None:
        *whole, edited, _ = [data + b"\x04" for data in real.read_bytes().split(b"\x04")]
        assert whole == parts
        assert [type(item) for item in _said(edited)] == [Undecoded]
        parts = [*whole, edited]
    said = _said(*parts)
    read = [(item.sender.device, *[value.value_milli for value in item.values[:3]]) for item in said if isinstance(item, DeviceMeasurement)]
    assert read == [("36248", 0, 0, 0), ("40864", 300, 1_400, 47_640)]
    assert [(item.phase, item.text) for item in said if isinstance(item, DeviceEvent)] == [(Phase.START, "pumping")]
