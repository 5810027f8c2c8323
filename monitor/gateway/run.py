"""The whole gateway: an adapter a task, a connection for each enrolled device, one spool, and what people are told of it."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from monitor.adapters.base import Adapter, Setup
from monitor.adapters.registry import adapter_of
from monitor.clock import Clock
from monitor.gateway.config import DeviceConfig, GatewayConfig
from monitor.gateway.figures import figures, status_line
from monitor.gateway.spooling import Spooling
from monitor.gateway.supervision import Supervised
from monitor.gateway.uplink import Dial, Uplink
from monitor.store.ports import StoreFailed
from schemas.device_wire import PROTOCOL, Hello

FIGURES_EVERY_S: Final = 10
STATUS_EVERY: Final = 6  # times that


class Gateway:
    """`waits`: seconds between attempts, with their jitter. `boot`: a name that no spool had before. `tell`: a line for people."""

    def __init__(
        self,
        config: GatewayConfig,
        spooling: Spooling,
        clock: Clock,
        *,
        waits: Callable[[], Iterator[float]],
        dial: Callable[[DeviceConfig], Dial],
        boot: str,
        tell: Callable[[str], None],
        make: Callable[[str, Setup], Adapter] = adapter_of,
    ) -> None:
        """Raises AdapterError."""
        self._config = config
        self._spooling = spooling
        self._clock = clock
        self._tell = tell
        self.uplinks = {
            device.name: Uplink(
                Hello(PROTOCOL, device.name, boot, device.mode, device.source, device.intervals), spooling, dial(device), clock, waits, tell
            )
            for device in config.devices
        }
        self.adapters = [Supervised(adapter, make, spooling, clock, waits, self._wake, tell) for adapter in config.adapter]

    def _wake(self, device: str) -> None:
        self.uplinks[device].wake()

    async def run(self) -> None:
        """Until cancelled. Raises StoreFailed (in an ExceptionGroup) where the spool is broken for good."""
        for uplink in self.uplinks.values():
            await uplink.enrol()
        async with asyncio.TaskGroup() as group:
            for uplink in self.uplinks.values():
                group.create_task(uplink.run())
            for adapter in self.adapters:
                group.create_task(adapter.run())
            group.create_task(self._watch())

    async def _watch(self) -> None:
        """For ever: the file of figures, and now and then a line."""
        turn = 0
        while True:
            await self._clock.sleep_until(self._clock.now_ms() + FIGURES_EVERY_S * 1000)
            turn += 1
            try:
                tally = await self._spooling.do(lambda spool: spool.tally())
            except StoreFailed as failed:
                if failed.is_final:
                    raise
                self._tell(f"no figures: {failed}")
                continue
            if self._config.metrics_file is not None:
                made = figures(self.adapters, self.uplinks, tally, self._spooling.waiting)
                try:
                    beside = self._config.metrics_file.with_suffix(".new")
                    beside.write_bytes(made)
                    beside.replace(self._config.metrics_file)
                except OSError as error:
                    self._tell(f"{self._config.metrics_file} cannot be written: {error}")
            if turn % STATUS_EVERY == 0:
                self._tell(status_line(self.adapters, self.uplinks, tally, self._spooling.waiting))
