"""Certificates for one test: an authority, and what it vouches for."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_FROM, _DAYS = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=36_500)


class Issued(NamedTuple):
    """PEM files."""

    key: Path
    certificate: Path


class Authority:
    """`certificate` is what a client is told to trust."""

    def __init__(self, folder: Path, name: str = "Clinic CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = self._write("cacert.pem", self._signed(self._key, self._name).add_extension(constraints, critical=True))

    def issue(self, host: str = "127.0.0.1") -> Issued:
        """For a device or ourselves at `host`, an address; the names of the files are those that SDC stacks look for."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        unsigned = self._signed(key, name).add_extension(names, critical=False).add_extension(uses, critical=False)
        path = self._folder / "userkey.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Issued(path, self._write("usercert.pem", unsigned))

    def _signed(self, key: ec.EllipticCurvePrivateKey, name: x509.Name) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number()).not_valid_before(_FROM).not_valid_after(_FROM + _DAYS)

    def _write(self, file: str, builder: x509.CertificateBuilder) -> Path:
        path = self._folder / file
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path
