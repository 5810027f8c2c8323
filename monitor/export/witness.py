"""A witness of the installation's tree, somewhere else: keeps the newest checkpoint it has seen, signs beside it, and never accepts a tree
that did not grow out of that one.

It goes by the verifier's own functions, not the writer's: it is a stranger. What it holds fits into one small file. Its signature is C2SP
cosignature/v1: that at this time it had seen this checkpoint, and none that contradicts it.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from monitor.core.checkpoint import COSIGNATURE, Checkpoint, Signature, cosigned, note_key, read_checkpoint
from monitor.export.signing import InstallationKey
from monitor.export.verify import Refused
from monitor.export.verify.keys import check_trust, read_keys
from monitor.export.verify.notes import read_notes
from monitor.export.verify.tree import grows_into, read_hashes

Fetch = Callable[[str], bytes]  # what an address below /api/v1 answers


class Seen(msgspec.Struct, frozen=True):
    """`is_new`: the tree has grown since the checkpoint that was kept."""

    checkpoint: Checkpoint
    is_new: bool


def look(fetch: Fetch, public_key: bytes, kept: Checkpoint | None) -> Seen:
    """The newest checkpoint, after its signature and its growth were checked. Raises Refused: then somebody should be called.

    `public_key`: a key of the installation, of any time since the first; its statements are followed."""
    origin, keys, named = read_keys(fetch("/keys"))
    check_trust(public_key, keys[-1], keys, named)
    note = fetch("/checkpoints/latest")
    (found,) = read_notes(note, origin, keys)[:1] or (None,)
    if found is None:
        raise Refused("there is no checkpoint")
    seen = read_checkpoint(note.decode())
    if kept is None:
        return Seen(seen, is_new=True)
    if kept.origin != origin:
        raise Refused(f"this is the tree {origin}, the one that was kept is {kept.origin}")
    if seen.size < kept.size:
        raise Refused(f"the tree has {seen.size} leaves, it had {kept.size}: it was cut, or an old copy was put in its place")
    if seen.size == kept.size:
        if seen.root != kept.root:
            raise Refused(f"the tree of {seen.size} leaves is another than the one that was kept: history was rewritten")
        return Seen(seen, is_new=False)
    try:
        hashes = read_hashes(json.loads(fetch(f"/checkpoints/consistency?old={kept.size}&new={seen.size}"))["hashes"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("the proof of growth is none") from error
    if grows_into(kept.size, kept.root, seen.size, hashes) != seen.root:
        raise Refused(f"the tree of {seen.size} leaves did not grow out of the one of {kept.size} that was kept: history was rewritten")
    return Seen(seen, is_new=True)


def cosign(seen: Checkpoint, name: str, key: InstallationKey, at_s: int) -> Checkpoint:
    """With the witness's signature under it. `name`: without white space or `+`."""
    value = at_s.to_bytes(8, "big") + key.signature(cosigned(seen.body, at_s))
    mine = Signature(name, note_key(name, key.public, COSIGNATURE), value)
    return msgspec.structs.replace(seen, signatures=(*seen.signatures, mine))


def read_kept(path: Path) -> Checkpoint | None:
    """None where nothing was kept yet. Raises Refused for a file that is not a checkpoint: it is the witness's memory."""
    try:
        return read_checkpoint(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} is not the checkpoint that was kept: {error}") from error


def keep(path: Path, checkpoint: Checkpoint) -> None:
    """In the place of the one before; on disk when it returns."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(checkpoint.note)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
