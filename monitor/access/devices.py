"""Devices and their bearer tokens.

All devices are held in memory: a thousand devices that come back at once after an outage cost no read. The store is read again at most
once in 30 seconds, or in 5 where somebody shows a token we do not know (it may have been registered by another process). What this
process revokes is over at once. If the store cannot be read within a second, the devices already known go on.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from monitor.access import tokens
from monitor.access.ports import AccessStore, AccessStoreFailed, AlreadyThere, DeviceRow
from monitor.access.roles import Device
from schemas.measurement import Mode

REFRESH_MS: Final = 30_000
REFRESH_FOR_UNKNOWN_MS: Final = 5_000
READ_WITHIN_S: Final = 1.0
MAX_DEVICES: Final = 50_000
MAX_SOURCE: Final = 200
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # schemas.device_wire.Id


class DeviceRejected(Exception):
    """A device that cannot be registered. `reason`: malformed_id, malformed_source, already_registered, too_many_devices."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Devices:
    """Registers, verifies and revokes. `failed_reads`: refreshes that the store refused.

    Bound: 50,000 registered devices; beyond it none is added."""

    def __init__(self, store: AccessStore, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._by_key: dict[str, Device] = {}
        self._known: dict[str, DeviceRow] = {}
        self._revoked: set[str] = set()  # ids; an id is never given again, so this only grows by registered devices
        self._ended: set[str] = set()  # replaced tokens: no read that was under way brings them back
        self._refreshed_ms: int | None = None
        self._refreshing = asyncio.Lock()
        self.failed_reads = 0

    async def register(self, device: str, mode: Mode, source: str, *, by: str) -> str:
        """Returns the token: shown now and never again. Raises DeviceRejected, AccessStoreFailed."""
        if _ID.fullmatch(device) is None:
            raise DeviceRejected("malformed_id", "a device id is 1 to 64 of A-Z a-z 0-9 . _ - and starts with a letter or digit")
        if len(source) > MAX_SOURCE or not source.isprintable():
            raise DeviceRejected("malformed_source", f"a source is one line of at most {MAX_SOURCE} printable characters")
        await self._refresh(REFRESH_MS)
        if len(self._known) >= MAX_DEVICES:
            raise DeviceRejected("too_many_devices", f"{MAX_DEVICES} devices are registered, no more are taken")
        token, key = _new()
        row = DeviceRow(device=device, mode=mode, source=source, token_sha256=key, registered_at_ms=self._now_ms(), registered_by=by)
        try:
            await self._store.add_device(row)
        except AlreadyThere as error:
            raise DeviceRejected("already_registered", f"{device} is registered (a revoked id is not given again)") from error
        self._put(row)
        return token

    async def replace_token(self, device: str) -> str:
        """A new token, shown once; the old one ends at once. Raises NotThere, AccessStoreFailed."""
        token, key = _new()
        await self._store.replace_device_token(device, key)
        self._end_keys_of(device)
        await self._refresh(0)
        return token

    async def revoke(self, device: str) -> None:
        """Over at once, also where the store then fails. Raises NotThere, AccessStoreFailed."""
        self._revoked.add(device)
        self._end_keys_of(device)
        await self._store.revoke_device(device, self._now_ms())

    async def verify(self, token: str) -> Device | None:
        """The device behind a bearer token, or None. Raises AccessStoreFailed only while the store has never been read."""
        key = tokens.fingerprint(token, tokens.DEVICE)
        if key is None:
            return None
        await self._refresh(REFRESH_MS if key in self._by_key else REFRESH_FOR_UNKNOWN_MS)
        return self._by_key.get(key)

    def still_valid(self, device: Device) -> bool:
        """For a connection that lasts: this token still opens for this device. Costs no I/O."""
        return self._by_key.get(device.key) == device

    async def find(self, device: str) -> DeviceRow | None:
        """As the store has it now; None where it was never registered or is revoked."""
        row = await self._store.device(device)
        return row if row is not None and row.revoked_at_ms is None else None

    async def all(self) -> list[DeviceRow]:
        """Every registered device, revoked ones too, by id."""
        return await self._store.devices()

    async def refresh(self) -> None:
        """Reads again if the last read is older than 30 seconds."""
        await self._refresh(REFRESH_MS)

    async def _refresh(self, older_than_ms: int) -> None:
        if not self._is_due(older_than_ms):
            return
        async with self._refreshing:
            if self._is_due(older_than_ms):
                await self._read()

    def _is_due(self, older_than_ms: int) -> bool:
        return self._refreshed_ms is None or self._now_ms() - self._refreshed_ms >= older_than_ms

    async def _read(self) -> None:
        now_ms, before = self._now_ms(), set(self._known)
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                rows = await self._store.devices()
        except (AccessStoreFailed, TimeoutError) as error:
            if self._refreshed_ms is None:
                raise AccessStoreFailed("unread", "the store of devices has not answered yet") from error
            self.failed_reads += 1
            self._refreshed_ms = now_ms
            return
        self._refreshed_ms = now_ms
        registered_meanwhile = [row for device, row in self._known.items() if device not in before]
        self._by_key, self._known = {}, {}
        for row in (*registered_meanwhile, *rows):
            self._put(row)

    def _end_keys_of(self, device: str) -> None:
        ended = {key for key, held in self._by_key.items() if held.device == device}
        self._ended |= ended
        self._by_key = {key: held for key, held in self._by_key.items() if key not in ended}

    def _put(self, row: DeviceRow) -> None:
        self._known[row.device] = row
        if row.revoked_at_ms is None and row.device not in self._revoked and row.token_sha256 not in self._ended:
            self._by_key[row.token_sha256] = Device(device=row.device, mode=row.mode, source=row.source, key=row.token_sha256)


def _new() -> tuple[str, str]:
    token = tokens.new_token(tokens.DEVICE)
    key = tokens.fingerprint(token, tokens.DEVICE)
    assert key is not None
    return token, key
