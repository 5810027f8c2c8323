"""What people's signatures in a record say that it was when they signed: the last seal, and the newest checkpoint."""

from array import array
from bisect import bisect_left
from typing import Any, Final

from monitor.export.verify.canonical import is_same

SIGNING: Final = {"phase_ordered", "signed_off"}
MAX_SIGNED: Final = 100  # checkpoints that signatures name; a bundle holds the largest so many, and no more are kept here


class Signed:
    """`checkpoints`: of each size that a signature names, its root in base64 and the line and the entry that name it."""

    def __init__(self, digest_0: bytes) -> None:
        self.checkpoints: dict[int, tuple[str, int, int]] = {}
        self.digests = bytearray(digest_0)  # and those of the seals, one behind the other

    def take(self, under: Any, seal_seqs: "array[int]", *, line: int, seq: int) -> None:
        """The signature on this line. Raises ValueError where it is not under a seal of this record."""
        if (
            not isinstance(under, dict)
            or set(under) not in ({"digest", "seq"}, {"digest", "root", "seq", "size"})
            or type(under["seq"]) is not int
        ):
            raise ValueError("what the signature is under does not have the fields of it")
        sealed = under["seq"]
        number = 0 if sealed == 0 else bisect_left(seal_seqs, sealed) + 1
        if number > len(seal_seqs) or (number and seal_seqs[number - 1] != sealed):
            raise ValueError(f"the signature is under a seal of entry {sealed} that is not above it")
        if not is_same(under["digest"], self.digests[32 * number : 32 * (number + 1)].hex()):
            raise ValueError(f"the signature is under another record: its digest is not that of the seal of entry {sealed}")
        if "size" in under:
            self._name(under["size"], under["root"], line, seq)

    def _name(self, size: Any, root: Any, line: int, seq: int) -> None:
        if type(size) is not int or not isinstance(root, str):
            raise ValueError("the checkpoint that the signature is under does not have the fields of one")
        if self.checkpoints.setdefault(size, (root, line, seq))[0] != root:
            raise ValueError(f"the signature names another root for the checkpoint of {size} leaves than one before it")
        if len(self.checkpoints) > MAX_SIGNED:
            del self.checkpoints[min(self.checkpoints)]
