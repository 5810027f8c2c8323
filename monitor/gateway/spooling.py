"""The spool's one thread. Who asks waits for the disk and nobody else does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from monitor.store.data_folder import DataFolder
from monitor.store.spool import Spool

SPOOL = "spool.db"
T = TypeVar("T")


class Spooling:
    """`executor`: of one thread."""

    def __init__(self, folder: Path, bound: int, executor: Executor | None = None) -> None:
        """Raises StoreFailed, also where another gateway uses the folder."""
        self._folder = DataFolder(folder)
        try:
            self._spool = Spool(folder / SPOOL, bound)
        except BaseException:
            self._folder.release()
            raise
        self._executor = executor or ThreadPoolExecutor(1, "spool")

    async def do(self, what: Callable[[Spool], T]) -> T:
        """Raises StoreFailed. What has begun is finished even if nobody waits for it any more."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, what, self._spool)

    def waiting(self, device: str) -> int:
        """Measurements of a device that the monitor does not have yet."""
        return self._spool.waiting(device)

    def close(self) -> None:
        self._executor.shutdown(wait=True)
        self._spool.close()
        self._folder.release()
