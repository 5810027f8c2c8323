"""Names of levels on the chart: none covers a value or another name, and each stands as near to its wanted place as it can."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.export.pdf.chart import chart
from monitor.export.pdf.chart_names import Spot, free_place, spots_of
from monitor.export.pdf.layout import LEFT, RIGHT, sheets
from monitor.export.pdf.shapes import Box, Line, Mark, Shape, Words, width_of
from tests.unit.export.paper_log import paper_log
from tests.unit.export.test_pdf_chart import gathered

SPOTS = st.lists(
    st.builds(
        lambda left, width, top, height: Spot(left, left + width, top, top + height),
        st.floats(LEFT - 5, RIGHT),
        st.floats(0.5, 60),
        st.floats(92, 106),
        st.floats(0.5, 4),
    ),
    max_size=12,
)


def meet(one: Spot, other: Spot) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


@given(SPOTS, st.floats(5, 60), st.floats(LEFT, RIGHT))
def test_a_name_covers_nothing_and_no_free_place_is_nearer(spots: list[Spot], width: float, wanted: float) -> None:
    place = free_place(spots, width, 100, wanted)
    steps = [LEFT + step for step in range(int(RIGHT - LEFT - width) + 1)]
    tried = [Spot(left, left + width, top, top + 2.5) for left in steps for top in (97.3, 100.2)]
    free = [abs(spot.left - wanted) for spot in tried if not any(meet(spot, other) for other in spots)]
    if place is None:
        assert not free
        return
    near = 1e-6  # sums of floats
    inner = Spot(place.left + near, place.right - near, place.top + near, place.bottom - near)
    assert not any(meet(inner, other) for other in spots)
    assert place.left >= LEFT
    assert place.right <= RIGHT + near
    assert all(abs(place.left - wanted) <= other + near for other in free)


def test_what_takes_a_place() -> None:
    shapes: list[Shape] = [
        Mark("dot", 50, 100, 1, "rate"),
        Line(60, 104, 60, 90, "bp"),
        Words(80, 100, "abc", "ink", 10, "right"),
        Box(0, 0, 300, 300, "panel"),
    ]
    width = width_of("abc", 10)
    assert spots_of(shapes) == [Spot(49, 51, 98.5, 101.5), Spot(60, 60, 90, 104), Spot(80 - width, 80, 97, 100)]


async def test_no_name_lies_on_a_value_of_the_chart() -> None:
    about = await gathered(paper_log())
    seen = 0
    for window in sheets(about.first_ms, about.last_ms):
        shapes = chart(about, window, {})
        names = [one for one in shapes if isinstance(one, Words) and (" baseline " in one.text or " limit" in one.text)]
        values = spots_of(one for one in shapes if isinstance(one, Mark) and one.tone in {"bp", "rate", "spo2", "breath", "co2"})
        for name, spot in zip(names, spots_of(names), strict=True):
            assert not [value for value in values if meet(spot, value)], name
        seen += len(names)
    assert seen >= 8
