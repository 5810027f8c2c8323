"""What a person's signature in the record is under is held against the seals and the checkpoints: nobody signs for another record."""

from array import array

import pytest

from monitor.export.verify import bundle
from monitor.export.verify.signed import MAX_SIGNED, Signed
from tests.unit.export.proven import check_bundle
from tests.unit.export.session_log import check, exported
from tests.unit.export.signed_logs import OF_THE_RECORD, WRONG, signed_bundle, signed_log


def test_a_signature_under_any_seal_above_it_holds():
    log = signed_log()
    assert check(exported(log)).is_verified
    assert check_bundle(signed_bundle()).is_verified


@pytest.mark.parametrize("wrong", OF_THE_RECORD)
def test_a_signature_under_another_record_is_refused_and_named(wrong: str, monkeypatch: pytest.MonkeyPatch):
    """The chain, the checks and the signature of the export are honest: only what was signed under is not."""
    log = signed_log(**WRONG[wrong])
    data, seq = exported(log), log.last_seq - 1
    verdict = check(data)
    assert (verdict.is_verified, verdict.seq) == (False, seq), verdict.lines
    assert "the signature is under" in verdict.lines[1]
    assert data.splitlines()[verdict.line - 1 if verdict.line else 0].startswith(b'{"entry":')
    monkeypatch.setattr(Signed, "take", lambda *_, **__: None)
    assert check(data).is_verified, "control: nothing else is wrong with it"


@pytest.mark.parametrize("wrong", sorted(set(WRONG) - set(OF_THE_RECORD)))
def test_a_signature_that_names_another_checkpoint_is_refused_and_named(wrong: str, monkeypatch: pytest.MonkeyPatch):
    data = signed_bundle(**WRONG[wrong])
    verdict = check_bundle(data)
    assert (verdict.is_verified, verdict.file) == (False, "record.jsonl")
    assert verdict.seq is not None
    assert "the signature names a checkpoint of" in verdict.lines[1]
    monkeypatch.setattr(bundle, "_check_signed", lambda *_: None)
    assert check_bundle(data).is_verified, "control: nothing else is wrong with it"


def named(signed: Signed, size: object, root: object) -> None:
    signed.take({"digest": bytes(32).hex(), "seq": 0, "root": root, "size": size}, array("q"), line=1, seq=1)


def test_two_signatures_do_not_name_two_roots_of_one_checkpoint_and_no_more_are_kept_than_a_bundle_holds():
    signed = Signed(bytes(32))
    for size in range(1, 3 * MAX_SIGNED):
        named(signed, size, f"root {size}")
    assert sorted(signed.checkpoints) == list(range(2 * MAX_SIGNED, 3 * MAX_SIGNED))
    with pytest.raises(ValueError, match="another root"):
        named(signed, 2 * MAX_SIGNED, "other")


@pytest.mark.parametrize("under", [[], "x", {}, {"digest": 1}, {"digest": "0" * 64, "seq": "1"}, {"digest": "0" * 64, "seq": 0, "size": 1}])
def test_what_has_not_the_form_is_refused(under: object):
    with pytest.raises(ValueError, match="fields"):
        Signed(bytes(32)).take(under, array("q"), line=1, seq=1)
