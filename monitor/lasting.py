"""A task that is to run for as long as the program does: that it ended, unless it was stopped, is told to whoever asked for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Lasting:
    """`what` names it in the text that says it died, e.g. 'the watch over deadlines'."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._task: asyncio.Task[None] | None = None

    def start(self, run: Coroutine[Any, Any, None], on_death: Callable[[str], None]) -> None:
        self._task = asyncio.get_running_loop().create_task(run, name=self._what)

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled():
                on_death(f"{self._what} died: {task.exception()!r}")

        self._task.add_done_callback(ended)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    @property
    def is_alive(self) -> bool:
        return self._task is not None and not self._task.done()
