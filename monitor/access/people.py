"""People and their passwords. Nobody is there from the start: no default account, no default password.

Passwords are hashed with Argon2id in a thread (tens of milliseconds that must not hold up a reading), one at a time: 64 MiB each would
otherwise be a way to exhaust memory. A person without a password comes in by login ticket only.
"""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec.structs import replace

from monitor.access.ports import AccessStore, NotThere, PersonRow
from monitor.access.roles import Role

MIN_PASSWORD_LENGTH: Final = 12
MAX_PASSWORD_BYTES: Final = 1_024
MAX_NAME_LENGTH: Final = 80
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class PersonRefused(Exception):
    """A person or a password that cannot be taken. `reason`: malformed_username, malformed_name, weak_password."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class People:
    """Adds, changes and checks people. `hasher` defaults to argon2-cffi's: Argon2id, 64 MiB, 3 passes (RFC 9106, low-memory option)."""

    def __init__(self, store: AccessStore, now_ms: Callable[[], int], hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._now_ms = now_ms
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._one_at_a_time = asyncio.Lock()
        self._nobody: str | None = None

    async def all(self) -> list[PersonRow]:
        """Everybody, disabled people too, by username."""
        return await self._store.people()

    async def add(self, username: str, name: str, role: Role, *, password: str | None) -> PersonRow:
        """Raises PersonRefused, AlreadyThere."""
        if _USERNAME.fullmatch(username) is None:
            raise PersonRefused("malformed_username", "a username is 1 to 32 of a-z 0-9 . _ - and starts with a letter or digit")
        if not 1 <= len(name.strip()) <= MAX_NAME_LENGTH or not name.isprintable():
            raise PersonRefused("malformed_name", f"a name is 1 to {MAX_NAME_LENGTH} printable characters")
        password_hash = None if password is None else await self._hash(username, password)
        row = PersonRow(username=username, name=name.strip(), role=role, password_hash=password_hash, created_at_ms=self._now_ms())
        await self._store.add_person(row)
        return row

    async def set_password(self, username: str, password: str) -> None:
        """Raises PersonRefused, NotThere."""
        row = await self._existing(username)
        await self._store.replace_person(replace(row, password_hash=await self._hash(username, password)))

    async def set_role(self, username: str, role: Role) -> None:
        """Raises NotThere."""
        await self._store.replace_person(replace(await self._existing(username), role=role))

    async def set_disabled(self, username: str, *, disabled: bool) -> None:
        """Raises NotThere."""
        at_ms = self._now_ms() if disabled else None
        await self._store.replace_person(replace(await self._existing(username), disabled_at_ms=at_ms))

    async def check(self, username: str, password: str) -> PersonRow | None:
        """The person where the password is theirs, else None.

        Takes as long for an unknown, disabled or password-less person as for a wrong password."""
        row = await self._store.person(username) if _USERNAME.fullmatch(username) else None
        expected = row.password_hash if row is not None else None
        secret = _normal(password)
        fits = len(secret) <= MAX_PASSWORD_BYTES
        async with self._one_at_a_time:
            is_right = await asyncio.to_thread(self._verify, expected, secret[:MAX_PASSWORD_BYTES])
        if row is None or expected is None or row.disabled_at_ms is not None or not is_right or not fits:
            return None
        if self._hasher.check_needs_rehash(expected):
            row = replace(row, password_hash=await self._hash_bytes(secret))
            await self._store.replace_person(row)
        return row

    async def _existing(self, username: str) -> PersonRow:
        row = await self._store.person(username)
        if row is None:
            raise NotThere(username)
        return row

    async def _hash(self, username: str, password: str) -> str:
        secret = _normal(password)
        if len(password) < MIN_PASSWORD_LENGTH or len(secret) > MAX_PASSWORD_BYTES:
            raise PersonRefused(
                "weak_password", f"a password has {MIN_PASSWORD_LENGTH} characters or more, at most {MAX_PASSWORD_BYTES} bytes"
            )
        if len(set(password)) < 5 or username in password.lower():
            raise PersonRefused("weak_password", "a password has at least 5 different characters and does not hold the username")
        return await self._hash_bytes(secret)

    async def _hash_bytes(self, secret: bytes) -> str:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._hasher.hash, secret)

    def _verify(self, expected: str | None, secret: bytes) -> bool:
        """In the thread. Without a hash to compare with, compares with one that nothing fits: the same work, the answer no."""
        if self._nobody is None:
            self._nobody = self._hasher.hash(secrets.token_bytes(32))
        try:
            return self._hasher.verify(expected if expected is not None else self._nobody, secret)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> bytes:
    """NFKC, so that a password typed on another keyboard is the same bytes (NIST SP 800-63B, 5.1.1.2). Lone surrogates become '?'."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
