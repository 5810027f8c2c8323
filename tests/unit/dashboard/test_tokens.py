"""The colours of the three themes, as pairs: what is read stands out from what it is read on (ask 58: red on black, unreadable when dim).
The e2e tests look at the pages; this holds the pairs that they are made of, also those that no page happens to show."""

import itertools
import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[3] / "dashboard" / "assets" / "css" / "1-tokens.css").read_text()
THEMES = ("dark", "light", "night")
WORDS = ("text", "muted", "faint", "hr", "spo2", "bp", "rr", "co2", "dose", "high", "medium", "low", "technical", "good")
ON_FILLS = [
    ("on-high", "high-fill"),
    ("on-high", "high-off"),
    ("on-medium", "medium-fill"),
    ("on-medium", "medium-off"),
    ("on-low", "low-fill"),
    ("on-technical", "technical-fill"),
    ("on-technical", "panel"),
    ("on-act", "act"),
    ("on-mode", "mode-1"),
    ("on-mode", "mode-2"),
]
PAIRS = [*itertools.product(WORDS, ("bg", "panel", "panel-2", "high-tile")), *ON_FILLS]
HIGH_TILE = 0.16  # share of --high-fill in the ground of a tile with a high alert, 4b-tiles.css
LEAST = 4.5

Colour = tuple[float, ...]


def colours(theme: str) -> dict[str, Colour]:
    """Every token of a theme that is a colour, 0-255 each part; what a theme does not say is as in the first."""
    found: dict[str, Colour] = {}
    for block in (r":root", rf':root\[data-theme="{theme}"\][^{{]*'):
        said = re.search(block + r" ?\{([^}]*)\}", TOKENS)
        if said is None:
            assert theme == "dark"
            continue
        body = said[1]
        found |= {name: _parts(value) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6})\b", body)}
    mixed = (HIGH_TILE * fill + (1 - HIGH_TILE) * panel for fill, panel in zip(found["high-fill"], found["panel"], strict=True))
    return found | {"high-tile": tuple(mixed)}


def _parts(value: str) -> Colour:
    return tuple(int(value[at : at + 2], 16) for at in (0, 2, 4))


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2: (L1 + 0.05) / (L2 + 0.05), 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_measure_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_of_tokens_that_is_read_keeps_its_contrast(theme: str) -> None:
    of = colours(theme)
    poor = {pair: round(ratio, 2) for pair in PAIRS if (ratio := contrast(of[pair[0]], of[pair[1]])) < LEAST}
    assert poor == {}


@pytest.mark.parametrize("theme", THEMES)
def test_priorities_are_told_apart_by_lightness_or_shape_and_never_share_a_colour(theme: str) -> None:
    of = colours(theme)
    assert len({of[name] for name in ("high-fill", "medium-fill", "low-fill", "technical-fill")}) == 4
