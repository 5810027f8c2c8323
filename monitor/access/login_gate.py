"""Which login attempts are looked at at all: back-off per account, per address and per both, without locking out the person under attack.

Three keys are held. The account with the address: whoever mistypes or guesses there waits there. The account alone: guesses from many
addresses. The address alone: one password tried on many accounts. An address from which this account has already logged in is *known*
and waits only for its own failures, so strangers cannot keep a clinician from the workstation in use. Unknown usernames are treated
exactly like known ones, so a wait says nothing about who exists.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from monitor.access.backoff import BackOff

FREE_PER_ACCOUNT: Final = 5
FREE_PER_ADDRESS: Final = 20  # a ward behind one address mistypes more often than one person
MAX_ACCOUNTS: Final = 10_000
MAX_KNOWN_PER_ACCOUNT: Final = 8
_IPV6_NETWORK_BITS: Final = 64  # one customer holds at least a /64: its 2^64 addresses are one


class LoginGate:
    """Bounds: 10,000 keys a table (see BackOff), 8 known addresses an account (the longest unused goes), 10,000 accounts with any."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._pairs = BackOff(now_ms, free=FREE_PER_ACCOUNT)
        self._accounts = BackOff(now_ms, free=FREE_PER_ACCOUNT)
        self._addresses = BackOff(now_ms, free=FREE_PER_ADDRESS)
        self._known: dict[str, dict[str, None]] = {}  # insertion order is the order of last use

    def wait_ms(self, username: str, address: str | None) -> int:
        """0: the attempt may be checked."""
        network = network_of(address)
        wait_ms = self._pairs.wait_ms((username, network))
        if not self.is_known(username, address):
            wait_ms = max(wait_ms, self._accounts.wait_ms(username), self._addresses.wait_ms(network))
        return wait_ms

    def address_wait_ms(self, address: str | None) -> int:
        """For attempts that name no account (login tickets)."""
        return self._addresses.wait_ms(network_of(address))

    def charge(self, username: str, address: str | None) -> None:
        network = network_of(address)
        self._pairs.charge((username, network))
        self._accounts.charge(username)
        self._addresses.charge(network)

    def charge_address(self, address: str | None) -> None:
        self._addresses.charge(network_of(address))

    def refund(self, username: str, address: str | None) -> None:
        """The attempt was not looked at after all."""
        network = network_of(address)
        self._pairs.refund((username, network))
        self._accounts.refund(username)
        self._addresses.refund(network)

    def refund_address(self, address: str | None) -> None:
        self._addresses.refund(network_of(address))

    def succeeded(self, username: str, address: str | None) -> None:
        """Takes the charge back, forgets this person's own failures here and remembers the address."""
        self.refund(username, address)
        self._pairs.clear((username, network_of(address)))
        self.remember(username, address)

    def remember(self, username: str, address: str | None) -> None:
        known = self._known.pop(username, {})
        self._known[username] = known
        network = network_of(address)
        known.pop(network, None)
        known[network] = None
        if len(known) > MAX_KNOWN_PER_ACCOUNT:
            del known[next(iter(known))]
        if len(self._known) > MAX_ACCOUNTS:
            del self._known[next(iter(self._known))]

    def is_known(self, username: str, address: str | None) -> bool:
        return network_of(address) in self._known.get(username, ())


def network_of(address: str | None) -> str:
    """An IPv4 address as it is, an IPv6 one as its /64 (IPv4 inside IPv6 as IPv4); anything else as text, cut at 64 characters."""
    if address is None:
        return ""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS))
