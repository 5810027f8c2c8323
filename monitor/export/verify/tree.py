"""The tree of all seals of an installation (RFC 9162): what a proof comes to."""

import hashlib
from bisect import bisect_left
from typing import Final

HASH_BYTES: Final = 32


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def read_hashes(value: object) -> list[bytes]:
    """A list of digests in lower-case hex. Raises ValueError."""
    if not isinstance(value, list):
        raise ValueError("the hashes of a proof are a list")  # noqa: TRY004  # the text is bad, not the type of the argument
    found = [bytes.fromhex(each) if isinstance(each, str) else b"" for each in value]
    if any(len(raw) != HASH_BYTES or raw.hex() != text for raw, text in zip(found, value, strict=True)):
        raise ValueError("a hash of a proof is 64 lower-case hex digits")
    return found


def root_of_leaves(leaves: list[tuple[int, bytes]], size: int, hashes: list[bytes]) -> bytes:
    """The root of a tree of `size` leaves, from some of them (place and hash, ascending) and the hash of each part that holds none of them,
    from left to right. Raises ValueError where the hashes do not go round."""
    left = iter(hashes)

    def part(first: int, last: int, low: int, high: int) -> bytes:
        """Of the places `first` up to `last`, which hold `leaves[low:high]`."""
        if low == high:
            return next(left)
        if last - first == 1:
            return leaves[low][1]
        middle = first + (1 << (last - first - 1).bit_length() - 1)
        cut = bisect_left(leaves, (middle,), low, high)
        return node_hash(part(first, middle, low, cut), part(middle, last, cut, high))

    try:
        root = part(0, size, 0, len(leaves))
    except StopIteration as error:
        raise ValueError("the proof is too short") from error
    if next(left, None) is not None:
        raise ValueError("the proof is too long")
    return root


def grows_into(old: int, old_root: bytes, new: int, hashes: list[bytes]) -> bytes | None:
    """The root that the tree of `new` leaves has if it begins with that of `old` (0 < old < new); None where the proof is none."""
    steps = []  # of the way from the last old leaf up: is the sibling on the left, is there one
    place, edge = old - 1, new - 1
    while place & 1:
        place, edge = place >> 1, edge >> 1
    given = [*hashes]
    if place:
        if not given:
            return None
        before = after = given.pop(0)
    else:
        before = after = old_root
    while edge:
        if place & 1 or place < edge:
            steps.append(bool(place & 1))
        place, edge = place >> 1, edge >> 1
    if len(steps) != len(given):
        return None
    for is_left, sibling in zip(steps, given, strict=True):
        if is_left:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    return after if before == old_root else None
