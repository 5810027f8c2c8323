"""A time-stamping authority's word (RFC 3161) on a checkpoint: that it was there at this time, said by somebody else.

Without a network here: the request is a file that somebody carries to an authority (`curl --data-binary @checkpoint.tsq -H 'Content-Type:
application/timestamp-query' URL`), the answer is a file again. Needs the extra `timestamp` (rfc3161-client).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm

from monitor.core.checkpoint import read_checkpoint

_CERTIFICATES: Final = 0xA0  # [0] of SignedData, RFC 5652 section 5.1


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
        response = decode_timestamp_response(sorted_certificates(answer))
        builder.build().verify_message(response, body)
        return response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TokenRefused(f"the answer does not vouch for this checkpoint: {error}") from error


def sorted_certificates(answer: bytes) -> bytes:
    """The answer with the certificates beside its signature in the order of DER, which the library insists on. Authorities that run OpenSSL
    write them in any order; no signature is over it. What is not of that form stays as it is."""
    try:
        _, token = _parts(answer, *_only(answer, 0, len(answer)))
        _, content = _parts(answer, *token[1:])
        signed = _only(answer, *content[1:])
        _, first, end = next(part for part in _parts(answer, *signed) if part[0] == _CERTIFICATES)
        certificates = [answer[start - head : stop] for head, start, stop in _whole(answer, first, end)]
    except (IndexError, StopIteration, ValueError):
        return answer
    return answer[:first] + b"".join(sorted(certificates)) + answer[end:]


def _only(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the contents of the one element that stands there begin and end."""
    [(_, first, last)] = _parts(data, start, end)
    return first, last


def _parts(data: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """Tag, beginning and end of the contents of each element of DER."""
    return [(data[first - head], first, last) for head, first, last in _whole(data, start, end)]


def _whole(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Length of the head, beginning and end of the contents. Raises IndexError, ValueError."""
    while start < end:
        more = data[start + 1] - 0x80 if data[start + 1] > 0x80 else 0
        length = int.from_bytes(data[start + 2 : start + 2 + more]) if more else data[start + 1]
        first = start + 2 + more
        if first + length > end:
            raise ValueError("an element is longer than what holds it")
        yield 2 + more, first, first + length
        start = first + length
