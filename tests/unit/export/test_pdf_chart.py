"""The chart as shapes: what stands where, what is hatched, and that nothing joins two values."""

import random
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from monitor.export.pdf import gather as gathering
from monitor.export.pdf.chart import chart
from monitor.export.pdf.course import given, limit_spans
from monitor.export.pdf.gather import Gathered, gather
from monitor.export.pdf.layout import MINUTE_MS, layout_of, sheets
from monitor.export.pdf.rems import _pressures
from monitor.export.pdf.shapes import Hatched, Line, Mark, Shape, Words, width_of
from monitor.export.pdf.tables import tables
from monitor.export.pdf.tracks import LATE, PLAIN, Track, Value
from monitor.export.selection import select
from schemas.log import BolusGiven, Measured, MonitorRestarted, RateSet
from schemas.measurement import Reading, Reason, Validity
from schemas.vitals import MILLI, Vital
from tests.unit.export.paper_log import paper_log
from tests.unit.export.session_log import START_MS, FakeStore, Log, measured, stamp_of


async def gathered(log: Log) -> Gathered:
    store = FakeStore(log, chunk=500)
    return await gather(store, await select(store, log.id), stamp_of(), ZoneInfo("Europe/Berlin"))


@pytest.fixture(scope="module")
def log() -> Log:
    return paper_log()


@pytest.fixture
async def about(log: Log) -> Gathered:
    return await gathered(log)


_HIGH_SBP = ("BP-H1", Vital.SYSTOLIC_BP)


def drawn(about: Gathered) -> list[tuple[tuple[int, int], list[Shape]]]:
    return [(window, chart(about, window, {})) for window in sheets(about.first_ms, about.last_ms)]


def marks(shapes: list[Shape], form: str) -> list[Mark]:
    return [shape for shape in shapes if isinstance(shape, Mark) and shape.form == form]


@pytest.mark.parametrize(("minutes", "pages"), [(0, 1), (59, 1), (89, 1), (100, 2), (240, 3)])
def test_windows_hold_every_instant_once(minutes: int, pages: int) -> None:
    first = START_MS // (15 * MINUTE_MS) * 15 * MINUTE_MS
    last = first + minutes * MINUTE_MS
    windows = sheets(first, last)
    assert len(windows) == pages
    assert windows[0][0] <= first
    assert windows[-1][1] > last
    assert all(one[1] == other[0] for one, other in pairwise(windows))
    assert all(until - since <= 90 * MINUTE_MS for since, until in windows)


async def test_each_usable_cuff_is_a_v_and_a_turned_v_at_its_values(about: Gathered, log: Log) -> None:
    for window, shapes in drawn(about):
        layout = layout_of(window, 0, 100)  # 199 mmHg and 97 % are within the usual scales
        usable = [cuff for cuff in about.tracks.cuffs if layout.shows(cuff.at_ms)]
        usable = [cuff for cuff in usable if all(one.validity is not Validity.INVALID for one in cuff.readings.values())]
        for form, vital in (("systolic", Vital.SYSTOLIC_BP), ("diastolic", Vital.DIASTOLIC_BP), ("mean", Vital.MEAN_BP)):
            expected = [(layout.x(cuff.at_ms), layout.main.y((cuff.readings[vital].value_milli or 0) / MILLI)) for cuff in usable]
            assert [(mark.x, mark.y) for mark in marks(shapes, form)] == [pytest.approx(point) for point in expected]
    said = sum(isinstance(entry.body, Measured) and entry.body.readings[0].vital is Vital.SYSTOLIC_BP for entry in log.entries)
    assert len(about.tracks.cuffs) == said == 6


async def test_no_line_joins_two_values_and_none_crosses_a_gap(about: Gathered) -> None:
    """Values are marks; lines in their colours stand upright, within one column, and lines that go across are levels, grid or doses."""
    for window, shapes in drawn(about):
        layout = layout_of(window, 0, 100)
        gaps = [shape for shape in shapes if isinstance(shape, Hatched)]
        for line in (shape for shape in shapes if isinstance(shape, Line)):
            if line.tone in {"rate", "spo2", "breath", "co2", "bp"}:
                assert line.x1 == line.x2
            elif line.y1 != line.y2:
                assert line.x1 == line.x2, "nothing is drawn aslant"
            else:
                assert line.tone in {"grid", "limit", "muted", "dose", "ink"}
        dots = [mark for mark in marks(shapes, "dot") if mark.tone == "rate" and not mark.is_hollow]
        for gap in (gap for gap in gaps if gap.y == layout.main.top):
            assert not [dot for dot in dots if gap.x + 0.3 < dot.x < gap.x + gap.width - 0.3]


