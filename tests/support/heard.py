"""What an adapter has told so far, kept or refused; waits for a condition on it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from monitor.adapters.base import NotKept
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Condition, DeviceMeasurement, DeviceStatus, Told

PATIENCE_S: Final = 20


class Heard:
    """`keep` is what an adapter runs with; while `is_full` it keeps nothing."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.is_full = False
        self.refused = 0  # times
        self._more = asyncio.Event()

    async def keep(self, told: Sequence[Told]) -> None:
        self._more.set()
        if self.is_full:
            self.refused += 1
            raise NotKept("the disk is full")
        self.told += told

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._more.clear()
                await self._more.wait()

    def first(self) -> list[int | None]:
        """The first value of each measurement: SpO2 of the oximeters, a pump's rate."""
        return [item.values[0].value_milli for item in self.told if isinstance(item, DeviceMeasurement)]

    def spo2(self) -> list[int | None]:
        values = (value for item in self.told if isinstance(item, DeviceMeasurement) for value in item.values)
        return [value.value_milli for value in values if value.quantity is Quantity.SPO2]

    def connected(self) -> list[bool]:
        return [item.holds for item in self.told if isinstance(item, DeviceStatus) and item.condition is Condition.CONNECTED]
