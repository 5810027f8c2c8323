"""The Merkle tree of RFC 9162 (section 2.1), as that of RFC 6962: SHA-256, 0x00 before a leaf, 0x01 before a node.

A tree of `n` leaves splits at the largest power of two below `n`. Its nodes are known by (level, index): the node covers the leaves
`index << level` up to `(index + 1) << level`, not included. Proofs ask for nodes by a function, so that a tree of millions of leaves is
proved from a few hundred stored nodes; only levels that are multiples of LEVELS are ever asked for.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Final

LEVELS: Final = 8  # nodes of every eighth level are kept: one for 256 leaves, one for 65,536, ...
EMPTY_ROOT: Final = sha256().digest()
NodeAt = Callable[[int, int], bytes]  # (level, index) -> hash; level is 0 (a leaf's hash) or another multiple of LEVELS
Node = tuple[int, int, bytes]  # level, index, hash


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def range_hash(node_at: NodeAt, first: int, last: int) -> bytes:
    """MTH(D[first:last]); `first` is a multiple of the power of two that holds the range, as it is for every part of a tree."""
    size = last - first
    if size == 0:
        return EMPTY_ROOT
    level = size.bit_length() - 1
    if size == 1 << level and level % LEVELS == 0:
        return node_at(level, first >> level)
    middle = first + _split(size)
    return node_hash(range_hash(node_at, first, middle), range_hash(node_at, middle, last))


def inclusion(node_at: NodeAt, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]): from the leaf up. Raises ValueError where the tree has no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    first, last, path = 0, size, list[bytes]()
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(range_hash(node_at, middle, last))
            last = middle
        else:
            path.append(range_hash(node_at, first, middle))
            first = middle
    return path[::-1]


def consistency(node_at: NodeAt, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]); empty where the sizes are the same. Raises ValueError unless 0 < old <= new."""
    if not 0 < old <= new:
        raise ValueError(f"no tree of {new} leaves grows out of one of {old}")
    first, last, is_whole, path = 0, new, True, list[bytes]()
    while old < last:
        middle = first + _split(last - first)
        if old <= middle:
            path.append(range_hash(node_at, middle, last))
            last = middle
        else:
            path.append(range_hash(node_at, first, middle))
            first, is_whole = middle, False
    if not is_whole:
        path.append(range_hash(node_at, first, last))
    return path[::-1]


def set_proof(node_at: NodeAt, wanted: Sequence[int], size: int) -> list[bytes]:
    """One proof for many leaves: going down from the root, left before right, the hash of each part that holds none of them.

    `wanted`: ascending, each once, below `size`. Raises ValueError for anything else."""
    if any(one >= other for one, other in pairwise(wanted)) or (wanted and not 0 <= wanted[0] <= wanted[-1] < size):
        raise ValueError("leaves are asked for in ascending order, each once, and lie in the tree")
    return list(_parts(node_at, wanted, 0, size)) if size else []


def _parts(node_at: NodeAt, wanted: Sequence[int], first: int, last: int) -> Iterator[bytes]:
    if not wanted:
        yield range_hash(node_at, first, last)
    elif len(wanted) < last - first:  # else every leaf is asked for: nothing has to be told
        middle = first + _split(last - first)
        below = bisect_left(wanted, middle)
        yield from _parts(node_at, wanted[:below], first, middle)
        yield from _parts(node_at, wanted[below:], middle, last)


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf's hash and its path come to (RFC 9162, 2.1.3.2). Raises ValueError for a path of another length."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    place, edge, found = index, size - 1, leaf
    for sibling in path:
        if edge == 0:
            raise ValueError("the path is too long")
        if place & 1 or place == edge:
            found = node_hash(sibling, found)
            while place and not place & 1:
                place, edge = place >> 1, edge >> 1
        else:
            found = node_hash(found, sibling)
        place, edge = place >> 1, edge >> 1
    if edge:
        raise ValueError("the path is too short")
    return found


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a tree of `new` leaves begins with the one of `old` (RFC 9162, 2.1.4.2). Every tree begins with the empty one."""
    if old == 0 or old == new:
        return not path and old_root == (EMPTY_ROOT if old == 0 else new_root)
    if not 0 < old < new or not path:
        return False
    place, edge = old - 1, new - 1
    while place & 1:
        place, edge = place >> 1, edge >> 1
    hashes = list(path)
    one = other = old_root if place == 0 and old & (old - 1) == 0 else hashes.pop(0)
    for sibling in hashes:
        if edge == 0:
            return False
        if place & 1 or place == edge:
            one, other = node_hash(sibling, one), node_hash(sibling, other)
            while place and not place & 1:
                place, edge = place >> 1, edge >> 1
        else:
            other = node_hash(other, sibling)
        place, edge = place >> 1, edge >> 1
    return edge == 0 and one == old_root and other == new_root


class Frontier:
    """A tree that grows at its right edge; keeps one hash for each 1 in the binary form of its size and nothing else."""

    __slots__ = ("_edge", "size")

    def __init__(self, size: int = 0, node_at: NodeAt | None = None) -> None:
        """Goes on from a tree of `size` leaves whose nodes are known."""
        self.size = size
        self._edge: list[bytes] = []  # complete subtrees, the largest first
        first = 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1 and node_at is not None:
                self._edge.append(range_hash(node_at, first, first + (1 << level)))
                first += 1 << level

    def append(self, leaf: bytes) -> list[Node]:
        """Takes the hash of the next leaf in; the nodes above it, of levels that are kept, that are whole now."""
        whole: list[Node] = []
        found, level, index = leaf, 0, self.size
        while index & 1:
            found, level, index = node_hash(self._edge.pop(), found), level + 1, index >> 1
            if level % LEVELS == 0:
                whole.append((level, index, found))
        self._edge.append(found)
        self.size += 1
        return whole

    @property
    def root(self) -> bytes:
        if not self._edge:
            return EMPTY_ROOT
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = node_hash(left, found)
        return found
