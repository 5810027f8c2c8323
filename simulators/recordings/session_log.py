"""The project's own record: a session's JSONL export, played again as if its devices were here.

Only what devices said is replayed; phases, doses and alerts of the old session are not. Whether the file is intact is the verifier's
question, not asked here.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.log import Entry, Measured, SessionCreated
from schemas.session import Treatment
from schemas.vitals import from_milli
from simulators.recordings.recording import MAX_SAMPLES, RecordingError, Rows, Sample, rows_of

MAX_LINE_BYTES: Final = 1_048_576


class _Line(msgspec.Struct):
    """One line of an export: `header`, `entry`, `seal` or `manifest`."""

    type: str
    entry: Entry | None = None
    session: Any = None


_decoder = msgspec.json.Decoder(_Line)


def read_log(path: Path) -> Rows:
    """Samples at the times the devices measured. Raises RecordingError naming the line."""
    session, created, has_end = path.stem, None, False
    rows: dict[tuple[str, int, int], Measured] = {}
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, start=1):
                line = _decode(path, number, text)
                if line.type == "hello":
                    raise RecordingError(f"{path.name}: frames, as `simulate --record` writes them; to replay, record to a .csv")
                has_end = line.type == "manifest"
                if line.type == "header" and isinstance(line.session, str):
                    session = line.session
                body = line.entry.body if line.entry else None
                if isinstance(body, SessionCreated):
                    created = body
                elif isinstance(body, Measured):
                    rows.setdefault((body.device, body.counter, body.measured_at_ms), body)  # a repeated one said nothing new
                    if len(rows) > MAX_SAMPLES:
                        raise RecordingError(f"{path.name}, line {number}: more than {MAX_SAMPLES} measurements")
    except OSError as error:
        raise RecordingError(f"{path.name}: {error}") from error
    ordered = sorted(rows.values(), key=lambda body: body.measured_at_ms)
    modes = ", ".join(sorted({body.mode for body in ordered}))
    is_infusion = created is not None and created.order.treatment is Treatment.KETAMINE_IV
    kind = "a ketamine infusion" if is_infusion else "not a ketamine infusion"
    first_ms = ordered[0].measured_at_ms if ordered else 0
    return rows_of(
        [_sample(body, first_ms) for body in ordered],
        name=f"session {session}",
        source=f"session {session} of an infusion monitor ({modes}), {kind}",
        is_ketamine_infusion=is_infusion,
        unmapped=() if has_end else ("the file has no manifest at its end: it may be cut short",),
        stated_s={},
    )


def _decode(path: Path, number: int, text: bytes) -> _Line:
    if len(text) > MAX_LINE_BYTES:
        raise RecordingError(f"{path.name}, line {number}: longer than {MAX_LINE_BYTES} bytes")
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise RecordingError(f"{path.name}, line {number}: not a line of a session export: {error}") from error


def _sample(body: Measured, first_ms: int) -> Sample:
    return Sample(
        body.measured_at_ms - first_ms,
        {reading.vital: None if reading.value_milli is None else from_milli(reading.value_milli) for reading in body.readings},
    )
