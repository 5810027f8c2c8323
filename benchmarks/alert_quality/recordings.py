"""Recorded patients through the engine and the naive rules: alerts an hour, without a truth to judge them by."""

import os
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks.alert_quality.bedside import START_MS, Bedside, naive_of
from schemas.limits import Limits
from schemas.measurement import Mode
from schemas.session import Order, Patient, Phase, Treatment
from schemas.vitals import VITAL_SIGNS
from simulators.recordings.opening import open_recording
from simulators.recordings.recording import Recording, RecordingError
from simulators.run_replay import UNKNOWN_WEIGHT_KG

FOLDER: Final = Path(os.environ.get("PATIENT_SAMPLES") or Path(__file__).parents[3] / "shared" / "samples") / "replay"
SHOWN_FOLDER: Final = "../shared/samples/replay"
BASELINE_S: Final = 600.0


def replay_all(folder: Path, limits: Limits) -> list[dict[str, Any]]:
    """Figures of every recording of the folder that can be read; empty where the folder is absent."""
    found: list[dict[str, Any]] = []
    for path in sorted([*folder.glob("*.hea"), *folder.glob("*.csv"), *folder.glob("*.jsonl")]):
        try:
            found.append(figures_of(open_recording(path), limits))
        except RecordingError as error:
            found.append({"name": path.name, "refused": str(error)})
    return found


def figures_of(recording: Recording, limits: Limits) -> dict[str, Any]:
    """Watched without an infusion, from where heart rate and SpO2 settle: ten minutes of baseline, then to the end."""
    description = recording.description
    naive = naive_of(limits, frozenset(VITAL_SIGNS), description.intervals_s)
    order = Order(dose_ug=0, duration_ms=0, treatment=Treatment.NONE)
    patient = Patient(birth_year=None, label="Recorded", weight_g=round(UNKNOWN_WEIGHT_KG * 1000))
    bedside = Bedside(limits, naive, order, patient, Mode.REPLAYED, description.intervals_s)
    bedside.order(Phase.BASELINE, 0.0)
    at_s = 0.0
    for counter, sample in enumerate(recording.samples(description.default_start_ms)):
        at_s = (sample.offset_ms - description.default_start_ms) / 1000
        if bedside.phase is Phase.BASELINE and at_s >= BASELINE_S:
            bedside.order(Phase.RECOVERY, at_s)
        bedside.pass_to(at_s)
        if sample.values:
            bedside.measure(counter, START_MS + round(at_s * 1000), sample.values, at_s)
    hours = max(at_s - BASELINE_S, 1.0) / 3600
    engine = Counter(alert.rule for alert in bedside.occurrences)
    beside = Counter(alert.rule for alert in (*naive.occurrences, *naive.silences))
    limiting = {rule.rule.id for rule in naive.rules}
    return {
        "name": description.name,
        "source": description.source,
        "hours": round(hours, 2),
        "per_rule": {
            rule: {"per_hour": round(engine[rule] / hours, 3), "naive_per_hour": round(beside[rule] / hours, 3)}
            for rule in sorted(engine.keys() | beside.keys())
        },
        "per_hour": round(engine.total() / hours, 3),
        "of_limits_per_hour": round(sum(count for rule, count in engine.items() if rule in limiting) / hours, 3),
        "naive_of_limits_per_hour": round(sum(count for rule, count in beside.items() if rule in limiting) / hours, 3),
        "naive_per_hour": round(beside.total() / hours, 3),
    }
