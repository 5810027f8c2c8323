"""Which reader a file needs, by its name and first byte."""

from pathlib import Path

from simulators.recordings.csv_file import read_csv
from simulators.recordings.edf_file import read_edf
from simulators.recordings.recording import Recording, RecordingError
from simulators.recordings.session_log import read_log
from simulators.recordings.vital_file import read_vital
from simulators.recordings.wfdb_record import read_wfdb


def open_recording(path: Path) -> Recording:
    """A WFDB record (its .hea, its name without ending, or a folder with one record), a .vital file, an EDF or BDF file, a session export
    (JSONL) or a CSV file.

    Raises RecordingError for a file that is none of these or cannot be read.
    """
    if path.is_dir():
        headers = sorted(path.glob("*.hea"))
        if len(headers) != 1:
            raise RecordingError(f"{path}: {len(headers)} WFDB records in this folder; name one")
        return read_wfdb(headers[0])
    header = path if path.suffix == ".hea" else path.with_name(f"{path.name}.hea")
    if header.is_file():
        return read_wfdb(header)
    if path.suffix == ".dat" and path.with_suffix(".hea").is_file():
        return read_wfdb(path.with_suffix(".hea"))
    if not path.is_file():
        raise RecordingError(f"{path}: no such file")
    if path.suffix == ".dat":
        raise RecordingError(f"{path}: values of a WFDB record; name its .hea file")
    if path.suffix.lower() == ".vital":
        return read_vital(path)
    if path.suffix.lower() in {".edf", ".bdf"}:
        return read_edf(path)
    with path.open("rb") as file:
        is_json = file.read(64).lstrip().startswith(b"{")
    return read_log(path) if is_json else read_csv(path)
