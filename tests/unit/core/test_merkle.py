"""The tree of RFC 9162: the published vectors, every proof of small trees, and no proof of anything else."""

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import merkle
from monitor.core.merkle import EMPTY_ROOT, Frontier, NodeAt, leaf_hash, node_hash

# The leaves and roots that RFC 6962 implementations share (certificate-transparency's merkle_tree_test, google/trillian testonly).
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {  # (index, size) -> audit path, from the same tests
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
GROWTH = {  # (old, new) -> consistency proof
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def nodes_of(leaves: list[bytes]) -> NodeAt:
    """Every complete node, worked out the plain way."""

    def node_at(level: int, index: int) -> bytes:
        assert level % merkle.LEVELS == 0
        return plain(leaves[index << level : (index + 1) << level])

    return node_at


def plain(leaves: list[bytes]) -> bytes:
    """MTH as the RFC writes it, on hashes of leaves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain(leaves[:split]), plain(leaves[split:]))


def numbered(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def root_of_set(wanted: dict[int, bytes], size: int, proof: list[bytes]) -> bytes:
    """What a verifier does with a proof for many leaves."""

    def walk(first: int, last: int) -> bytes:
        inside = [index for index in wanted if first <= index < last]
        if not inside:
            return proof.pop(0)
        if last - first == 1:
            return wanted[first]
        middle = first + (1 << ((last - first - 1).bit_length() - 1))
        return node_hash(walk(first, middle), walk(middle, last))

    found = walk(0, size)
    assert not proof
    return found


def test_the_published_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    frontier, hashes = Frontier(), [leaf_hash(leaf) for leaf in LEAVES]
    assert frontier.root == EMPTY_ROOT
    for number, expected in enumerate(ROOTS, 1):
        frontier.append(hashes[number - 1])
        assert frontier.root.hex() == expected
        assert merkle.range_hash(nodes_of(hashes), 0, number).hex() == expected


def test_the_published_proofs() -> None:
    node_at = nodes_of([leaf_hash(leaf) for leaf in LEAVES])
    for (index, size), path in PATHS.items():
        assert [step.hex() for step in merkle.inclusion(node_at, index, size)] == path
    for (old, new), path in GROWTH.items():
        assert [step.hex() for step in merkle.consistency(node_at, old, new)] == path


def test_every_proof_of_small_trees_holds_and_none_with_a_change() -> None:
    draw = random.Random(20_261_122)
    for size in range(1, 34):
        hashes = numbered(size)
        node_at, root = nodes_of(hashes), plain(hashes)
        for index in range(size):
            path = merkle.inclusion(node_at, index, size)
            assert merkle.root_of_inclusion(hashes[index], index, size, path) == root
            assert merkle.root_of_inclusion(sha256(hashes[index]).digest(), index, size, path) != root
            if path:
                at = draw.randrange(len(path))
                assert merkle.root_of_inclusion(hashes[index], index, size, [*path[:at], bytes(32), *path[at + 1 :]]) != root
                with pytest.raises(ValueError, match="too short"):
                    merkle.root_of_inclusion(hashes[index], index, size, path[:-1])
            with pytest.raises(ValueError, match="too long"):
                merkle.root_of_inclusion(hashes[index], index, size, [*path, bytes(32)])
        for old in range(1, size):
            old_root, path = plain(hashes[:old]), merkle.consistency(node_at, old, size)
            assert merkle.is_consistent(old, size, old_root, root, path)
            assert not merkle.is_consistent(old, size, root, root, path)
            assert not merkle.is_consistent(old, size, old_root, old_root, path)
            assert not merkle.is_consistent(old, size, old_root, root, [*path, bytes(32)])
            assert not merkle.is_consistent(old, size, old_root, root, path[:-1])
            assert not merkle.is_consistent(old - 1, size, old_root, root, path)


@given(st.integers(1, 700), st.data())
def test_proofs_from_kept_nodes_alone(size: int, data: st.DataObject) -> None:
    """What the frontier hands out is all that is kept: with it every proof of a larger tree can be made, for one leaf and for many."""
    hashes, frontier = numbered(size), Frontier()
    kept = {(0, index): value for index, value in enumerate(hashes)}
    for value in hashes:
        kept.update({(level, index): node for level, index, node in frontier.append(value)})
    node_at = lambda level, index: kept[level, index]  # noqa: E731
    assert frontier.root == plain(hashes) == merkle.range_hash(node_at, 0, size)
    assert Frontier(size, node_at).root == frontier.root
    assert {(level, index) for level, index in kept if level} == {(8, index) for index in range(size // 256)}
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert merkle.root_of_inclusion(hashes[index], index, size, merkle.inclusion(node_at, index, size)) == frontier.root
    assert merkle.is_consistent(old, size, plain(hashes[:old]), frontier.root, merkle.consistency(node_at, old, size))
    wanted = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=40)))
    proof = merkle.set_proof(node_at, wanted, size)
    assert root_of_set({index: hashes[index] for index in wanted}, size, proof) == frontier.root


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_what_is_not_in_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion(nodes_of(numbered(3)), index, size)
    with pytest.raises(ValueError, match="no leaf"):
        merkle.root_of_inclusion(bytes(32), index, size, [])


def test_leaves_are_asked_for_in_order_and_trees_only_grow() -> None:
    for wanted in ([1, 0], [1, 1], [3], [-1]):
        with pytest.raises(ValueError, match="ascending"):
            merkle.set_proof(nodes_of(numbered(3)), wanted, 3)
    for old, new in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="grows"):
            merkle.consistency(nodes_of(numbered(4)), old, new)
    assert merkle.is_consistent(0, 3, EMPTY_ROOT, plain(numbered(3)), [])
    assert not merkle.is_consistent(0, 3, bytes(32), plain(numbered(3)), [])


def test_a_range_without_leaves_is_the_empty_tree() -> None:
    assert merkle.range_hash(lambda *_: b"", 8, 8) == merkle.EMPTY_ROOT
