"""What goes to the monitor of what a device says beside its vital signs, whose it is, and how often."""

from decimal import Decimal

import msgspec
import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.bcc.codec import BccCodec
from monitor.adapters.device_time import DeviceTime, TimeBasis
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import (
    Condition,
    DeviceEvent,
    DeviceMeasurement,
    DeviceStatus,
    DeviceText,
    DeviceValue,
    Kind,
    Origin,
    Phase,
    Sender,
    Told,
    measured,
    missing,
)
from monitor.gateway.announcing import AGAIN_MS, Announcing
from monitor.gateway.telling import Addressee, Telling
from monitor.store.spool import Announced
from schemas.alert import Priority
from schemas.announcement import LINE, Turn
from schemas.device_wire import WireFact
from schemas.instant import to_ms
from schemas.measurement import Mode
from simulators.devices.bcc import BccStation, pump, pumping

AT = 1_763_800_000_000
STANDBY = DeviceStatus(AT, Condition.STANDBY, holds=True, why="in standby")
ALARM = DeviceEvent(AT, Mode.REAL, "11:INA2", Phase.START, "syringe empty", priority=Priority.HIGH)


def announcing(*addressees: Addressee, mode: Mode = Mode.REAL) -> Announcing:
    return Announcing(Telling(addressees or (Addressee("pump-1", mode),), 60_000))


def facts(rows: list[Announced]) -> list[tuple[str, tuple[WireFact, ...], str | None]]:
    return [(row.device, row.said.facts, row.said.text) for row in rows]


def rate(number: str, quantity: Quantity = Quantity.INFUSION_RATE) -> DeviceValue:
    return measured(quantity, Decimal(number), "mL/h", Origin("INRT", number))


def figures(*values: DeviceValue, at: int = AT, **more: object) -> DeviceMeasurement:
    return DeviceMeasurement(at, **({"mode": Mode.REAL, "values": values} | more))


def volume(number: str) -> DeviceValue:
    return measured(Quantity.VOLUME_INFUSED, Decimal(number), "mL", Origin("INVI", number))


def test_a_state_and_an_alarm_go_out_with_the_device_s_own_words() -> None:
    assert facts(announcing().take([STANDBY, ALARM])) == [
        ("pump-1", (WireFact("standby", turn=Turn.START),), "in standby"),
        ("pump-1", (WireFact("11:INA2", turn=Turn.START, priority=Priority.HIGH),), "syringe empty"),
    ]


def test_the_end_goes_out_as_the_beginning_did() -> None:
    ended = [DeviceStatus(AT, Condition.STANDBY, holds=False), DeviceEvent(AT, Mode.REAL, "11:INA2", Phase.END, "syringe empty")]
    assert [(row[1][0].name, row[1][0].turn) for row in facts(announcing().take(ended))] == [("standby", "end"), ("11:INA2", "end")]


def test_the_figures_of_a_pump_go_out_with_what_is_not_known_as_null() -> None:
    values = (rate("12.5"), volume("8"), missing(Quantity.DOSE_GIVEN, Origin("X")))
    assert facts(announcing().take([figures(*values)])) == [
        (
            "pump-1",
            (WireFact("infusion_rate", 12.5, "mL/h"), WireFact("volume_infused", 8.0, "mL"), WireFact("dose_given", None, "mg")),
            None,
        )
    ]


def test_vital_signs_and_what_a_person_entered_are_no_figures_of_a_pump() -> None:
    spo2 = measured(Quantity.SPO2, Decimal(97), "%", Origin("SPO2", "97"))
    assert announcing().take([figures(spo2), figures(rate("12.5"), kind=Kind.MANUAL)]) == []


def test_of_a_device_s_words_the_drug_alone_goes_out() -> None:
    """Another one can be the number of an order, or of a user."""
    texts = (DeviceText("drug", Origin("INSOL", "Ketamin")), DeviceText("order", Origin("OBR-4", "4711^MEYER")))
    assert facts(announcing().take([figures(rate("1"), texts=texts)]))[1:] == [("pump-1", (WireFact("drug"),), "Ketamin")]


def test_what_a_pump_repeats_goes_out_once_a_minute_and_what_changes_at_once() -> None:
    told = announcing()
    seconds = [0, 5, 10, 55, 60, 65, 70]
    rates = ["12.5", "12.5", "12.5", "12.5", "12.5", "12.5", "0"]
    went = [
        second
        for second, number in zip(seconds, rates, strict=True)
        if told.take([figures(rate(number), volume(str(second)), at=AT + second * 1000)])
    ]
    assert AGAIN_MS == 60_000
    assert went == [0, 60, 70]


def test_what_is_set_takes_nothing_from_what_is_delivered() -> None:
    """A message of a pump can bring the two apart."""
    told = announcing()
    for second in (0, 5):
        rows = told.take([figures(rate("12.5"), at=AT + second), figures(rate("13", Quantity.INFUSION_RATE_SET), kind=Kind.SETTING, at=AT)])
        said = [(fact.name, fact.value) for row in rows for fact in row.said.facts]
        assert said == ([("infusion_rate", 12.5), ("infusion_rate_set", 13.0)] if second == 0 else [])


