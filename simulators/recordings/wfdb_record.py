"""WFDB numerics (PhysioNet): trend values, typically one a minute.

In these records 0 means "not measured", as does NaN (stored as -32768). The date is shifted by centuries and has no zone, so only
distances in time are used. Non-invasive pressure stands in the row in which the cuff ended; invasive pressure (ABP, ART) is another
measurement and is not replayed.
"""

import re
import warnings
from pathlib import Path
from typing import Final

from schemas.vitals import VITAL_SIGNS
from simulators.recordings.channels import MAX_RATE_HZ, columns_of, sample_of
from simulators.recordings.recording import RecordingError, Rows, rows_of

_MIMIC_II: Final = re.compile(r"^(s\d{5})-")


def read_wfdb(header: Path) -> Rows:
    """A record by its `.hea` file. Raises RecordingError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # wfdb's own use of pandas
            import wfdb  # here because it is slow

            record = wfdb.rdrecord(str(header.with_suffix("")))
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise RecordingError(f"{header.name}: not a readable WFDB record: {error}") from error
    if record.p_signal is None or not record.fs or record.fs > MAX_RATE_HZ:
        raise RecordingError(f"{header.name}: no numerics: {record.fs} values a second; waveforms are not replayed")
    columns, unmapped = columns_of(record.sig_name, record.units)
    if not columns:
        raise RecordingError(f"{header.name}: no channel that is known: {', '.join(record.sig_name)}")
    interval_s = 1.0 / float(record.fs)
    rows = [sample_of(round(index * interval_s * 1000), columns, line) for index, line in enumerate(record.p_signal.tolist())]
    mimic = _MIMIC_II.match(record.record_name)
    name = f"MIMIC-II {mimic[1]}" if mimic else f"WFDB record {record.record_name}"
    source = f"{name}, recorded intensive-care patient, not a ketamine infusion" if mimic else f"{name}, recorded patient"
    stated_s = {vital: interval_s for vital in columns if not VITAL_SIGNS[vital].is_cuff}
    return rows_of(rows, name=name, source=source, is_ketamine_infusion=False, unmapped=unmapped, stated_s=stated_s)
