"""The effect-site concentrations of a session as a screen draws them: so far, and ahead if all goes on as ordered. Pure."""

from typing import Final

import msgspec

from monitor.model.constants import Constants
from monitor.model.course import Course, until_ordered
from monitor.model.effect_site import concentrations, response
from schemas.limits import Sure
from schemas.session import Order, Patient

MAX_POINTS: Final = 2_000  # beyond (more than seven hours of steps of 15 s) the steps grow
_NOTE: Final = "Computed from the recorded doses, not measured; expected for an average adult, and patients differ widely."
_AHEAD: Final = "Ahead: at the present rate until the ordered dose is given, then nothing more."


class Peak(msgspec.Struct, frozen=True):
    """When the concentration is near its highest: at least `share` of it."""

    at_ms: int
    from_ms: int
    until_ms: int
    ng_per_ml: float
    share: float


class SitePrediction(msgspec.Struct, frozen=True):
    """`ng_per_ml`: one value each `step_ms` from `from_ms` on. `peak` None where no drug was given."""

    site: str
    ke0_per_min: float
    source: str
    sure: Sure
    from_ms: int
    step_ms: int
    ng_per_ml: tuple[float, ...]
    peak: Peak | None


class EffectSite(msgspec.Struct, frozen=True):
    """A model, not a measurement: `note` and `assumes` say so, and belong beside whatever is drawn of it."""

    at_ms: int  # now, for this prediction: what is later is ahead
    model: str
    source: str
    sure: Sure
    note: str
    assumes: str
    sites: tuple[SitePrediction, ...]


def predict(constants: Constants, patient: Patient, order: Order, course: Course, now_ms: int) -> EffectSite:
    """`now_ms`: for a session that is over, when it ended."""
    expected = until_ordered(course, order, now_ms)
    from_ms = course.first_ms
    sites: list[SitePrediction] = []
    times, step_ms = range(0), 0
    if from_ms is not None:
        until_ms = max(now_ms, from_ms) + round(constants.prediction.ahead_s * 1000)
        step_ms = max(round(constants.prediction.step_s * 1000), -(-(until_ms - from_ms) // MAX_POINTS))
        times = range(from_ms, until_ms + 1, step_ms)
    for site in constants.site:
        values = concentrations(response(constants, site, patient.weight_g / 1000), expected, times)
        peak = _peak(times, values, constants.prediction.peak_share)
        rounded = tuple(round(value, 1) for value in values)
        sites.append(
            SitePrediction(
                site.name, site.ke0_per_min, site.source, site.sure, from_ms or now_ms, times.step if times else 0, rounded, peak
            )
        )
    return EffectSite(now_ms, constants.name, constants.source, constants.sure, _NOTE, _AHEAD, tuple(sites))


def _peak(times: range, values: list[float], share: float) -> Peak | None:
    highest = max(values, default=0.0)
    if highest <= 0:
        return None
    top = values.index(highest)
    first = last = top
    while first > 0 and values[first - 1] >= share * highest:
        first -= 1
    while last < len(values) - 1 and values[last + 1] >= share * highest:
        last += 1
    return Peak(times[top], times[first], times[last], round(highest, 1), share)
