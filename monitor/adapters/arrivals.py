"""The reading half of a `Line` whose transport calls back with each message instead of being asked for it."""

import asyncio
from collections import deque
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
MAX_HELD: Final = 256  # messages that wait to be read


class Arrivals(Generic[Item]):
    """Everything from one thread: the event loop's. A message beyond MAX_HELD ends it, since a line that lost one must not look whole."""

    def __init__(self) -> None:
        self._held: deque[Item] = deque()
        self._ended = ""
        self._news = asyncio.Event()

    def put(self, item: Item) -> None:
        if len(self._held) < MAX_HELD:
            self._held.append(item)
            self._news.set()
        else:
            self.end("more arrived than could be kept")

    def end(self, why: str) -> None:
        """What is held is read all the same. The first reason stays."""
        self._ended = self._ended or why
        self._news.set()

    async def read(self) -> Item:
        """The next in order. Raises OSError with the reason once it has ended."""
        while not self._held:
            if self._ended:
                raise OSError(self._ended)
            self._news.clear()
            await self._news.wait()
        return self._held.popleft()
