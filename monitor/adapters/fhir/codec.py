"""The codec: JSON documents, each an Observation or a Bundle of them, and the answer each gets. Pure; nothing is kept between two.

A reply is an HTTP status, a line end and a JSON body; `parted` takes them apart.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec

from monitor.adapters.base import Codec, CodecSettings
from monitor.adapters.fhir.observation import Wrong, read_observation
from monitor.adapters.said import Fault, Reply, Said, Unmapped, clipped, undecoded

Json = dict[str, Any]

MAX_DOCUMENT: Final = 1_048_576  # bytes; the shell reads no more
MAX_ENTRIES: Final = 1_000  # of a Bundle; one with more is refused whole
_ANSWERED: Final = {"batch": "batch-response", "transaction": "transaction-response"}
_READ: Final = frozenset({"collection", "message", "history", *_ANSWERED})
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder().encode
_NOT_KEPT: Final = "it could not be put on disk: send it again"


class FhirCodec(Codec[bytes]):
    """`feed` takes a whole document."""

    def __init__(self, settings: CodecSettings) -> None:
        self._settings = settings

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        if len(data) > MAX_DOCUMENT:
            return _refused(Fault.TOO_LONG, data, received_at_ms, 413, f"more than {MAX_DOCUMENT} bytes")
        try:
            document = _decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
            return _refused(Fault.MALFORMED, data, received_at_ms, 400, f"no JSON: {error}")
        kind = document.get("resourceType") if isinstance(document, dict) else None
        if kind == "Observation":
            return self._observation(document, data, received_at_ms)
        if kind == "Bundle":
            return self._bundle(document, data, received_at_ms)
        return _refused(Fault.UNSUPPORTED, data, received_at_ms, 422, f"an Observation or a Bundle of them is read, not {kind!r:.40}")

    def _observation(self, resource: Json, data: bytes, at_ms: int) -> list[Said]:
        said, status, outcome = self._entry(resource, data, at_ms)
        return [*said, _reply(status, outcome)]

    def _bundle(self, bundle: Json, data: bytes, at_ms: int) -> list[Said]:
        kind, entries = bundle.get("type"), bundle.get("entry", [])
        if not isinstance(kind, str) or kind not in _READ or not isinstance(entries, list):
            return _refused(Fault.UNSUPPORTED, data, at_ms, 422, f"a Bundle of type {kind!r:.40} is not read")
        if len(entries) > MAX_ENTRIES:
            return _refused(Fault.TOO_LONG, data, at_ms, 413, f"more than {MAX_ENTRIES} entries")
        said: list[Said] = []
        answers: list[Json] = []
        for place, entry in enumerate(entries):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            found, status, outcome = self._entry(resource, b"Bundle.entry[%d]" % place, at_ms)
            said += found
            answers.append({"response": {"status": str(status), "outcome": outcome}})
        if kind in _ANSWERED:
            body = {"resourceType": "Bundle", "type": _ANSWERED[kind], "entry": answers}
        else:
            issues = [issue for one in answers for issue in one["response"]["outcome"]["issue"]]
            body = {"resourceType": "OperationOutcome", "issue": issues} if issues else _outcome("warning", "required", "nothing in it")
        return [*said, _reply(200, body)]

    def _entry(self, resource: object, raw: bytes, at_ms: int) -> tuple[list[Said], int, Json]:
        """What one resource says, the status it gets, and why. Other resources are acknowledged and not read: a gateway that sends its
        Device and Patient beside the numbers must not stop at a refusal."""
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            return [undecoded(Fault.MALFORMED, raw, at_ms, "no resource")], 422, _outcome("error", "invalid", "no resource")
        if resource["resourceType"] != "Observation":
            why = f"{resource['resourceType']:.40} is not read"
            return [undecoded(Fault.UNSUPPORTED, raw, at_ms, why)], 200, _outcome("warning", "not-supported", why)
        try:
            told = read_observation(resource, at_ms, self._settings)
        except Wrong as error:
            return [undecoded(Fault.MALFORMED, raw, at_ms, str(error))], 422, _outcome("error", "invalid", str(error))
        not_used = [item.why for item in told if isinstance(item, Unmapped)]
        if len(not_used) == len(told):
            return [*told], 201, _outcome("warning", "code-invalid", f"kept, not used: {', '.join(not_used)}")
        return [*told], 201, _outcome("information", "informational", "kept")


def parted(data: bytes) -> tuple[int, bytes]:
    """Status and body of a reply."""
    status, _, body = data.partition(b"\n")
    return int(status), body


def answer(status: int, body: Json) -> bytes:
    return b"%d\n%b" % (status, _encode(body))


def _reply(status: int, body: Json) -> Reply:
    return Reply(answer(status, body), when_kept=True, otherwise=answer(503, _outcome("error", "transient", _NOT_KEPT)))


def refusal(status: int, code: str, why: str) -> bytes:
    """An answer of the shell's own."""
    return answer(status, _outcome("error", code, why))


def _refused(fault: Fault, data: bytes, at_ms: int, status: int, why: str) -> list[Said]:
    return [undecoded(fault, data, at_ms, why), _reply(status, _outcome("error", "invalid", why))]


def _outcome(severity: str, code: str, text: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code, "details": {"text": clipped(text)}}]}
