"""docs/reference/simulated-patient.md and its plot, from the figures alone: the same figures give the same bytes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.report import FAINT, INK, WIDTH, svg, table, text
from benchmarks.simulator_check.trial import BASELINE_MIN, INFUSION_MIN, RETURN_PEOPLE, TOO_HIGH
from simulators.pharmacology import COMEDICATIONS, KINETICS, MEDICINES, PHARMACOLOGY, ROUTES, Numbers

PAGE: Final = "reference/simulated-patient.md"
PLOT: Final = "images/simulated-patient.svg"
Figures = dict[str, Any]
_TOO_HIGH: Final = "/".join(map(str, TOO_HIGH))

_HEAD: Final = """\
# The simulated patient

Written by `python -m benchmarks.simulator_check --docs`, never by hand: {patients} drawn patients, seed {seed}.

> **No simulated patient stands for a real one.** What was *fitted* shows only that the simulator was set to what was published; a
> *prediction* shows where it agrees without having been set. No physician has reviewed it, and the monitor judges nothing by it."""

_HOW: Final = """\
Each patient is drawn (age, weight, hypertension, comedication, baseline, response, kinetics), rests for {baseline} min, gets 0.5 mg/kg
over {infusion} min and is watched for two hours. Who comes with more than {too_high} is sent home, as the label has it. What is compared
is what a study would have measured: one cuff before, one every 10 min during the infusion and every 15 min after it, with the error
of a validated cuff; heart rate without error. *Back at baseline* is the first
cuff from which on {people} patients, as many as the study had, could not tell the mean from that before the start. An interval is
the one that was printed, or worked out of mean, SD and number of patients (95 %), or the range over several studies."""

_OUTSIDE: Final = """\
The share of severe cuffs is that of those who were not sent home for more than {too_high} on arrival ({sent_home:g} % of those
drawn); given to everybody it would be {severe_of_everybody:g} %. That gate was put into the comparison after the share had been
seen to be too large: of the simulator no number was changed for it. It is the label's; what the study's own was could not be read.

