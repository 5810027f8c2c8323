"""A channel over the services that Apprise speaks to: push, mail, chat, SMS gateways. Their addresses hold their secrets.

Apprise blocks, so it works in a thread of its own pool. A service that takes the notice makes it delivered; how many did is on record.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import apprise

from monitor.notify.ports import SEND_WITHIN_S, Delivery, Notice, headline

THREADS: Final = 2


class AppriseChannel:
    """Raises ValueError for an address that Apprise does not understand; the text says which line, not what stands there."""

    name = "apprise"

    def __init__(self, addresses: Sequence[str]) -> None:
        logging.getLogger(apprise.logger.name).setLevel(logging.CRITICAL + 1)  # what it logs may hold a part of an address
        asset = apprise.AppriseAsset(app_id="Infusion Monitor", app_desc="Infusion Monitor", http_redirects=False, storage_mode="memory")
        self._services = apprise.Apprise(asset=asset)
        for number, address in enumerate(addresses, 1):
            if not self._services.add(address):
                raise ValueError(f"address {number} is not one that Apprise understands")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")

    async def send(self, notice: Notice) -> Delivery:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, notice)

    def _send(self, notice: Notice) -> Delivery:
        about = f"{notice.reason}\n{notice.why.replace('_', ' ')}\n{notice.link}"
        result = self._services.notify(
            body=about, title=headline(notice), notify_type=apprise.NotifyType.FAILURE, body_format="text", timeout=SEND_WITHIN_S
        )
        took = sum(bool(each) for each in result)
        return Delivery(is_delivered=took > 0, detail=f"{took} of {len(self._services)} services took it")

    async def close(self) -> None:
        """Does not wait for a service that hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
