"""Bytes of real devices and numbers of a real patient. They belong to others and are kept beside the project, not in it."""

import os
import warnings
from pathlib import Path

SAMPLES = Path(os.environ.get("PATIENT_SAMPLES") or Path(__file__).resolve().parents[3] / "shared" / "samples")


def sample(name: str) -> Path | None:
    """The file, or None with a warning that says what was not proved. A test marks itself to let that warning pass."""
    path = SAMPLES / name
    if path.is_file():
        return path
    warnings.warn(f"{path} is not here: the real bytes were NOT read; set PATIENT_SAMPLES to their folder", UserWarning, stacklevel=2)
    return None
