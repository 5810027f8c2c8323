"""A file does one thing, a function fits on a screen. The aim is 200 and 40 lines; these are the bounds that stop a drift."""

import ast

from tests.architecture import tree

FILE_LINES = 400
FUNCTION_LINES = 60


def test_files_are_short() -> None:
    code = [path for path in tree.texts() if path.suffix in {".py", ".mjs", ".js", ".css"} and "vendor" not in path.parts]
    long = {str(path): lines for path in code if (lines := tree.read(path).count("\n")) > FILE_LINES}
    assert not long, f"over {FILE_LINES} lines, split by idea: {long}"


def test_functions_are_short() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": lines
        for path in tree.python()
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    }
    assert not long, f"over {FUNCTION_LINES} lines: {long}"
