"""The text that somebody reads first: which file counts, how to check it, and what must be known of where the numbers come from."""

from collections.abc import Sequence

from monitor.export.bundle.job import Job
from monitor.export.cells import time_text
from monitor.export.manifest import INTENDED_USE
from monitor.export.selection import mode_of
from schemas.measurement import Mode
from schemas.review import BroughtIn


def readme(job: Job, says: Sequence[str], not_recorded: Sequence[str], brought: BroughtIn | None) -> bytes:
    """Names no patient. `says`: what is missing; `not_recorded`: what the record cannot tell; both of the completeness statement."""
    selection, stamp = job.selection, job.stamp
    mode = mode_of(selection.modes)
    marks = [] if selection.modes == (Mode.REAL,) else [f"NOT, OR NOT ONLY, A PATIENT'S: {mode.upper() or 'NO DEVICE WAS BOUND'}.", ""]
    missing = [f"  - {line}" for line in says] or ["  - Nothing: every value that was due came in time."]
    without = ["DE-IDENTIFIED: commitments stand for names, texts and the patient. Dates, room and devices are as they were.", ""]
    lines = [
        *marks,
        *(without if job.is_deidentified else []),
        *([] if brought is None else [_elsewhere(brought), ""]),
        f"Session {selection.session}, exported {time_text(stamp.exported_at_ms)} by infusion-monitor {stamp.software}.",
        f"Intended use: {INTENDED_USE}.",
        "",
        "THE RECORD is record.jsonl. Every other file is made from it, for reading, and proves nothing by itself.",
        f"It has {selection.last_seq} entries and is {'complete' if selection.is_complete else 'NOT COMPLETE'}.",
        f"Head digest: {selection.head or 'none: no entry is under a seal'}.",
        f"Signed by the key {stamp.key.key_id}. Ask the installation for its public key by another way than this file.",
        "",
        "TO CHECK IT, with the installation's public key in the file KEY:",
        "  python3 verify.py THIS.zip --key KEY     (Python 3.11 or newer and its package cryptography)",
        "  or open verify.html in a browser, without a connection, and choose THIS.zip",
        "  or infusion-monitor verify THIS.zip --key KEY",
        "Whoever doubts this file takes verify.py and verify.html from elsewhere, not from inside it.",
        "",
        "WHAT IS MISSING (completeness.json says it in numbers):",
        *missing,
        "",
        "WHAT THIS RECORD CANNOT TELL:",
        *(f"  - {line}" for line in not_recorded),
        "",
    ]
    return "\n".join(lines).encode()


def _elsewhere(said: BroughtIn) -> str:
    by, there = f" by {said.by}" if said.by else "", said.installation or "unknown"
    return f"NOT RECORDED HERE: brought in from a bundle at {time_text(said.at_ms)}{by}; recorded by installation {there}."
