"""What the figures of the screen must keep, on a machine with two cores of its own. The most that each may be, in its own unit."""

from typing import Final

AT_MOST: Final = {
    "browser.cpu_share": 0.30,
    "browser.frame_longest_ms": 100.0,
    "painted.reading_to_painted_p99_ms": 250.0,
    "opening.first_paint_ms": 1_000.0,
    "opening.session_numbers_ms": 1_000.0,
    "opening.session_record_ms": 1_000.0,
    "heap.growth_mb_in_8_h": 1.0,
}


def beside(figures: dict[str, float]) -> dict[str, float]:
    """The figures, each that has a goal followed by it: `x` by `x_at_most`."""
    found: dict[str, float] = {}
    for name, value in figures.items():
        found[name] = value
        if name in AT_MOST:
            found[f"{name}_at_most"] = AT_MOST[name]
    return found


def missed(figures: dict[str, float]) -> list[str]:
    """Names of the figures that are above their goal."""
    return [name for name, most in AT_MOST.items() if name in figures and figures[name] > most]
