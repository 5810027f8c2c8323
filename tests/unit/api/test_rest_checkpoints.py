"""A witness asks for the newest checkpoint and for proofs, without a name; the answers hold."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.access.roles import Role
from monitor.core.checkpoint import Checkpoint, read_checkpoint
from monitor.core.merkle import is_consistent, leaf_hash, root_of_inclusion
from monitor.export.one_file import page_policy, verify_html, verify_py
from monitor.sessions.journal import describe
from schemas.log import PhaseOrdered, SignedOff, canonical
from tests.unit.api.house import House, house
from tests.unit.export.proven import check_bundle, files_of

LATEST = "/api/v1/checkpoints/latest"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


async def newest(here: House) -> Checkpoint:
    await here.registry.settled()
    await here.checkpoints.now()
    answered = await here.http.get(LATEST)
    assert answered.headers["content-type"] == "text/plain; charset=utf-8"
    return read_checkpoint(answered.text)


def hashes(answered: dict[str, list[str]]) -> list[bytes]:
    return [bytes.fromhex(text) for text in answered["hashes"]]


async def test_before_anything_is_recorded_there_is_none(here: House) -> None:
    answered = await here.http.get(LATEST)
    assert (answered.status_code, answered.json()["reason"]) == (404, "no_checkpoint")


async def test_a_witness_sees_that_the_tree_only_grew(here: House) -> None:
    session = await here.session()
    old = await newest(here)
    await here.post(f"/api/v1/sessions/{session}/notes", {"text": "calm"})
    new = await newest(here)
    assert 0 < old.size < new.size
    answered = (await here.http.get("/api/v1/checkpoints/consistency", params={"old": old.size, "new": new.size})).json()
    assert is_consistent(old.size, new.size, old.root, new.root, hashes(answered))
    assert not is_consistent(old.size, new.size, new.root, new.root, hashes(answered))
    for sizes in ((new.size, old.size), (old.size, new.size + 1)):
        refused = await here.http.get("/api/v1/checkpoints/consistency", params={"old": sizes[0], "new": sizes[1]})
        assert (refused.status_code, refused.json()["reason"]) == (404, "no_such_tree")


async def test_the_keys_are_those_that_sign(here: House) -> None:
    await here.session()
    note, keys = await newest(here), (await here.http.get("/api/v1/keys")).json()
    assert keys["origin"] == note.origin
    public = base64.b64decode(keys["keys"][-1]["public_key"])
    Ed25519PublicKey.from_public_bytes(public).verify(note.signatures[0].value, note.body.encode())


async def test_a_seal_is_in_the_tree_and_only_people_may_ask_whose(here: House) -> None:
    session = await here.session()
    note = await newest(here)
    seal = here.store.sealed[session][0]
    asked = {"session": session, "last_seq": seal.last_seq, "size": note.size}
    answered = (await here.get("/api/v1/checkpoints/inclusion", Role.AUDITOR, **asked)).json()
    assert root_of_inclusion(leaf_hash(canonical(seal)), answered["place"], note.size, hashes(answered)) == note.root
    assert (await here.http.get("/api/v1/checkpoints/inclusion", params=asked)).status_code == 401
    for wrong in ({"session": "S-000009"}, {"last_seq": 999}, {"size": note.size + 1}):
        refused = await here.get("/api/v1/checkpoints/inclusion", Role.AUDITOR, **asked | wrong)
        assert (refused.status_code, refused.json()["reason"]) == (404, "no_such_leaf")


async def test_a_signature_is_under_the_last_seal_and_the_newest_checkpoint(here: House) -> None:
    """Sent again, the request is answered with what it did, though the record has gone on."""
    session = await here.session()
    note = await newest(here)
    for phase in ("baseline", "infusing", "recovery"):
        await here.post(f"/api/v1/sessions/{session}/phase", {"phase": phase, "override": "no device at hand"})
    await here.registry.settled()
    last = here.store.sealed[session][-1]
    once = {"idempotency-key": "sign-off-1"}
    path, body = f"/api/v1/sessions/{session}/sign-off", b'{"meaning": "fit to leave"}'
    signed = (await here.post_raw(path, body, **once)).json()["entries"][0]
    under = {"digest": last.digest, "seq": last.last_seq, "root": note.note.split("\n")[2], "size": note.size}
    assert signed["body"] | {"under": under, "name": "clinician", "by": "clinician", "meaning": "fit to leave"} == signed["body"]
    again = (await here.post_raw(path, body, **once)).json()
    assert again["was_done"]
    assert again["entries"] == [signed]
    ordered = [entry.body for entry in here.store.logs[session] if isinstance(entry.body, PhaseOrdered)]
    assert [(each.name, each.under is not None) for each in ordered] == [("clinician", True)] * 3
    data = (await here.get(f"/api/v1/sessions/{session}/export", Role.AUDITOR, format="bundle")).content
    assert note.note in files_of(data)["checkpoints.txt"].decode()
    verdict = check_bundle(data, pinned=here.checkpoints.keyring.key.public)
    assert verdict.is_verified, verdict.lines  # what the monitor lets people sign under is what the verifier finds
    said = [describe(entry.body) for entry in here.store.logs[session] if isinstance(entry.body, SignedOff)]
    assert said == [
        f"Signed by clinician (clinician): fit to leave [under entry {last.last_seq}, digest {last.digest[:16]}, checkpoint {note.size}]"
    ]


async def test_a_whole_bundle_from_the_running_monitor_is_verified(here: House) -> None:
    """All parts, a checkpoint of this moment: no seal is left uncovered. The page and the program are there for whoever asks."""
    session = await here.session()
    await here.post(f"/api/v1/sessions/{session}/notes", {"text": "calm"})
    data = (await here.get(f"/api/v1/sessions/{session}/export", Role.AUDITOR, format="bundle")).content
    verdict = check_bundle(data, pinned=here.checkpoints.keyring.key.public)
    assert verdict.is_verified, verdict.lines
    assert not any("under no checkpoint" in line for line in verdict.lines)
    page, program = await here.http.get("/api/v1/verify.html"), await here.http.get("/api/v1/verify.py")
    assert page.headers["content-security-policy"] == page_policy()
    assert (page.content, program.content) == (verify_html(), verify_py())
