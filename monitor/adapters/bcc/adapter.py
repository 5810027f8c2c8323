"""A rack of Space pumps on the network: the SpaceStation's BCC port."""

from typing import Final

from monitor.adapters.base import AdapterSpec, Setup, Tier
from monitor.adapters.bcc.codec import STUFFING, BccCodec
from monitor.adapters.redial import SERIAL_OR_TCP, Redialled, serial_or_tcp
from monitor.adapters.serial_line import PortSettings

_PORT: Final = PortSettings(baud=9_600)  # older stations have a serial port; on the network it is TCP 4001


def _shell(setup: Setup) -> Redialled:
    BccCodec(setup.codec)  # a wrong option is refused now, not at the first connection
    return serial_or_tcp(setup, _PORT, BccCodec)


ADAPTER: Final = AdapterSpec(
    name="bcc",
    title="B. Braun Space pumps in a SpaceStation with SpaceCom",
    protocol="B. Braun BCC, asked every five seconds; read only",
    addresses=SERIAL_OR_TCP,
    tier=Tier.PROVEN,
    make_codec=BccCodec,
    make_adapter=_shell,
    options=(STUFFING,),
)
