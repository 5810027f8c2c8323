"""Login tickets: a link that lets one person in once, within ten minutes. For the first login, for a demo, and for who is held back."""

from collections.abc import Callable
from typing import Final

from monitor.access import tokens
from monitor.access.ports import AccessStore, LoginTicketRow

TICKET_LIVES_MS: Final = 10 * 60_000


class Tickets:
    """Issues and uses tickets. That one ticket opens one session, however many ask at once, is the store's promise (`use_ticket`)."""

    def __init__(self, store: AccessStore, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms

    async def issue(self, username: str) -> str:
        """A ticket for a person (that the person exists is the caller's to check). Shown once. Raises AccessStoreFailed."""
        now_ms = self._now_ms()
        ticket = tokens.new_token(tokens.TICKET)
        fingerprint = tokens.fingerprint(ticket, tokens.TICKET)
        assert fingerprint is not None
        await self._store.add_ticket(
            LoginTicketRow(ticket_sha256=fingerprint, username=username, created_at_ms=now_ms, expires_at_ms=now_ms + TICKET_LIVES_MS)
        )
        return ticket

    async def use(self, ticket: str) -> str | None:
        """The username, once; None for a ticket that is unknown, used or expired. Raises AccessStoreFailed."""
        fingerprint = tokens.fingerprint(ticket, tokens.TICKET)
        if fingerprint is None:
            return None
        row = await self._store.use_ticket(fingerprint, self._now_ms())
        return None if row is None else row.username
