"""Beside a running monitor, in processes of their own: every export is in the access log, whose chain is whole, and the monitor goes on."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.running import demo, run


def rows(folder: Path) -> list[dict[str, object]]:
    """Of exports; the chain over the whole log was checked."""
    done = run("audit", "--data-dir", str(folder), "--kind", "export", "--check", "--json")
    assert done.returncode == 0, done.stderr
    assert "whole" in done.stderr
    return [json.loads(line)["row"] for line in done.stdout.splitlines()]


def test_three_at_once_beside_the_monitor_and_one_after_it_are_four_rows(tmp_path: Path) -> None:
    folder, session = tmp_path / "data", "S-000001"
    with demo(folder, "--beds", "1"):
        export = [sys.executable, "-m", "monitor.cli", "export", session, "--data-dir", str(folder), "--out"]
        begun = [subprocess.Popen([*export, str(tmp_path / f"{number}.jsonl")], stderr=subprocess.PIPE, text=True) for number in range(3)]
        said = [process.communicate(timeout=120)[1] for process in begun]
        assert [process.returncode for process in begun] == [0, 0, 0], said
        found = rows(folder)
    assert sorted(str(row["detail"]) for row in found) == [f"jsonl to {number}.jsonl" for number in range(3)]
    assert {row["what"] for row in found} == {session}
    assert all(str(row["who"]).startswith("os:") for row in found)
    for number in range(3):
        assert run("verify", str(tmp_path / f"{number}.jsonl")).returncode == 0
    done = run("export", session, "--data-dir", str(folder), "--format", "bundle", "--out", str(tmp_path / "out.zip"))
    assert done.returncode == 0, done.stderr
    assert [row["detail"] for row in rows(folder)[3:]] == ["bundle to out.zip"]
