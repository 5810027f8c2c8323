"""A witness takes a tree that grew and refuses one that was rewritten, cut or exchanged; its signature is cosignature/v1."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from monitor.cli import app
from monitor.core import merkle
from monitor.core.checkpoint import Checkpoint, note_key, read_checkpoint
from monitor.export.proof_files import Growth, hexed
from monitor.export.signing import KEY_FILE, open_key
from monitor.export.verify import Refused
from monitor.export.verify.notes import read_notes
from monitor.export.witness import Fetch, cosign, keep, look, read_kept
from schemas.log import canonical
from tests.unit.export.proven import Installation, ring
from tests.unit.export.session_log import Log, short_log

PUBLIC = ring().key.public


async def served(made: Installation) -> Fetch:
    """What the addresses answer, worked out beforehand."""
    newest = await made.checkpoints.now()
    assert newest is not None
    answers = {"/keys": made.keyring.published(), "/checkpoints/latest": newest.note.encode()}
    for old in range(1, newest.size):
        hashes = await made.proofs.prove(lambda node_at, old=old: merkle.consistency(node_at, old, newest.size))  # type: ignore[misc]
        answers[f"/checkpoints/consistency?old={old}&new={newest.size}"] = canonical(Growth(hexed(hashes), newest.size, old))
    return answers.__getitem__


@pytest.fixture
async def made() -> Installation:
    made = Installation()
    await made.record(short_log("S-000001"))
    return made


async def test_a_tree_that_grew_is_taken_and_one_that_stayed(made: Installation):
    first = look(await served(made), PUBLIC, None)
    assert first.is_new
    assert not look(await served(made), PUBLIC, first.checkpoint).is_new
    await made.record(short_log("S-000002"))
    second = look(await served(made), PUBLIC, first.checkpoint)
    assert second.is_new
    assert second.checkpoint.size > first.checkpoint.size


async def test_history_that_was_rewritten_is_refused(made: Installation):
    """Somebody with the database and the key makes the same tree anew, with one entry fewer in its first session."""
    kept = look(await served(made), PUBLIC, None).checkpoint
    other = Installation()
    await other.record(short_log("S-000001", measurements=29))
    await other.record(short_log("S-000002"))
    with pytest.raises(Refused, match="history was rewritten"):
        look(await served(other), PUBLIC, kept)


async def test_a_tree_that_was_cut_or_exchanged_is_refused(made: Installation):
    kept = look(await served(made), PUBLIC, None).checkpoint
    shorter, same_size = Installation(), Installation()
    await shorter.record(_cut(short_log("S-000001"), 9))
    with pytest.raises(Refused, match="it was cut"):
        look(await served(shorter), PUBLIC, kept)
    await same_size.record(short_log("S-000007"))
    with pytest.raises(Refused, match="another than the one that was kept"):
        look(await served(same_size), PUBLIC, kept)


def _cut(log: Log, seals: int) -> Log:
    log.seals = log.seals[:seals]
    log.entries = log.entries[: log.seals[-1].last_seq]
    return log


async def test_a_checkpoint_of_another_key_is_refused(made: Installation, tmp_path: Path):
    with pytest.raises(Refused, match="none of its installation's"):
        look(await served(made), open_key(tmp_path).public, None)


async def test_the_signature_is_a_cosignature_and_the_verifier_passes_it_by(made: Installation, tmp_path: Path):
    own, seen = open_key(tmp_path), look(await served(made), PUBLIC, None).checkpoint
    signed = cosign(seen, "witness.example", own, 1_795_000_000)
    mine = signed.signatures[-1]
    assert mine.key == note_key("witness.example", own.public, 4)
    assert int.from_bytes(mine.value[:8], "big") == 1_795_000_000
    message = b"cosignature/v1\ntime 1795000000\n" + seen.body.encode()
    Ed25519PublicKey.from_public_bytes(own.public).verify(mine.value[8:], message)
    (note,) = read_notes(signed.note.encode(), ring().origin, [PUBLIC])
    assert (note.size, note.others) == (seen.size, 1)


async def test_what_was_kept_is_read_again_and_a_spoilt_memory_is_refused(made: Installation, tmp_path: Path):
    path, seen = tmp_path / "checkpoint.txt", look(await served(made), PUBLIC, None).checkpoint
    assert read_kept(path) is None
    keep(path, seen)
    assert read_kept(path) == seen == read_checkpoint(path.read_text())
    assert isinstance(seen, Checkpoint)
    path.write_text("x")
    with pytest.raises(Refused, match="not the checkpoint that was kept"):
        read_kept(path)


def test_a_monitor_that_does_not_answer_is_no_verdict(tmp_path: Path):
    arguments = [
        "witness",
        "http://127.0.0.1:9",
        "--key",
        ring().key.public_text,
        "--state",
        str(tmp_path / "c"),
        "--witness-dir",
        str(tmp_path),
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 2
    assert not (tmp_path / "c").exists()


def test_keys_are_changed_and_listed_by_the_command(tmp_path: Path):
    run = CliRunner().invoke
    first = run(app, ["keys", "change", "--data-dir", str(tmp_path)])
    assert first.exit_code == 0, first.output
    listed = run(app, ["keys", "list", "--data-dir", str(tmp_path)])
    assert listed.output == first.output
    assert [line.rsplit(", ", 1)[1] for line in listed.output.splitlines()[1:]] == ["the first", "named by the one before"]
    (tmp_path / KEY_FILE).unlink()
    assert "NOT named by the one before: it was lost" in run(app, ["keys", "list", "--data-dir", str(tmp_path)]).output
