"""An adapter that is told what to say."""

import asyncio

from monitor.adapters.base import Keep, NotKept, Setup


class Puppet:
    """An adapter that does what the test says next: an item to keep, or an exception to die of."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.orders: asyncio.Queue[object] = asyncio.Queue()
        self.refusals: list[str] = []

    async def run(self, keep: Keep) -> None:
        while True:
            order = await self.orders.get()
            if isinstance(order, BaseException):
                raise order
            if order == "end":
                return
            try:
                await keep([order])  # type: ignore[list-item]  # whatever is no exception is an item
            except NotKept as refused:
                self.refusals.append(str(refused))
