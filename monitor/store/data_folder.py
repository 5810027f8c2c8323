"""The data folder: made private, and held by one process at a time."""

import fcntl
import os
from pathlib import Path
from typing import Final

from monitor.store.ports import StoreFailed

DATABASE: Final = "monitor.db"
_PRIVATE: Final = 0o700


class DataFolder:
    """Holds an exclusive lock on the folder itself until `release` or the end of the process, however it ends: no file is left behind."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where there is none. Raises StoreFailed (`in_use`, `io`)."""
        try:
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise StoreFailed("io", f"the data folder {folder} cannot be used: {error}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise StoreFailed("in_use", f"another process uses the data folder {folder}: only one may write into it") from error
        self.database = folder / DATABASE

    def release(self) -> None:
        os.close(self._handle)
