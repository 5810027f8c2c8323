"""Checkpoints are C2SP notes: the published example of a signed note, and one form of each."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.core import checkpoint
from monitor.core.checkpoint import MAX_NOTE, Checkpoint, Signature, note_key, read_checkpoint, signature_line
from monitor.core.merkle import EMPTY_ROOT

# golang.org/x/mod/sumdb/note: the verifier key PeterNeumann+c74f20a3+ARpc2Qc... and a text that it signed.
PUBLIC = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
SIGNED = Checkpoint("infusion-monitor/00ff", 17, EMPTY_ROOT, (Signature("infusion-monitor/00ff", b"abcd", b"e" * 64),))


def test_the_published_note() -> None:
    value = base64.b64decode(LINE.split(" ")[2])
    assert note_key("PeterNeumann", PUBLIC).hex() == "c74f20a3"
    assert value[:4] == note_key("PeterNeumann", PUBLIC)
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(value[4:], TEXT)
    assert signature_line("PeterNeumann", value) == LINE


def test_a_note_is_read_as_it_was_written() -> None:
    assert read_checkpoint(SIGNED.note) == SIGNED
    assert SIGNED.body == "infusion-monitor/00ff\n17\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert SIGNED.note.startswith(SIGNED.body + "\n\u2014 infusion-monitor/00ff ")


def test_a_witness_signs_the_body_with_the_time_before_it() -> None:
    """As C2SP tlog-cosignature has it: two lines, and the body without the empty line after it."""
    assert checkpoint.cosigned(SIGNED.body, 1_795_000_000) == b"cosignature/v1\ntime 1795000000\n" + SIGNED.body.encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n17\n", "\n017\n"),
        ("\n17\n", "\n-1\n"),
        ("\n17\n", "\n17\n\n"),
        ("SuFU=", "SuFV="),  # the spare bits of base64
        ("SuFU=\n", "SuFU=\nmore\n"),
        ("infusion-monitor/00ff\n", "infusion monitor\n"),
        ("\u2014 ", "- "),
        ("\u2014 infusion-monitor/00ff ", "\u2014 infusion-monitor/00ff  "),
        ("\n\n", "\n"),
        ("\u2014", "\n\u2014"),
    ],
)
def test_there_is_one_form(old: str, new: str) -> None:
    changed = SIGNED.note.replace(old, new, 1)
    assert changed != SIGNED.note
    with pytest.raises(ValueError, match="not a"):
        read_checkpoint(changed)


def test_a_note_is_whole_and_bounded() -> None:
    for text in ("", SIGNED.body, SIGNED.note[:-1], SIGNED.note + "\n", SIGNED.body + "\n" + signature_line("x", b"abcd")):
        with pytest.raises(ValueError, match=r"signature line|checkpoint"):
            read_checkpoint(text)
    with pytest.raises(ValueError, match="at most"):
        read_checkpoint(SIGNED.note + "x" * MAX_NOTE)


def test_a_note_beyond_its_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        checkpoint.read_checkpoint("x" * (checkpoint.MAX_NOTE + 1))
