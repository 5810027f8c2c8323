"""Of what a pump says again and again an auditor sees the first, the last and each change of a rate, and what is left out is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export.views import device_figures
from monitor.export.views.device_figures import MAX_CHANGES, MAX_NAMES, DeviceFigures, Why
from monitor.export.views.survey import Survey
from monitor.sessions.told_figures import RATES
from schemas.announcement import DeviceAnnounced, Fact, Turn
from schemas.log import Entry
from schemas.measurement import Mode

Row = tuple[int, str, dict[str, int | None]]  # said at, which, what


def rate(value: int | None, name: str = "infusion_rate") -> Fact:
    return Fact(name, unit="mL/h", value_milli=value)


def volume(value: int) -> Fact:
    return Fact("volume_infused", unit="mL", value_milli=value)


def said(at_ms: int, *facts: Fact, device: str = "pump", late_ms: int = 0) -> DeviceAnnounced:
    return DeviceAnnounced(device, facts, Mode.SIMULATED, at_ms + late_ms, at_ms)


def rows(*bodies: DeviceAnnounced) -> list[Row]:
    figures = fed(bodies)
    assert figures.unlisted == 0
    return [(told.body.said_at_ms, ", ".join(told.whys), {fact.name: fact.value_milli for fact in told.facts}) for told in figures.told()]


def fed(bodies: tuple[DeviceAnnounced, ...] | list[DeviceAnnounced]) -> DeviceFigures:
    figures = DeviceFigures()
    for seq, body in enumerate(bodies, start=1):
        figures.add(seq, body)
    return figures


def test_a_run_at_one_rate_is_two_rows():
    assert rows(*(said(at, rate(12_500), volume(at)) for at in range(5))) == [
        (0, "first", {"infusion_rate": 12_500, "volume_infused": 0}),
        (4, "last", {"infusion_rate": 12_500, "volume_infused": 4}),
    ]


def test_a_stop_and_what_was_delivered_by_then_has_its_row():
    values = (12_500, 12_500, 0, 0, 6_000, None, None)
    assert rows(*(said(at, rate(value), volume(at)) for at, value in enumerate(values)))[1:-1] == [
        (2, "rate changed", {"infusion_rate": 0, "volume_infused": 2}),
        (4, "rate changed", {"infusion_rate": 6_000, "volume_infused": 4}),
        (5, "rate changed", {"infusion_rate": None, "volume_infused": 5}),
    ]


def test_what_is_set_and_what_is_delivered_are_two_rates_and_two_pumps_are_two():
    both = [said(0, rate(1), rate(1, "infusion_rate_set")), said(1, rate(1)), said(2, rate(2), device="other"), said(3, rate(1))]
    assert [which for _, which, _ in rows(*both)] == ["first, last", "first, last", "last"]


def test_what_is_said_once_is_first_and_last():
    assert rows(said(7, volume(3))) == [(7, "first, last", {"volume_infused": 3})]


def test_an_occurrence_is_no_figure_and_a_volume_is_no_rate():
    assert rows(said(0, Fact("infusion_rate", turn=Turn.START))) == []
    assert [which for _, which, _ in rows(said(0, volume(0)), said(1, volume(1)), said(2, volume(2)))] == ["first", "last"]


def test_what_waited_on_the_way_stands_where_it_was_said():
    """A gateway tells the newest first, then what waited: the stop of 30 s ago is seen, and the last is the newest."""
    told = rows(said(100, rate(0)), said(10, rate(12_500), late_ms=90), said(40, rate(0), late_ms=61), said(101, rate(0)))
    assert told == [
        (10, "first, rate changed", {"infusion_rate": 12_500}),
        (40, "rate changed", {"infusion_rate": 0}),
        (101, "last", {"infusion_rate": 0}),
    ]


values = st.sampled_from((None, 0, 500, 12_500))


@given(st.lists(st.tuples(st.sampled_from(("a", "b")), st.sampled_from(sorted(RATES)), values), max_size=40))
def test_from_the_rows_every_rate_at_every_time_can_be_told(steps: list[tuple[str, str, int | None]]):
    """Nothing between two rows was other than the row before says."""
    bodies = [said(at, rate(value, name), device=device) for at, (device, name, value) in enumerate(steps)]
    shown = {(told.body.device, fact.name, told.body.said_at_ms): fact.value_milli for told in fed(bodies).told() for fact in told.facts}
    stands: dict[tuple[str, str], int | None] = {}
    for at, (device, name, value) in enumerate(steps):
        if (device, name, at) in shown:
            stands[device, name] = shown[device, name, at]
        assert stands[device, name] == value


def test_the_law_above_finds_a_rate_that_is_not_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device_figures, "RATES", frozenset())
    assert [why for told in fed([said(at, rate(at % 2)) for at in range(4)]).told() for why in told.whys] == [Why.FIRST, Why.LAST]


def test_a_device_that_changes_or_names_without_end_is_bounded_and_what_is_left_out_is_counted():
    figures = fed([said(at, rate(at), volume(at)) for at in range(MAX_CHANGES + 51)])
    told = list(figures.told())
    assert (len(told), figures.unlisted) == (MAX_CHANGES + 2, 50)
    assert told[-1].whys == (Why.LAST,)
    many = fed([said(0, Fact(f"figure {number}", value_milli=1)) for number in range(MAX_NAMES + 7)])
    assert (len(list(many.told())), many.unlisted) == (MAX_NAMES, 7)


def test_the_survey_holds_no_entry_of_figures_alone():
    made = Survey()
    stop = said(2, Fact("stopped", turn=Turn.START), rate(0))
    for seq, body in enumerate([said(0, rate(1)), *(said(1, rate(1)) for _ in range(1_000)), stop], start=1):
        made.add(Entry(body.said_at_ms, body, seq, "S-000001"))
    assert [entry.body for entry in made.events] == [stop]
    assert [told.facts for told in made.figures.told()] == [(rate(1),), (rate(0),)]
