"""`python -m benchmarks.simulator_check [--patients N] [--json FILE] [--docs]`: simulated patients against published figures."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.simulator_check.page import write_docs
from benchmarks.simulator_check.published import BOOK, Published
from benchmarks.simulator_check.trial import CUFFS_MIN, Group, Visit, measures, run
from schemas.session import Treatment

REPOSITORY: Final = Path(__file__).parents[2]
FEWEST: Final = 20
_A_PART: Final = 5  # one patient in five is given nasal esketamine as well


def play(patients: int, seed: int) -> tuple[Group, Group, Group]:
    """The usual infusion, the same given to everybody who came, and nasal esketamine. Says on stderr how far it is."""
    began = said = time.perf_counter()
    visits: list[Visit] = []
    for number in range(patients):
        visits.append(run(number, seed))
        if (now := time.perf_counter()) - said >= 5 or number + 1 == patients:
            print(f"{number + 1} of {patients} patients in {now - began:.0f} s", file=sys.stderr)
            said = now
    part = range(max(FEWEST, patients // _A_PART))
    nasal = [run(number, seed, Treatment.ESKETAMINE_NASAL) for number in part]
    return begun(visits), Group([visit.course for visit in visits]), begun(nasal)


def begun(visits: list[Visit]) -> Group:
    return Group([visit.course for visit in visits if visit.is_begun])


def compare(row: Published, model: float | None) -> dict[str, Any]:
    """`inside` is true only where the model's figure is within the published interval."""
    low, high = row.interval
    return {
        "title": row.title,
        "unit": row.unit,
        "model": None if model is None else round(model, 2),
        "published_mean": row.mean,
        "published_ci": [round(low, 2), round(high, 2)],
        "inside": model is not None and low <= model <= high,
        "fitted": row.fitted,
        "source": row.source,
    }


def check(patients: int, seed: int) -> dict[str, Any]:
    """All figures."""
    usual, everybody, nasal = play(patients, seed)
    found = dict(measures(usual, nasal))
    return {
        "patients": patients,
        "seed": seed,
        "figures": {row.name: compare(row, found[row.measure]) for row in BOOK.figure},
        "predictions": {row.name: compare(row, found[row.measure]) for row in BOOK.prediction},
        "not_compared": {
            "heart_rate_rise_sd": round(usual.sd("heart_rate", 40), 2),
            "sent_home_share": round(100 * (1 - len(usual.courses) / patients), 1),
            "severe_share_of_everybody": round(everybody.severe_share(), 2),
        },
        "course": {
            name: {str(minute): [round(usual.mean(name, minute), 2), round(usual.sd(name, minute), 2)] for minute in (0, *CUFFS_MIN)}
            for name in ("systolic", "diastolic", "heart_rate")
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator_check", description=__doc__)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--docs", action="store_true", help="write docs/reference/simulated-patient.md and its plot")
    given = parser.parse_args()
    if given.patients < FEWEST:
        parser.error(f"--patients: at least {FEWEST}")
    figures = check(given.patients, given.seed)
    for name, row in (figures["figures"] | figures["predictions"]).items():
        low, high = row["published_ci"]
        verdict = "inside" if row["inside"] else "OUTSIDE"
        print(f"{verdict:8} {name:30} {row['model']!s:>8} published {row['published_mean']:g} ({low:g} to {high:g}) {row['unit']}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if given.docs:
        write_docs(REPOSITORY / "docs", figures)


if __name__ == "__main__":
    main()