async def test_a_gap_is_hatched_from_the_last_value_to_the_next_and_a_late_one_closes_none(about: Gathered, log: Log) -> None:
    times = [entry.at_ms for entry in log.entries if isinstance(entry.body, Measured) and entry.body.readings[0].vital is Vital.HEART_RATE]
    rates = sorted(set(times))
    track = about.tracks.of[Vital.HEART_RATE]
    found = list(track.gaps(10_000, about.first_ms, about.last_ms))
    late = [point for point in track.between(about.first_ms, about.last_ms) if point.kind == LATE]
    assert len(late) == 1
    cut = next(gap for gap in found if gap[0] <= late[0].at_ms <= gap[1])
    assert cut[0] in rates
    assert cut[1] in rates
    (window, shapes), *_ = drawn(about)
    layout = layout_of(window, 0, 100)
    assert [
        shape
        for shape in shapes
        if isinstance(shape, Hatched) and shape.x == pytest.approx(layout.x(cut[0])) and shape.y == layout.main.top
    ]
    hollow = [mark for mark in marks(shapes, "dot") if mark.is_hollow and mark.tone == "rate"]
    assert [(mark.x, mark.y) for mark in hollow] == [pytest.approx((layout.x(late[0].at_ms), layout.main.y(91)))]


def test_without_the_rule_for_late_values_the_gap_would_be_closed() -> None:
    """The negative control of the test above."""
    for kind, gaps in ((LATE, [(0, 60_000)]), (PLAIN, [(0, 30_000), (30_000, 60_000)])):
        track = Track()
        for at_ms in (0, 30_000, 60_000):
            track.add(Value(Vital.HEART_RATE, at_ms, 70_000, kind if at_ms == 30_000 else PLAIN))
        assert list(track.gaps(10_000, 0, 60_000)) == gaps


async def test_doubt_lateness_invalidity_and_absence_have_their_signs(about: Gathered, log: Log) -> None:
    (window, shapes), *_ = drawn(about)
    layout = layout_of(window, 0, 100)
    assert [shape.text for shape in shapes if isinstance(shape, Words) and shape.text == "?"] == ["?"]
    assert len([mark for mark in marks(shapes, "dot") if mark.is_hollow and mark.tone == "bp"]) == 1
    assert len([mark for mark in marks(shapes, "cross") if mark.tone == "bp"]) == 1
    restarted = next(entry for entry in log.entries if isinstance(entry.body, MonitorRestarted))
    whole = [shape for shape in shapes if isinstance(shape, Hatched) and shape.height > 100]
    assert [shape.x + shape.width for shape in whole] == [pytest.approx(layout.x(restarted.at_ms))]


async def test_a_late_value_of_any_kind_is_hollow() -> None:
    """A cross has no inside: what is drawn as crosses is a hollow disc where it came late."""
    log = Log()
    log.create()
    log.bind()
    log.measure()
    co2 = Reading(Reason.NONE, Validity.VALID, 38_000, Vital.ETCO2)
    log.say(replace(measured(7, log.at_ms), readings=(co2,)))
    log.say(replace(measured(8, log.at_ms - 20_000), readings=(replace(co2, reason=Reason.LATE),)))
    ((_, shapes),) = drawn(await gathered(log))
    found = [(mark.form, mark.is_hollow) for mark in shapes if isinstance(mark, Mark) and mark.tone == "co2"]
    assert sorted(found) == [("cross", False), ("dot", True)]


async def test_names_of_levels_lie_beside_each_other(about: Gathered) -> None:
    """A limit's and a baseline's at one height are both there; none lies over another."""
    level = {Vital.SYSTOLIC_BP: 112_000, Vital.HEART_RATE: 71_000, Vital.DIASTOLIC_BP: 69_000}
    for _, shapes in drawn(replace(about, baselines=level)):
        names = [shape for shape in shapes if isinstance(shape, Words) and (" baseline " in shape.text or " limit" in shape.text)]
        assert {"SBP baseline 112", "HR baseline 71", "DBP baseline 69"} <= {name.text for name in names}
        for one, other in combinations(names, 2):
            apart = abs(one.x - other.x) >= width_of(one.text if one.x < other.x else other.text)
            assert apart or abs(one.y - other.y) >= 2.5, (one, other)


