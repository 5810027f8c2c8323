"""A test that sleeps for time to pass is a bug, a test that is skipped proves nothing, and a test file holds a test."""

import ast
from pathlib import Path

from tests.architecture import tree

WAITS = {"sleep", "wait_for_timeout"}
POLL_S = 0.05
SKIPS = {"skip", "skipif", "xfail", "importorskip"}


def _tests() -> tuple[Path, ...]:
    return tuple(path for path in tree.python("tests") if path != Path("tests/architecture/test_tests.py"))


def test_no_test_sleeps() -> None:
    """`asyncio.sleep(0)` gives way to other tasks; a loop that asks a process for a condition may wait a moment between two questions."""
    sleeps = {
        f"{path}:{node.lineno}"
        for path in _tests()
        for node in set(_waits(tree.syntax(path))) - {wait for loop in _loops(path) for wait in _waits(loop) if _is_moment(wait)}
        if not _is_zero(node)
    }
    assert not sleeps, f"wait for a condition or move a ManualClock: {sorted(sleeps)}"


def test_no_test_is_skipped() -> None:
    skips = {
        f"{path}:{node.lineno}"
        for path in _tests()
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.Attribute) and node.attr in SKIPS and "pytest" in ast.unparse(node.value)
    }
    assert not skips


def test_every_test_file_has_a_test() -> None:
    empty = {
        str(path) for path in _tests() if path.name.startswith("test_") and not any(_is_test(node) for node in ast.walk(tree.syntax(path)))
    }
    assert not empty


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name.lower().startswith("test")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _waits(node: ast.AST) -> list[ast.Call]:
    return [call for call in ast.walk(node) if isinstance(call, ast.Call) and _name(call.func) in WAITS]


def _loops(path: Path) -> list[ast.While]:
    return [node for node in ast.walk(tree.syntax(path)) if isinstance(node, ast.While)]


def _seconds(call: ast.Call) -> float | None:
    argument = call.args[0] if len(call.args) == 1 else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, int | float) else None


def _is_moment(call: ast.Call) -> bool:
    seconds = _seconds(call)
    return seconds is not None and seconds <= POLL_S


def _is_zero(call: ast.Call) -> bool:
    return _seconds(call) == 0
