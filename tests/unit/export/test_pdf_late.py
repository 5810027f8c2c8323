"""Where a late value lies on paper: by the device's clock, as far as that can be right."""

import pytest

from monitor.export.pdf.tracks import cuff_of, values_of
from schemas.log import Measured
from schemas.measurement import Mode, Reading, Reason, Validity
from schemas.vitals import Vital

CAME_MS = 1_763_800_000_000
DAY_MS = 86_400_000
YEARS_MS = 135 * 31_557_600_000


@pytest.mark.parametrize(
    ("measured_ms", "lies_ms"),
    [
        (CAME_MS, CAME_MS),
        (CAME_MS - 600_000, CAME_MS - 600_000),
        (CAME_MS - DAY_MS, CAME_MS - DAY_MS),
        (CAME_MS - DAY_MS - 1, CAME_MS),
        (0, CAME_MS),
        (CAME_MS + 1, CAME_MS),
        (CAME_MS + YEARS_MS, CAME_MS),
    ],
)
def test_a_clock_that_cannot_be_right_stretches_no_paper_over_years(measured_ms: int, lies_ms: int) -> None:
    readings = tuple(Reading(Reason.LATE, Validity.VALID, 120_000, vital) for vital in (Vital.SYSTOLIC_BP, Vital.HEART_RATE))
    body = Measured(1, "d1", measured_ms, Mode.REAL, readings, CAME_MS)
    assert {value.at_ms for value in values_of(body, CAME_MS)} == {lies_ms}
    cuff = cuff_of(body, CAME_MS)
    assert cuff is not None
    assert cuff.at_ms == lies_ms