async def test_a_peak_between_others_of_its_column_is_drawn() -> None:
    log = Log()
    log.create()
    log.bind()
    for second in range(600):
        log.measure()
        if second == 333:
            body = log.entries[-1].body
            assert isinstance(body, Measured)
            log.say(replace(body, readings=(replace(body.readings[0], value_milli=201_000),)))
    found = await gathered(log)
    (window, shapes), *_ = drawn(found)
    assert layout_of(window, 201, 97).main.y(201) in {mark.y for mark in marks(shapes, "dot") if mark.tone == "rate"}


async def test_scales_hold_what_is_beyond_the_usual(about: Gathered) -> None:
    window = (0, 3_600_000)
    for highest, lowest in ((120, 97), (243, 71), (299, 40)):
        layout = layout_of(window, highest, lowest)
        assert layout.main.holds(highest)
        assert layout.spo2.holds(lowest)
    (window, shapes), *_ = drawn(about)
    assert all(12 <= mark.x <= 285 and 36 <= mark.y <= 190 for mark in shapes if isinstance(mark, Mark))


async def test_the_dose_is_that_of_the_entries_that_count(about: Gathered, log: Log) -> None:
    wrong = next(entry for entry in log.entries if isinstance(entry.body, RateSet))
    assert about.given.rates[0].ug_per_min == 938  # 37.5 mg over 40 min, the 9 mg/min was made in error
    assert len(about.given.rates) == 1
    span = about.given.rates[0]
    assert about.given.by_ug(about.last_ms) == 938 * (span.until_ms - span.from_ms) // 60_000 + 5_250
    uncorrected = given([entry for entry in about.survey.events if entry.seq != wrong.seq + 1], about.last_ms)
    assert [one.ug_per_min for one in uncorrected.rates] == [938, 9_000]  # the negative control


async def test_a_limit_is_drawn_for_as_long_as_it_stood(about: Gathered) -> None:
    spans = [span for span in limit_spans(about.survey.events, about.last_ms) if (span.limit.rule, span.limit.vital) == _HIGH_SBP]
    assert [span.limit.limit for span in spans] == [180, 190]
    assert spans[0].until_ms == spans[1].from_ms
    assert spans[1].until_ms == about.last_ms


def second_by_second() -> Log:
    """Two hours and a half, with doses, cuffs and a device that comes and goes; what it said meanwhile comes late."""
    log, draw = Log(), random.Random(7)
    log.create()
    log.bind()
    for second in range(9_000):
        if second % 180 == 60:
            log.say(cuff_at(log, draw))
        if second == 600:
            log.say(BolusGiven(amount_ug=5_000, by="anna"))
        if second % 2_000 < 1_900:
            log.measure()
            body = log.entries[-1].body
            assert isinstance(body, Measured)
            beyond = replace(body.readings[0], value_milli=draw.randrange(60_000, 140_000))
            log.say(replace(body, readings=(beyond, *body.readings[1:])), after_ms=draw.randrange(40))
        else:
            log.at_ms += 1_000
        if second % 2_000 == 1_950:
            log.say(late_of(log, draw))
    return log


def cuff_at(log: Log, draw: random.Random) -> Measured:
    body = measured(len(log.entries), log.at_ms)
    values = ((Vital.SYSTOLIC_BP, draw.randrange(100, 190)), (Vital.DIASTOLIC_BP, draw.randrange(50, 90)))
    return replace(body, readings=tuple(Reading(Reason.NONE, Validity.VALID, value * MILLI, vital) for vital, value in values))


def late_of(log: Log, draw: random.Random) -> Measured:
    body = measured(len(log.entries), log.at_ms - draw.randrange(5_000, 40_000))
    return replace(body, readings=tuple(replace(one, reason=Reason.LATE) for one in body.readings[:2]))


async def test_what_is_held_of_a_column_draws_what_all_its_values_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """On paper and in the tables, to the last shape and row."""
    log = second_by_second()
    held = await gathered(log)
    monkeypatch.setattr(gathering, "_column", lambda *_: int)
    whole = await gathered(log)
    for vital in (Vital.HEART_RATE, Vital.SPO2):
        assert 5 * len(held.tracks.of[vital].at) < len(whole.tracks.of[vital].at)
    assert drawn(held) == drawn(whole)
    assert list(tables(held)) == list(tables(whole))
    assert list(_pressures(held)) == list(_pressures(whole))


async def test_wider_columns_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the test above."""
    log = second_by_second()
    held = await gathered(log)
    monkeypatch.setattr(gathering, "_column", lambda *_: lambda at_ms: at_ms // 15_000)
    assert drawn(await gathered(log)) != drawn(held)