def test_after_a_lost_line_the_figures_are_told_again() -> None:
    told = announcing()
    assert told.take([figures(rate("1"))])
    assert facts(told.take([DeviceStatus(AT, Condition.CONNECTED, holds=False, why="unplugged")])) == [
        ("pump-1", (WireFact(LINE, turn=Turn.END),), "unplugged")
    ]
    assert told.take([figures(rate("1"), at=AT + 1_000)])


def test_the_line_of_several_is_each_one_s_and_a_stranger_speaks_for_nobody() -> None:
    told = announcing(Addressee("pump-1", Mode.REAL, "bed/11"), Addressee("pump-2", Mode.REAL, "bed/12"))
    lost = DeviceStatus(AT, Condition.CONNECTED, holds=False)
    second = DeviceStatus(AT, Condition.STANDBY, holds=True, sender=Sender(place="bed/12"))
    stranger = DeviceStatus(AT, Condition.STANDBY, holds=True, sender=Sender(place="bed/13"))
    assert [row.device for row in told.take([lost, second, stranger])] == ["pump-1", "pump-2", "pump-2"]


def test_an_alarm_settles_not_whose_values_are_taken() -> None:
    """Some name their alarms' sender otherwise than that of their values: the values must not become a stranger's by that."""
    telling = Telling((Addressee("mon-1", Mode.REAL),), 60_000)
    told = Announcing(telling)
    alarm = DeviceEvent(AT, Mode.REAL, "k", Phase.START, "SpO2 low", Sender(place="bed 1"))
    assert len(told.take([alarm, msgspec.structs.replace(STANDBY, sender=Sender(place="bed 1"))])) == 2
    values = figures(measured(Quantity.SPO2, Decimal(97), "%", Origin("SPO2", "97")), sender=Sender("EUI-1", place="bed 1"))
    rows, notes = telling.take([values])
    assert (len(rows), notes) == (1, [])
    assert told.take([alarm]) == [], "once it is settled, another one's alarm is a stranger's"


@pytest.mark.parametrize(("mode", "goes"), [(Mode.REAL, 0), (Mode.SIMULATED, 1)])
def test_an_alarm_of_a_demo_is_no_patient_s(mode: Mode, goes: int) -> None:
    demo = DeviceEvent(AT, Mode.SIMULATED, "k", Phase.START, "ASYSTOLE")
    assert len(announcing(mode=mode).take([demo])) == goes


def test_what_waited_in_the_device_is_told_with_its_own_time() -> None:
    """The device's clock is an hour slow: what was said when, is told by what came of it before."""
    telling = Telling((Addressee("mon-1", Mode.REAL),), 60_000)
    told = Announcing(telling)

    def at(ago_ms: int) -> DeviceTime:
        return DeviceTime("", AT - 3_600_000 - ago_ms, TimeBasis.WIRE)

    live = figures(measured(Quantity.SPO2, Decimal(97), "%", Origin("SPO2", "97")), time=at(0))
    telling.take([live])
    waited = DeviceEvent(AT, Mode.REAL, "k", Phase.START, "SpO2 low", time=at(600_000))
    assert [AT - to_ms(row.said.at) for row in told.take([waited])] == [600_000]


# --- a pump that rests -----------------------------------------------------------------------------------------------------------------


def _polls(*states: dict[str, str]) -> list[Told]:
    """What the codec says of a rack whose pump is in one state after the other, asked every five seconds."""
    codec, station, said = BccCodec(CodecSettings(None, {})), BccStation({"11": states[0]}), []
    codec.opened(AT)
    for number, state in enumerate(states):
        station.pumps["11"] = state
        for part in station.parts():
            said += codec.feed(part, AT + number * 5_000)
    return [item for item in said if isinstance(item, DeviceMeasurement | DeviceEvent | DeviceStatus)]


def test_a_pump_s_standby_begins_and_ends_and_its_rate_is_back_at_once() -> None:
    runs, rests = pumping("12.5", "3.0"), pump(INRT="12.5", INVI="3.0", INM6="1")
    rows = announcing().take(_polls(runs, rests, rests, runs))
    standby = [(row.said.facts[0].turn, to_ms(row.said.at) - AT) for row in rows if row.said.facts[0].name == "standby"]
    assert standby == [("start", 5_000), ("end", 15_000)]
    delivers = [(to_ms(row.said.at) - AT, fact.value) for row in rows for fact in row.said.facts if fact.name == "infusion_rate"]
    assert delivers == [(0, 12.5), (5_000, None), (15_000, 12.5)], "while it rests its last rate is not one of now"
    is_set = [(to_ms(row.said.at) - AT, fact.value) for row in rows for fact in row.said.facts if fact.name == "infusion_rate_set"]
    assert is_set == [(5_000, 12.5), (15_000, None)], "and once it runs, what was set before is not one of now"
    pumps = [(to_ms(row.said.at) - AT, row.said.facts[0].turn) for row in rows if row.said.text == "pumping"]
    assert pumps == [(0, "start"), (5_000, "end"), (15_000, "start")]
