"""`infusion-monitor verify`."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from monitor.cli.verify import verify
from tests.unit.export.session_log import exported, key_of, short_log

app = typer.Typer()
app.command()(verify)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_bytes(exported(short_log()))
    return path


def test_a_good_file(good: Path):
    done = CliRunner().invoke(app, [str(good), "--key", key_of().public_text])
    assert done.exit_code == 0
    assert done.stdout.startswith("VERIFIED good.jsonl\n")
    assert "Signed by the given key." in done.stdout


def test_a_bad_file_names_the_line_and_the_entry(good: Path):
    good.write_bytes(good.read_bytes().replace(b'"value_milli":97500', b'"value_milli":87500', 1))
    done = CliRunner().invoke(app, [str(good)])
    assert done.exit_code == 1
    assert done.stdout.startswith("REFUSED good.jsonl\nline 6, entry seq 3: the entry was changed")


def test_another_signer(good: Path):
    done = CliRunner().invoke(app, [str(good), "--key", key_of(2).public_text])
    assert done.exit_code == 1


@pytest.mark.parametrize("arguments", [["none.jsonl"], ["none.csv"], ["GOOD", "--key", "nonsense"], [".", "--key", "nonsense"], []])
def test_a_question_that_cannot_be_answered(good: Path, arguments: list[str]):
    done = CliRunner().invoke(app, [str(good) if argument == "GOOD" else argument for argument in arguments])
    assert done.exit_code == 2
    assert done.stderr
