"""The table of vital signs: codes from the standards, written out a second time, and integers for values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vitals import VITAL_SIGNS, Unit, Vital, format_milli, from_milli, to_milli

# IEEE 11073-10101 (partition 2: 0x00020000 + term), LOINC, UCUM.
CODES = {
    Vital.HEART_RATE: (2, 16770, "8867-4", "/min"),
    Vital.PULSE_RATE: (2, 18458, "8889-8", "/min"),
    Vital.SYSTOLIC_BP: (2, 18949, "8480-6", "mm[Hg]"),
    Vital.DIASTOLIC_BP: (2, 18950, "8462-4", "mm[Hg]"),
    Vital.MEAN_BP: (2, 18951, "8478-0", "mm[Hg]"),
    Vital.SPO2: (2, 19384, "59408-5", "%"),
    Vital.RESPIRATORY_RATE: (2, 20490, "9279-1", "/min"),
    Vital.ETCO2: (2, 20636, "19891-1", "mm[Hg]"),
}


@pytest.mark.parametrize("vital", list(Vital))
def test_codes(vital: Vital) -> None:
    sign = VITAL_SIGNS[vital]
    partition, term, loinc, unit = CODES[vital]
    assert (sign.mdc, sign.loinc, sign.unit) == ((partition << 16) + term, loinc, Unit(unit))
    assert sign.plausible_min < sign.plausible_max
    assert sign.vital is vital


def test_names_and_labels_are_unique() -> None:
    signs = VITAL_SIGNS.values()
    for names in ([sign.label for sign in signs], [sign.title for sign in signs], [sign.mdc_name for sign in signs]):
        assert len(set(names)) == len(Vital)
    assert {sign.vital for sign in signs if sign.is_cuff} == {Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.MEAN_BP}


@given(st.integers(-(10**12), 10**12))
def test_thousandths_come_back(value_milli: int) -> None:
    assert to_milli(from_milli(value_milli)) == value_milli
    assert to_milli(float(format_milli(value_milli))) == value_milli


@pytest.mark.parametrize(
    ("value_milli", "text"),
    [(184_000, "184"), (97_500, "97.5"), (0, "0"), (1, "0.001"), (-1_500, "-1.5"), (-1, "-0.001"), (100_010, "100.01"), (1_000, "1")],
)
def test_the_shortest_text(value_milli: int, text: str) -> None:
    assert format_milli(value_milli) == text


@pytest.mark.parametrize(("value", "value_milli"), [(97.5, 97_500), (0.0005, 0), (0.0015, 2), (-0.0, 0), (72.0004999, 72_000)])
def test_half_to_even(value: float, value_milli: int) -> None:
    assert to_milli(value) == value_milli
