"""The pure modules of the screen, tested by node's own runner."""

from pathlib import Path

import pytest

from tests.support.node import LIVE, run_node

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_modules_do_what_their_tests_say(file: Path) -> None:
    ran = run_node("--test", "--test-reporter=tap", str(file))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n# pass 0\n" not in ran.stdout, "no test ran"


@pytest.mark.parametrize("module", sorted(LIVE.glob("*.mjs")), ids=lambda path: path.name)
def test_modules_parse(module: Path) -> None:
    ran = run_node("--check", str(module))
    assert ran.returncode == 0, ran.stderr
