"""What the figures of the screen and of the verifier must keep, on a machine with two cores of its own: the most or the least that each may
be, in its own unit."""

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
AT_LEAST: Final = {"verify.entries_per_s": 300_000.0}


def beside(figures: dict[str, float]) -> dict[str, float]:
    """The figures, each that has a goal followed by it: `x` by `x_at_most` or `x_at_least`."""
    found: dict[str, float] = {}
    for name, value in figures.items():
        found[name] = value
        if name in AT_MOST:
            found[f"{name}_at_most"] = AT_MOST[name]
        if name in AT_LEAST:
            found[f"{name}_at_least"] = AT_LEAST[name]
    return found


def missed(figures: dict[str, float]) -> list[str]:
    """Names of the figures that are above the most or below the least."""
    above = [name for name, most in AT_MOST.items() if name in figures and figures[name] > most]
    return above + [name for name, least in AT_LEAST.items() if name in figures and figures[name] < least]
