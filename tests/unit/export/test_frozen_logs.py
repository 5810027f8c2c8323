"""Exports of earlier versions, kept as they were written: they still verify, and still give back their alerts when judged again.

A file here is never made anew. A change of the log's form adds one: an export of a whole session by the last version before it.
"""

from pathlib import Path

import pytest

from monitor.backtest.log_file import entries
from monitor.cli.check import judge_again
from monitor.core.committed import committed
from monitor.export.verify import verify_file
from schemas.log import SessionCreated

LOGS = sorted((Path(__file__).parents[2] / "fixtures" / "logs").glob("*.jsonl"))


def test_there_are_some():
    assert LOGS[0].name == "v1-2026-11.jsonl"


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_log_of_an_earlier_version_verifies_and_raises_the_same_alerts(path: Path, capsys: pytest.CaptureFixture[str]):
    assert verify_file(path).is_verified
    assert judge_again(path), capsys.readouterr().out


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_changed_one_does_neither(path: Path, tmp_path: Path):
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(path.read_bytes().replace(b'"kind":"rate_set"', b'"kind":"rate_sat"', 1))
    assert changed.read_bytes() != path.read_bytes()
    assert not verify_file(changed).is_verified


def test_the_de_identified_one_is_what_is_made_of_the_full_one_today():
    full, hidden = (list(entries(LOGS[0].with_name(f"{name}.jsonl"))) for name in ("v2-2026-11", "v2-deidentified-2026-11"))
    created = full[0].body
    assert isinstance(created, SessionCreated)
    assert created.salt is not None
    assert [committed(entry, created.salt) for entry in full] == hidden