Studies disagree: group means of the systolic rise go from +3 (Riva-Posse 2018) and +7 (741 infusions, 2021) to +16 mm[Hg] (Yale 2024). The
simulator stands in the overlap of the meta-analysis and the Yale review, so it rises more than the lower half of the published groups.
For the spread of the heart rate no published figure was found: that of the simulated patients, {heart_rate_sd:g}/min, is compared with
nothing.{outside}"""

_SURE: Final = (
    "All numbers stand in `simulators/pharmacology.toml`. *Sure*: S read in the source, S2 weak source, D computed, G general knowledge, "
    "P own proposal."
)
_SERIES: Final = {"systolic": ("systolic", "#b42318"), "diastolic": ("diastolic", "#0b6e99"), "heart_rate": ("heart rate", "#5f7d1c")}
_LEFT, _TOP, _HEIGHT = 56, 64, 280
_LEAST, _MOST = -10.0, 30.0


def write_docs(docs: Path, figures: Figures) -> None:
    """Page and plot, below `docs`."""
    (docs / PAGE).write_text(page(figures), encoding="utf-8")
    (docs / PLOT).write_text(plot(figures), encoding="utf-8")


def page(figures: Figures) -> str:
    beside = figures["not_compared"]
    parts = [
        _HEAD.format(patients=figures["patients"], seed=figures["seed"]),
        "## Against what was published",
        _HOW.format(too_high=_TOO_HIGH, baseline=BASELINE_MIN, infusion=INFUSION_MIN, people=RETURN_PEOPLE),
        _compared(figures["figures"]),
        f"![Mean rise and SD over time, with the published means](../{PLOT})",
        "## Predictions besides",
        _compared(figures["predictions"]),
        _OUTSIDE.format(
            too_high=_TOO_HIGH,
            sent_home=beside["sent_home_share"],
            severe_of_everybody=beside["severe_share_of_everybody"],
            heart_rate_sd=beside["heart_rate_rise_sd"],
            outside=_outside(figures),
        ),
        "## What it is made of",
        _SURE,
        _made_of(),
    ]
    return "\n\n".join(parts) + "\n"


def _compared(rows: Mapping[str, Any]) -> str:
    return table(
        ("Figure", "Simulated", "Published", "Interval", "Inside", "How", "Source"),
        (
            (
                f"{row['title']}, {row['unit']}",
                "never" if row["model"] is None else f"{row['model']:g}",
                f"{row['published_mean']:g}",
                "{:g} to {:g}".format(*row["published_ci"]),
                "yes" if row["inside"] else "**no**",
                "fitted" if row["fitted"] else "prediction",
                row["source"],
            )
            for row in rows.values()
        ),
    )


def _outside(figures: Figures) -> str:
    outside = [row["title"] for row in (figures["figures"] | figures["predictions"]).values() if not row["inside"]]
    return f"\n\nOutside the published interval: {'; '.join(outside)}." if outside else ""


def _made_of() -> str:
    named: Iterable[tuple[str, Numbers]] = (
        *((f"kinetics `{name}`: {row.title}", row) for name, row in KINETICS.items()),
        *((f"way in `{treatment}`", row) for treatment, row in ROUTES.items()),
        ("circulation", PHARMACOLOGY.circulation),
        ("peak rises", PHARMACOLOGY.rise),
        ("dissociation", PHARMACOLOGY.dissociation),
        ("sedation", PHARMACOLOGY.sedation),
        ("breathing", PHARMACOLOGY.breathing),
        ("oxygen and carbon dioxide", PHARMACOLOGY.gas),
        *((f"medicine `{name}`", row) for name, row in MEDICINES.items()),
        *((f"takes `{name}`", row) for name, row in COMEDICATIONS.items()),
        ("population", PHARMACOLOGY.population),
    )
    return table(("Part", "Sure", "Source"), ((name, row.sure, row.source) for name, row in named))


def plot(figures: Figures) -> str:
    """Mean rises over time, the SD as a band, published means with their intervals."""
    course = figures["course"]
    last = max(int(minute) for minute in course["systolic"])

    def x(minute: float) -> float:
        return _LEFT + minute / last * (WIDTH - _LEFT - 24)

    def y(rise: float) -> float:
        return _TOP + (_MOST - max(_LEAST, min(_MOST, rise))) / (_MOST - _LEAST) * _HEIGHT

    parts = [f'<rect x="{x(0):.1f}" y="{_TOP}" width="{x(INFUSION_MIN) - x(0):.1f}" height="{_HEIGHT}" fill="#eef2f5"/>']
    for rise in range(int(_LEAST), int(_MOST) + 1, 10):
        parts.append(f'<line x1="{_LEFT}" y1="{y(rise):.1f}" x2="{WIDTH - 24}" y2="{y(rise):.1f}" stroke="{FAINT}"/>')
        parts.append(text(_LEFT - 8, y(rise) + 4, f"{rise:+d}", anchor="end"))
    parts += [text(x(minute), _TOP + _HEIGHT + 16, f"{minute} min", anchor="middle") for minute in range(0, last + 1, 20)]
    for place, (name, (label, colour)) in enumerate(_SERIES.items()):
        points = [(x(float(minute)), mean, sd) for minute, (mean, sd) in course[name].items()]
        if name != "heart_rate":
            edge = [(at, mean + sd) for at, mean, sd in points] + [(at, mean - sd) for at, mean, sd in reversed(points)]
            parts.append(f'<polygon points="{" ".join(f"{at:.1f},{y(rise):.1f}" for at, rise in edge)}" fill="{colour}" opacity="0.10"/>')
        line = " ".join(f"{at:.1f},{y(mean):.1f}" for at, mean, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<rect x="{_LEFT + place * 110}" y="40" width="12" height="12" fill="{colour}"/>')
        parts.append(text(_LEFT + 18 + place * 110, 50, label))
    parts.append(text(_LEFT + 340, 50, "dots: published means, with intervals; bands: one SD"))
    published = [(name, row) for name, row in figures["figures"].items() if "_rise_mean" in name]
    for place, (name, row) in enumerate(published):
        colour = next(colour for key, (_, colour) in _SERIES.items() if name.startswith(key))
        at, (low, high) = x(INFUSION_MIN) + 5 + 6 * place, row["published_ci"]
        parts.append(f'<line x1="{at:.1f}" y1="{y(low):.1f}" x2="{at:.1f}" y2="{y(high):.1f}" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<circle cx="{at:.1f}" cy="{y(row["published_mean"]):.1f}" r="4" fill="{colour}" stroke="{INK}"/>')
    return svg("Rise over baseline, 0.5 mg/kg over 40 min (grey: infusing), mm[Hg] and 1/min", _TOP + _HEIGHT + 32, parts)
