"""Units convert by the table or not at all; a device's wall clock becomes an instant only where that is certain."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.device_time import TimeBasis, device_time
from monitor.adapters.doubts import Doubt, validity_of
from monitor.adapters.quantities import UNIT_OF, Quantity, convert, number_of, vital_of
from monitor.adapters.said import Origin, measured, missing
from schemas.instant import format_ms
from schemas.measurement import Validity
from schemas.vitals import VITAL_SIGNS, Vital

ETCO2 = Origin("ETCO2", "5.1", "kPa")


def test_every_vital_sign_is_a_quantity_in_its_own_unit() -> None:
    assert {vital_of(quantity) for quantity in Quantity} == {*Vital, None}
    assert set(UNIT_OF) == set(Quantity)
    assert all(UNIT_OF[Quantity(vital.value)] == row.unit for vital, row in VITAL_SIGNS.items())


def test_kilopascals_are_converted_and_the_original_stays() -> None:
    value = measured(Quantity.ETCO2, Decimal("5.1"), "kPa", ETCO2)
    assert (value.value_milli, value.origin, value.doubts) == (38_253, ETCO2, ())


@pytest.mark.parametrize(
    ("quantity", "number", "unit", "milli"),
    [
        (Quantity.SYSTOLIC_BP, "16", "kPa", 120_010),
        (Quantity.INFUSION_RATE, "0.30", "mL/h", 300),
        (Quantity.DOSE_GIVEN, "250", "ug", 250),
        (Quantity.TIME_REMAINING, "1.5", "min", 90_000),
    ],
)
def test_units_of_the_table(quantity: Quantity, number: str, unit: str, milli: int) -> None:
    assert convert(quantity, Decimal(number), unit) == milli


@pytest.mark.parametrize("unit", ["", "bpm", "mmHg", "1", "%", "[degF]"])
def test_a_unit_that_is_not_in_the_table_is_not_guessed(unit: str) -> None:
    value = measured(Quantity.ETCO2, Decimal("5.1"), unit, ETCO2)
    assert (value.value_milli, value.doubts) == (None, (Doubt.UNKNOWN_UNIT,))


@pytest.mark.parametrize("text", ["", "---", "NaN", "inf", "-Infinity", "1_0", "0x10", "٩٧", "1e999999999", "9" * 25, "97 98"])
def test_what_is_not_a_measurable_number_is_null(text: str) -> None:
    value = measured(Quantity.SPO2, number_of(text), "%", Origin("x", text))
    assert (value.value_milli, value.doubts) == (None, (Doubt.NOT_A_NUMBER,))


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_numbers(text: str) -> None:
    value = measured(Quantity.SPO2, number_of(text), "%", Origin("x", text))
    assert (value.value_milli is None) is (value.validity is Validity.INVALID)


@given(st.sets(st.sampled_from(Doubt)), st.booleans())
def test_null_is_invalid_and_invalid_is_null(doubts: set[Doubt], is_missing: bool) -> None:
    value = (
        missing(Quantity.SPO2, ETCO2, frozenset(doubts))
        if is_missing
        else measured(Quantity.SPO2, Decimal(97), "%", ETCO2, frozenset(doubts))
    )
    assert (value.value_milli is None) is (value.validity is Validity.INVALID)
    assert set(value.doubts) >= doubts


def test_the_worst_doubt_decides() -> None:
    assert validity_of(()) is Validity.VALID
    assert validity_of((Doubt.LOW_PERFUSION,)) is Validity.QUESTIONABLE
    assert validity_of((Doubt.LOW_PERFUSION, Doubt.SENSOR_OFF)) is Validity.INVALID


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "zone", "basis", "instant"),
    [
        (datetime(2026, 7, 1, 12), BERLIN, TimeBasis.CONFIGURED, "2026-07-01T10:00:00.000Z"),
        (datetime(2026, 12, 1, 12), BERLIN, TimeBasis.CONFIGURED, "2026-12-01T11:00:00.000Z"),
        (datetime(2026, 10, 25, 2, 30), BERLIN, TimeBasis.AMBIGUOUS, None),
        (datetime(2026, 3, 29, 2, 30), BERLIN, TimeBasis.IMPOSSIBLE, None),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), None, TimeBasis.WIRE, "2026-07-01T12:00:00.000Z"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), BERLIN, TimeBasis.WIRE, "2026-07-01T12:00:00.000Z"),
        (datetime(2026, 7, 1, 12), None, TimeBasis.NO_ZONE, None),
        (None, BERLIN, TimeBasis.IMPOSSIBLE, None),
        (datetime(1, 1, 1), ZoneInfo("Asia/Tokyo"), TimeBasis.IMPOSSIBLE, None),
        (datetime(9999, 12, 31, 23), ZoneInfo("America/New_York"), TimeBasis.IMPOSSIBLE, None),
    ],
)
def test_an_instant_only_where_it_is_certain(moment: datetime | None, zone: ZoneInfo | None, basis: TimeBasis, instant: str | None) -> None:
    time = device_time("as written", moment, zone)
    assert (time.text, time.basis) == ("as written", basis)
    assert (None if time.at_ms is None else format_ms(time.at_ms)) == instant


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]))
def test_a_known_instant_reads_as_the_wall_clock_it_came_from(moment: datetime, zone: str) -> None:
    time = device_time("", moment.replace(microsecond=0), ZoneInfo(zone))
    if time.at_ms is not None:
        back = datetime.fromtimestamp(time.at_ms / 1000, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert back == moment.replace(microsecond=0)
    else:
        assert time.basis in {TimeBasis.AMBIGUOUS, TimeBasis.IMPOSSIBLE}
