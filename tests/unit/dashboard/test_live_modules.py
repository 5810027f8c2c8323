"""The pure modules of the screen, tested by node's own runner. The node is the one that Playwright ships."""

import os
import subprocess
from pathlib import Path

import playwright
import pytest

NODE = Path(playwright.__file__).parent / "driver" / "node"
HERE = Path(__file__).parent
LIVE = HERE.parents[2] / "dashboard" / "assets" / "live"


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_modules_do_what_their_tests_say(file: Path) -> None:
    ran = _node("--test", "--test-reporter=tap", str(file))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n# pass 0\n" not in ran.stdout, "no test ran"


@pytest.mark.parametrize("module", sorted(LIVE.glob("*.mjs")), ids=lambda path: path.name)
def test_modules_parse(module: Path) -> None:
    ran = _node("--check", str(module))
    assert ran.returncode == 0, ran.stderr


def _node(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "NODE_OPTIONS"}
    return subprocess.run((str(NODE), *arguments), capture_output=True, text=True, timeout=60, check=False, env=environment)
