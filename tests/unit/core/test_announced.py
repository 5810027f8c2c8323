"""What devices say beside their vital signs: what stands of it, and that no rule judges it."""

import pytest

from schemas.announcement import LINE, MAX_STANDING, DeviceAnnounced, Fact, Turn
from schemas.measurement import Mode
from tests.unit.core.bedside import Bedside, infusing

BATTERY = Fact("battery_low", turn=Turn.START)
RATE = Fact("infusion_rate", unit="mL/h", value_milli=12_500)


def announce(bed: Bedside, *facts: Fact, device: str = "d1", ago_ms: int = 0, text: str | None = None) -> None:
    made = bed.apply(DeviceAnnounced(device, facts, Mode.SIMULATED, bed.now_ms, bed.now_ms - ago_ms, text))
    assert len(made) == 1, "recorded, and nothing came of it"


def standing(bed: Bedside, device: str = "d1") -> dict[str, int | None]:
    return {name: one.fact.value_milli for name, one in bed.engine.devices[device].says.items()}


def test_a_figure_stands_until_it_is_said_anew() -> None:
    bed = infusing()
    announce(bed, RATE, Fact("volume_infused", unit="mL", value_milli=1))
    announce(bed, Fact("infusion_rate", unit="mL/h", value_milli=0))
    assert standing(bed) == {"volume_infused": 1, "infusion_rate": 0}


def test_a_state_stands_until_it_ends() -> None:
    bed = infusing()
    announce(bed, BATTERY, text="battery low")
    assert bed.engine.devices["d1"].says["battery_low"].text == "battery low"
    announce(bed, Fact("battery_low", turn=Turn.END))
    assert standing(bed) == {}


def test_what_was_said_before_changes_nothing_of_now() -> None:
    bed = infusing()
    announce(bed, RATE)
    announce(bed, Fact("infusion_rate", unit="mL/h", value_milli=99), ago_ms=1)
    assert standing(bed) == {"infusion_rate": 12_500}
    announce(bed, BATTERY)
    announce(bed, Fact("battery_low", turn=Turn.END), ago_ms=60_000)
    assert "battery_low" in standing(bed)


def test_a_beginning_that_comes_after_its_end_does_not_begin_again() -> None:
    """What waited is sent after what is new: it must not look as if it held now."""
    bed = infusing()
    announce(bed, Fact("battery_low", turn=Turn.END), ago_ms=1_000)
    announce(bed, BATTERY, ago_ms=60_000)
    assert standing(bed) == {}
    announce(bed, BATTERY)
    assert set(standing(bed)) == {"battery_low"}, "a new one does"


def test_what_was_said_before_the_line_was_lost_is_not_of_now_after_it_is_back() -> None:
    bed = infusing()
    announce(bed, Fact(LINE, turn=Turn.END), ago_ms=30_000)
    announce(bed, Fact(LINE, turn=Turn.START), ago_ms=20_000)
    announce(bed, BATTERY, RATE, ago_ms=30_001)
    assert set(standing(bed)) == {LINE}
    announce(bed, RATE, ago_ms=30_000)
    assert set(standing(bed)) == {LINE, "infusion_rate"}


def test_what_has_ended_goes_before_what_stands_where_there_is_no_room() -> None:
    bed = infusing()
    announce(bed, BATTERY)
    for number in range(MAX_STANDING):
        announce(bed, Fact(f"alarm {number}", turn=Turn.END))
    assert set(standing(bed)) == {"battery_low"}


@pytest.mark.parametrize("turn", Turn)
def test_without_its_line_nothing_is_known_of_a_device(turn: Turn) -> None:
    bed = infusing()
    announce(bed, BATTERY, RATE)
    announce(bed, Fact(LINE, turn=turn))
    assert set(standing(bed)) == (set() if turn is Turn.END else {"battery_low", "infusion_rate", LINE})


def test_each_device_says_its_own_and_takes_it_away() -> None:
    bed = infusing()
    bed.bind("d2")
    announce(bed, RATE)
    announce(bed, BATTERY, device="d2")
    assert (set(standing(bed)), set(standing(bed, "d2"))) == ({"infusion_rate"}, {"battery_low"})
    bed.unbind("d2")
    bed.bind("d2")
    assert standing(bed, "d2") == {}


def test_a_device_that_names_ever_more_is_bounded() -> None:
    bed = infusing()
    for number in range(MAX_STANDING + 3):
        announce(bed, Fact(f"alarm {number}", turn=Turn.START))
    assert list(standing(bed)) == [f"alarm {number}" for number in range(3, MAX_STANDING + 3)]


def test_no_rule_judges_it() -> None:
    """Not even what a device calls an alarm of high priority: the vital signs speak for themselves."""
    bed, beside = infusing(), infusing()
    for either in (bed, beside):
        either.say(hr=72, spo2=98)
    announce(bed, Fact("ASYSTOLE", turn=Turn.START))
    bed.wait(60)
    beside.wait(60)
    assert [alert.id for alert in bed.engine.alerts()] == [alert.id for alert in beside.engine.alerts()]
