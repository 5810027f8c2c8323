"""One configured adapter: run for ever, put up again where it crashes, what it says kept. Nothing of it reaches another adapter."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from monitor.adapters.base import Adapter, NotKept, Setup
from monitor.adapters.said import Condition, DeviceStatus, Told
from monitor.clock import Clock
from monitor.gateway.announcing import Announcing
from monitor.gateway.config import AdapterConfig
from monitor.gateway.spooling import Spooling
from monitor.gateway.telling import Addressee, Telling
from monitor.store.ports import StoreFailed
from monitor.store.spool import Tally

WELL_AFTER_MS: Final = 60_000  # an adapter that ran so long was well: the waits begin anew
_LOSSES: Final = {
    "thinned": "measurements given up: the spool is full, its oldest stream keeps one a minute",
    "dropped": "measurements given up, cuff values among them: the spool is full",
    "stranger": "measurements of another device than the enrolled one: kept back (`devices test` shows who speaks, `sender` lets it in)",
    "demo": "measurements of a demo: kept back, the device is enrolled as real",
    "doubt": "measurements with values that the device doubts: sent without them",
    "announced_dropped": "announcements given up: too many wait",
    "undecoded": "pieces that could not be read",
    "waited": "measurements that waited on their way, by the device's own clock: history, not shown as now",
}


class Supervised:
    """`wake(device)` after something was kept for it. `make` makes a fresh adapter, for the start and after each crash."""

    def __init__(
        self,
        config: AdapterConfig,
        make: Callable[[str, Setup], Adapter],
        spooling: Spooling,
        clock: Clock,
        waits: Callable[[], Iterator[float]],
        wake: Callable[[str], None],
        tell: Callable[[str], None],
    ) -> None:
        """Raises AdapterError for what it cannot use."""
        self.name = f"{config.adapter} at {config.address}"
        self.crashes = 0
        self.not_kept = 0
        self.is_running = False
        self.is_connected = False
        self._spooling = spooling
        self._clock = clock
        self._waits = waits
        self._wake = wake
        self._tell = tell
        self._make = partial(make, config.adapter, Setup(config.address, clock, waits, config.codec))
        self._first: Adapter | None = self._make()
        addressees = [Addressee(device.name, device.mode, device.sender) for device in config.device]
        self._telling = Telling(addressees, round(config.cuff_told_within_s * 1000))
        self._announcing = Announcing(self._telling)
        self._losses: Tally = Tally()
        self._broken: StoreFailed | None = None  # the spool, for good: whatever the adapter makes of that

    async def run(self) -> None:
        """Until cancelled. Raises StoreFailed alone, where the spool is broken for good."""
        waits = self._waits()
        while True:
            began_ms = self._clock.now_ms()
            why = await self._run_once()
            if self._broken is not None:
                raise self._broken
            if _is_told_to_end():  # whatever the adapter made of that
                raise asyncio.CancelledError
            self.crashes += 1
            self.is_running = self.is_connected = False
            self._tell(f"{self.name}: CRASHED ({self.crashes}): {why}; it is put up again")
            if self._clock.now_ms() - began_ms >= WELL_AFTER_MS:
                waits = self._waits()
            await self._clock.sleep_until(self._clock.now_ms() + round(next(waits) * 1000))

    async def _run_once(self) -> str:
        """Why it ended."""
        try:
            adapter, self._first = self._first or self._make(), None
            self.is_running = True
            await adapter.run(self._keep)
        except asyncio.CancelledError:
            return "something in it was cancelled"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it was, it is this adapter's alone
            return f"{type(error).__name__}: {error}"
        return "it ended by itself"

    async def _keep(self, told: Sequence[Told]) -> None:
        for item in told:
            if isinstance(item, DeviceStatus) and item.condition is Condition.CONNECTED:
                self.is_connected = item.holds
                self._tell(f"{self.name}: {'connected' if item.holds else 'NOT connected'}: {item.why}")
        rows, notes = self._telling.take(told)
        announced = self._announcing.take(told)
        try:
            tally = await self._spooling.do(lambda spool: spool.keep(rows, notes, announced))
        except StoreFailed as failed:
            self.not_kept += 1
            self._tell_some("", f"the spool cannot be written ({failed.kind}): {failed.detail}", self.not_kept, 1)
            if failed.is_final:
                self._broken = failed
                raise
            raise NotKept(failed.detail) from failed
        tally.update((row.device, "waited") for row in rows if row.is_old and row.is_stream)
        for (device, what), number in tally.items():
            if what in _LOSSES and number:
                self._losses[device, what] += number
                self._tell_some(device, _LOSSES[what], self._losses[device, what], number)
        for device in {row.device for row in rows} | {one.device for one in announced}:
            self._wake(device)

    def _tell_some(self, device: str, what: str, total: int, new: int) -> None:
        """The first of a kind, then each thousandth: the figures count them all."""
        if total == new or total // 1_000 > (total - new) // 1_000:
            self._tell(f"{device or self.name}: {total} {what}")


def _is_told_to_end() -> bool:
    """A cancelled future of a library looks like it, and would end an adapter without a word."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
