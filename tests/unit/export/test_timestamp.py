"""An authority made here, with its own certificate, answers; what it did not see, or what another says, is refused."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import decode_timestamp_response
from typer.testing import CliRunner

from monitor.cli import app
from monitor.core.merkle import EMPTY_ROOT, leaf_hash
from monitor.export.timestamp import TokenRefused, request, sorted_certificates, stamped_at
from tests.unit.export.proven import ring

NOTE = ring().sign(17, EMPTY_ROOT).note
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, key: EllipticCurvePrivateKey, issuer: str, by: EllipticCurvePrivateKey, *, is_root: bool) -> bytes:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not is_root:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(by, SHA256()).public_bytes(Encoding.PEM)


class Authority:
    """`root`: its root certificate."""

    def __init__(self, folder: Path, *beside: bytes) -> None:
        """`beside`: certificates that it sends along, in this order."""
        folder.mkdir()
        root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
        self.root = certificate("Root", root_key, "Root", root_key, is_root=True)
        (folder / "root.pem").write_bytes(self.root)
        (folder / "tsa.pem").write_bytes(certificate("Authority", key, "Root", root_key, is_root=False))
        (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "serial").write_text("01\n")
        chain = "".join(f"certs = {folder}/chain.pem\n" for _ in beside[:1])
        (folder / "chain.pem").write_bytes(b"".join(beside))
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder) + chain)
        self._folder = folder

    def answer(self, asked: bytes) -> bytes:
        query, reply = self._folder / "q.tsq", self._folder / "r.tsr"
        query.write_bytes(asked)
        command = ("openssl", "ts", "-reply", "-config", self._folder / "tsa.cnf", "-section", "one", "-queryfile", query, "-out", reply)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return reply.read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "one")


def test_what_the_authority_saw_it_vouches_for(authority: Authority):
    at = stamped_at(NOTE, authority.answer(request(NOTE)), authority.root)
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)


def test_another_checkpoint_another_authority_and_a_changed_answer_are_refused(authority: Authority, tmp_path: Path):
    answer = authority.answer(request(NOTE))
    with pytest.raises(TokenRefused, match="Mismatch between messages"):
        stamped_at(ring().sign(17, leaf_hash(b"x")).note, answer, authority.root)
    with pytest.raises(TokenRefused):
        stamped_at(NOTE, answer, Authority(tmp_path / "other").root)
    for at in (len(answer) - 5, len(answer) // 2, 60, 0):
        with pytest.raises(TokenRefused):
            stamped_at(NOTE, answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :], authority.root)


@pytest.mark.parametrize("is_turned", [False, True])
def test_certificates_beside_the_signature_may_stand_in_any_order(tmp_path: Path, is_turned: bool):
    """One of the two is not the order of DER, which the library refuses (control): authorities that run OpenSSL write any."""
    keys = [generate_private_key(SECP256R1()) for _ in range(2)]
    beside = sorted(certificate(f"Beside {n}", key, f"Beside {n}", key, is_root=True) for n, key in enumerate(keys))
    authority = Authority(tmp_path / "tsa", *beside[:: -1 if is_turned else 1])
    answer = authority.answer(request(NOTE))
    assert abs(stamped_at(NOTE, answer, authority.root) - datetime.now(UTC)) < timedelta(minutes=5)
    assert len(sorted_certificates(answer)) == len(answer)


def test_without_the_order_of_der_the_library_refuses(tmp_path: Path):
    refused = 0
    for number in range(2):
        keys = [generate_private_key(SECP256R1()) for _ in range(3)]
        beside = [certificate(f"Beside {n}", key, f"Beside {n}", key, is_root=True) for n, key in enumerate(keys)]
        for way in (1, -1):
            answer = Authority(tmp_path / f"{number}{way}", *beside[::way]).answer(request(NOTE))
            try:
                decode_timestamp_response(answer)
            except ValueError:
                refused += 1
    assert refused >= 2, "of two orders that are each other's reverse one at the most is that of DER"


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 40, 900])
def test_what_is_no_answer_stays_as_it_is(authority: Authority, cut: int):
    answer = authority.answer(request(NOTE))[:cut]
    assert sorted_certificates(answer) == answer


def test_the_command_says_both(authority: Authority, tmp_path: Path):
    note, query, token, root = (tmp_path / each for each in ("c.txt", "c.tsq", "c.tsr", "root.pem"))
    note.write_text(NOTE)
    root.write_bytes(authority.root)
    assert CliRunner().invoke(app, ["timestamp", "request", str(note), "--out", str(query)]).exit_code == 0
    token.write_bytes(authority.answer(query.read_bytes()))
    arguments = ["timestamp", "verify", str(note), str(token), "--roots", str(root)]
    assert CliRunner().invoke(app, arguments).output.startswith("VERIFIED")
    note.write_text(ring().sign(18, EMPTY_ROOT).note)
    refused = CliRunner().invoke(app, arguments)
    assert (refused.exit_code, refused.output[:8]) == (1, "REFUSED ")
    note.write_text("x")
    assert CliRunner().invoke(app, arguments).exit_code == 2
