"""Senders of FHIR connect to us, with a token."""

from pathlib import Path
from typing import Final

from monitor.adapters.base import Adapter, AdapterError, AdapterSpec, Setup, Tier
from monitor.adapters.fhir.codec import FhirCodec
from monitor.adapters.fhir.http_port import HttpPort
from monitor.adapters.redial import host_and_port

TOKEN_FILE: Final = "token_file"  # noqa: S105 - the option's name
MIN_TOKEN: Final = 16  # characters
_ADDRESSES: Final = "listen:port (this machine) or listen:host:port"
_HERE: Final = "127.0.0.1"


def _shell(setup: Setup) -> Adapter:
    scheme, _, rest = setup.address.partition(":")
    place = host_and_port(rest if ":" in rest else f"{_HERE}:{rest}")
    if scheme != "listen" or place is None:
        raise AdapterError(f"{setup.address!r} is no address here: write {_ADDRESSES}")
    return HttpPort(*place, _token(setup.codec.options.get(TOKEN_FILE, "")), setup)


def _token(path: str) -> str:
    if not path:
        raise AdapterError(f"the option {TOKEN_FILE} is needed: a file with the token that senders present")
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AdapterError(f"{TOKEN_FILE} {path}: {error}") from error
    if len(token) < MIN_TOKEN or not token.isprintable() or " " in token:
        raise AdapterError(f"{TOKEN_FILE} {path} must hold one token of at least {MIN_TOKEN} characters")
    return token


ADAPTER: Final = AdapterSpec(
    name="fhir",
    title="gateways and monitors that send FHIR R4 Observations",
    protocol="FHIR R4 over HTTP: POST or PUT of an Observation, POST of a Bundle",
    addresses=_ADDRESSES,
    tier=Tier.RECONNECTS,
    make_codec=FhirCodec,
    make_adapter=_shell,
    options=(TOKEN_FILE,),
)
