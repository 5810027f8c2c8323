"""A time-stamping authority's word (RFC 3161) on a checkpoint: that it was there at this time, said by somebody else.

Without a network here: the request is a file that somebody carries to an authority (`curl --data-binary @checkpoint.tsq -H 'Content-Type:
application/timestamp-query' URL`), the answer is a file again. Needs the extra `timestamp` (rfc3161-client).
"""

from datetime import datetime

from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm

from monitor.core.checkpoint import read_checkpoint


class TokenRefused(Exception):
    """The answer does not vouch for this checkpoint; the message says why."""


def request(note: str) -> bytes:
    """What an authority is asked about: the SHA-256 of the three signed lines. Raises ValueError for what is no checkpoint."""
    body = read_checkpoint(note).body.encode()
    return (
        TimestampRequestBuilder()
        .data(body)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=False)
        .cert_request(cert_request=True)
        .build()
        .as_bytes()
    )


def stamped_at(note: str, answer: bytes, roots: bytes) -> datetime:
    """When the authority saw the checkpoint. `roots`: PEM certificates that are trusted. Checked are the signature, the certificates up to
    one of these, their use for time stamps, and the digest. Raises TokenRefused, ValueError for what is no checkpoint or certificate."""
    body = read_checkpoint(note).body.encode()
    builder = VerifierBuilder()
    for root in x509.load_pem_x509_certificates(roots):
        builder = builder.add_root_certificate(root)
    try:
        response = decode_timestamp_response(answer)
        builder.build().verify_message(response, body)
        return response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TokenRefused(f"the answer does not vouch for this checkpoint: {error}") from error
