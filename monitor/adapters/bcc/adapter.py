"""A rack of Space pumps on the network: the SpaceStation's BCC port, as a rule TCP 4001."""

from typing import Final

from monitor.adapters.base import AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.bcc.codec import STUFFING, BccCodec
from monitor.adapters.line import open_tcp
from monitor.adapters.redial import Redialled, host_and_port

ADDRESSES: Final = "tcp:host:4001"


def _shell(setup: Setup) -> Redialled[bytes]:
    BccCodec(setup.codec)  # a wrong option is refused now, not at the first connection
    scheme, _, rest = setup.address.partition(":")
    if scheme != "tcp" or (place := host_and_port(rest)) is None:
        raise AdapterError(f"{setup.address!r} is no address here: write {ADDRESSES}")
    return Redialled(lambda: open_tcp(*place), lambda: BccCodec(setup.codec), setup)


ADAPTER: Final = AdapterSpec(
    name="bcc",
    title="B. Braun Space pumps in a SpaceStation with SpaceCom",
    protocol="B. Braun BCC, asked every five seconds; read only",
    addresses=ADDRESSES,
    tier=Tier.PROVEN,
    make_codec=BccCodec,
    make_adapter=_shell,
    options=(STUFFING,),
)
