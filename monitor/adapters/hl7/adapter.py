"""HL7 senders connect to us; Nihon Kohden's server is the one that we connect to."""

from typing import Final

from monitor.adapters.base import Adapter, AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.hl7.codec import Hl7Codec
from monitor.adapters.line import open_tcp
from monitor.adapters.listening import Listening, tcp_port
from monitor.adapters.redial import Redialled, host_and_port

_ADDRESSES: Final = "listen:host:port or tcp:host:port"
_SENDER_SILENT_MS: Final = 600_000  # some send once a minute, alarm lines hours apart: ten minutes free what is half open
_DIALLED_SILENT_MS: Final = 180_000  # one that we dial can only be found again by dialling


def _shell(setup: Setup) -> Adapter:
    scheme, _, rest = setup.address.partition(":")
    place = host_and_port(rest)
    if place is None or scheme not in ("listen", "tcp"):
        raise AdapterError(f"{setup.address!r} is no address here: write {_ADDRESSES}")

    def fresh() -> Hl7Codec:
        return Hl7Codec(setup.codec)

    if scheme == "listen":
        return Listening(tcp_port(*place), fresh, setup, _SENDER_SILENT_MS)
    return Redialled(lambda: open_tcp(*place), fresh, setup, _DIALLED_SILENT_MS)


ADAPTER: Final = AdapterSpec(
    name="hl7",
    title="HL7 v2 monitors, pumps and gateways (Mindray, Philips, GE, Dräger, Nihon Kohden, Edan, Comen, B. Braun)",
    protocol="HL7 v2 over MLLP: IHE PCD-01 observations, PCD-04 alarms, and the makers' own dialects",
    addresses=_ADDRESSES,
    tier=Tier.PROVEN,
    make_codec=Hl7Codec,
    make_adapter=_shell,
)
