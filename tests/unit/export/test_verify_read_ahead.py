"""The verifier reads ahead in a second thread: what it says is what it says where each block is read when it is needed."""

import io
import random
from concurrent.futures import Future, wait
from threading import Event

import pytest

from monitor.export.verify import Verdict, lines, record, verify_record
from monitor.export.verify.lines import Lines
from tests.unit.export.edits import edited
from tests.unit.export.proven import bundle_of, check_bundle, ring
from tests.unit.export.session_log import check, exported, key_of, short_log, signed_again

SEED = 20_261_123
BLOCK = 1 << 12


def flipped(draw: random.Random, data: bytes) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :]


def fill_when_needed(self: Lines) -> bool:
    block = self.stream.read(lines.LINES_BLOCK)
    self._gone.update(self.held[: self.at])
    self.held, self.at = self.held[self.at :] + block, 0
    return bool(block)


def test_the_verdict_is_that_of_one_thread(monkeypatch: pytest.MonkeyPatch):
    """Records and bundles: honest, flipped, with structural edits, and signed again by a forger."""
    draw, read_on, ahead = random.Random(SEED), Lines._read_on, 0
    records = [exported(short_log(measurements=count), ring().key) for count in (60, 121)]
    bundles = [bundle_of(short_log(measurements=60)), bundle_of(short_log(measurements=60, salt="5a" * 32), is_deidentified=True)]
    records += [flipped(draw, draw.choice(records[:2])) for _ in range(150)]
    records += [signed_again(record.replace(b'"seq":2', b'"seq":3', number), key_of(2)) for number, record in enumerate(records[:2], 1)]
    bundles += [edited(draw, draw.choice(bundles[:2]))[1] for _ in range(60)] + [flipped(draw, bundles[0]) for _ in range(20)]

    def verdicts() -> list[Verdict]:
        return [*map(check, records), *(check_bundle(data, pinned=ring().key.public) for data in bundles)]

    def counted(self: Lines, gone: memoryview) -> bytes:
        nonlocal ahead
        ahead += 1
        return read_on(self, gone)

    monkeypatch.setattr(Lines, "_read_on", counted)
    verify_record(io.BytesIO(records[0]), "S.jsonl")
    assert ahead == 0, "a file of one block needs no second thread"
    monkeypatch.setattr(lines, "LINES_BLOCK", BLOCK)
    said = verdicts()
    assert ahead > 1_000
    monkeypatch.setattr(Lines, "_fill", fill_when_needed)
    alone = verdicts()
    assert said == alone
    assert sum(verdict.is_verified for verdict in alone) == 4
    assert sum(verdict.seq is not None for verdict in alone) > 100


class Broken(io.BytesIO):
    """A disk that cannot be read from a place on, and says so when it is `told` to."""

    def __init__(self, data: bytes, good: int) -> None:
        super().__init__(data)
        self._good = good
        self.told = Event()
        self.lines = Lines(self)

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() < self._good:
            return super().read(size)
        self.told.wait(10)
        raise OSError("cannot be read")

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        is_alone = self.lines._coming is None or self.lines._coming.done()
        self.told.set()
        assert is_alone, "the other thread is reading here"
        return super().seek(offset, whence)


@pytest.mark.parametrize(("was", "said"), [(b'"seq":12,', b'"seq":14,'), (b'"seq":12,', b'"seq":12.'), (b'"none"', b'"nine"')])
def test_what_cannot_be_read_is_said_after_what_was_changed_before_it(was: bytes, said: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "LINES_BLOCK", BLOCK)
    data = exported(short_log(measurements=120))
    bad = data.rindex(was, 0, data.index(b'"seq":12,') + 9)
    assert BLOCK < bad < 2 * BLOCK, "the third block is being read when the second is looked at"
    slow = Broken(data[:bad] + said + data[bad + len(said) :], 2 * BLOCK)

    def waited(futures: list[Future[bytes]]) -> None:
        slow.told.set()
        wait(futures)

    monkeypatch.setattr(lines, "wait", waited)
    monkeypatch.setattr(record, "Lines", lambda stream: stream.lines)
    verdict = verify_record(slow, "S.jsonl")
    assert (verdict.is_verified, verdict.seq) == (False, 12)


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "LINES_BLOCK", BLOCK)
    broken = Broken(exported(short_log(measurements=120)), 3 * BLOCK)
    broken.told.set()
    with pytest.raises(OSError, match="cannot be read"):
        verify_record(broken, "S.jsonl")
