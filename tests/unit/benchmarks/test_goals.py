"""What the figures of the screen are held to."""

from benchmarks.goals import AT_MOST, beside, missed


def test_each_figure_with_a_goal_stands_beside_it() -> None:
    figures = {"browser.cpu_share": 0.2, "browser.tiles": 64.0}
    assert beside(figures) == {"browser.cpu_share": 0.2, "browser.cpu_share_at_most": 0.3, "browser.tiles": 64.0}


def test_what_is_above_its_goal_is_named_and_what_is_not_measured_is_not() -> None:
    for name, most in AT_MOST.items():
        assert missed({name: most}) == []
        assert missed({name: most * 1.01}) == [name]
    assert missed({}) == []
