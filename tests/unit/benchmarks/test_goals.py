"""What the figures are held to."""

from benchmarks.goals import AT_LEAST, AT_MOST, beside, missed


def test_each_figure_with_a_goal_stands_beside_it() -> None:
    figures = {"browser.cpu_share": 0.2, "browser.tiles": 64.0, "verify.entries_per_s": 3e5}
    goals = {"browser.cpu_share_at_most": 0.3, "verify.entries_per_s_at_least": 3e5}
    assert beside(figures) == figures | goals


def test_what_misses_its_goal_is_named_and_what_is_not_measured_is_not() -> None:
    for name, most in AT_MOST.items():
        assert missed({name: most}) == []
        assert missed({name: most * 1.01}) == [name]
    for name, least in AT_LEAST.items():
        assert missed({name: least}) == []
        assert missed({name: least * 0.99}) == [name]
    assert missed({}) == []
