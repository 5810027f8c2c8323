"""That the seals of a record are in the tree that the newest checkpoint names, and that the older checkpoints are its beginnings."""

from typing import Any, Final

from monitor.export.verify import canonical
from monitor.export.verify.manifest import read_canonical_file
from monitor.export.verify.notes import Note
from monitor.export.verify.tree import HASH_BYTES, grows_into, read_hashes, root_of_leaves
from monitor.export.verify.verdict import Refused
from monitor.export.verify.walk import Walk

PROOFS_FILE: Final = "proofs.json"
PROOFS_FORMAT: Final = "infusion-monitor/proofs/1"
PROOFS_KEYS: Final = {"consistency", "format", "hashes", "leaves", "session", "size"}


def check_proofs(content: bytes, walk: Walk, notes: list[Note]) -> int:
    """How many seals of the record the newest checkpoint covers. Raises Refused."""
    proofs = read_canonical_file(content, PROOFS_FILE, PROOFS_KEYS)
    size = notes[-1].size if notes else 0
    if (proofs["format"], proofs["session"]) != (PROOFS_FORMAT, walk.session) or not canonical.is_equal(proofs["size"], size):
        raise Refused("it is of another session, another form, or another tree than the newest checkpoint's", file=PROOFS_FILE)
    try:
        leaves = _leaves(proofs["leaves"], walk, size)
        root = root_of_leaves(leaves, size, read_hashes(proofs["hashes"])) if size else b""
    except (ValueError, RecursionError) as error:
        raise Refused(str(error), file=PROOFS_FILE) from error
    if notes and not canonical.is_same(root, notes[-1].root):
        raise Refused("the seals of the record are not those that the newest checkpoint was signed for", file=PROOFS_FILE)
    _check_growth(proofs["consistency"], notes)
    return len(leaves)


def _leaves(stated: object, walk: Walk, size: int) -> list[tuple[int, bytes]]:
    """Place and hash of the first seals of the record, one after the other. Raises ValueError."""
    if not isinstance(stated, list) or len(stated) > walk.seals:
        raise ValueError("it names more seals than the record has")
    leaves: list[tuple[int, bytes]] = []
    before = -1
    for number, leaf in enumerate(stated):
        if not isinstance(leaf, list) or len(leaf) != 2 or type(leaf[0]) is not int or not before < leaf[0] < size:
            raise ValueError("its leaves are not places in the tree in ascending order")
        if not canonical.is_equal(leaf[1], walk.seal_seqs[number]):
            raise ValueError(f"its seal {number + 1} is said to end at entry {leaf[1]!r}, the record's ends at {walk.seal_seqs[number]}")
        before = leaf[0]
        leaves.append((before, bytes(walk.leaves[number * HASH_BYTES : (number + 1) * HASH_BYTES])))
    return leaves


def _check_growth(stated: Any, notes: list[Note]) -> None:
    older = notes[:-1]
    if not isinstance(stated, list) or len(stated) != len(older):
        raise Refused("it holds not one proof for each older checkpoint", file=PROOFS_FILE)
    for note, growth in zip(older, stated, strict=True):
        if not isinstance(growth, dict) or set(growth) != {"hashes", "new", "old"}:
            raise Refused("a proof of growth holds hashes, new and old", file=PROOFS_FILE)
        if not canonical.is_equal([growth["old"], growth["new"]], [note.size, notes[-1].size]):
            raise Refused(f"there is no proof of growth from the checkpoint of {note.size} to the newest", file=PROOFS_FILE)
        try:
            root = grows_into(note.size, note.root, notes[-1].size, read_hashes(growth["hashes"]))
        except ValueError as error:
            raise Refused(str(error), file=PROOFS_FILE) from error
        if not canonical.is_same(root, notes[-1].root):
            raise Refused(
                f"the tree of the newest checkpoint did not grow out of that of {note.size}: history was rewritten", file=PROOFS_FILE
            )
