"""The table of adapters claims what tests prove, and codecs reach nothing but their arguments."""

import ast
import re

from monitor.adapters.base import Tier
from monitor.adapters.doubts import Doubt, validity_of
from monitor.adapters.registry import BUILT_IN, spec_of
from monitor.adapters.said import Said
from schemas.measurement import Validity
from tests.architecture import tree
from tests.architecture.test_imports import CORE_MAY_IMPORT

PAGE = "docs/reference/adapters.md"
SHELL = {
    "arrivals.py", "line.py", "serial_line.py", "converse.py", "redial.py", "listening.py", "registry.py", "adapter.py", "base.py",
    "http_port.py",
}  # fmt: skip
CODEC_MAY_IMPORT = CORE_MAY_IMPORT | {"binascii", "datetime", "json", "struct", "xml.etree.ElementTree", "zlib", "zoneinfo"}


def _rows() -> dict[str, list[str]]:
    return {cells[0]: cells[1:] for cells in re.findall(r"^\| `([a-z0-9-]+)` \|" + r" ([^|]*) \|" * 5 + "$", tree.read(PAGE), re.MULTILINE)}


def test_the_table_has_every_adapter_as_it_describes_itself() -> None:
    rows = _rows()
    assert list(rows) == list(BUILT_IN)
    for name, (devices, addresses, *_) in rows.items():
        assert (devices, addresses) == (spec_of(name).title, spec_of(name).addresses)


def test_a_tier_stands_on_tests_that_there_are() -> None:
    """The declared tier is the last column that names a test; none before it is empty."""
    there = {
        node.name
        for path in tree.python("tests")
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }
    for name, (_, _, *evidence) in _rows().items():
        named = [re.findall(r"`(test_\w+)`", cell) for cell in evidence]
        tier = list(Tier).index(spec_of(name).tier) + 1
        assert [bool(tests) for tests in named] == [place < tier for place in range(len(Tier))], name
        assert {test for tests in named for test in tests} <= there, name


def test_every_item_and_every_doubt_is_explained() -> None:
    page = tree.read(PAGE)
    assert [item.__name__ for item in Said.__args__ if f"| `{item.__name__}` |" not in page] == []
    rows = {
        makes: set(re.findall(r"`(\w+)`", names))
        for names, makes in re.findall(r"^\| (`not_measured`.*|`low_perf.*) \| (.*) \|$", page, re.MULTILINE)
    }
    of = {validity: {doubt for doubt in Doubt if validity_of((doubt,)) is validity} for validity in Validity}
    assert rows == {"invalid, null": of[Validity.INVALID], "questionable": of[Validity.QUESTIONABLE]}


def test_codecs_are_pure() -> None:
    """No I/O, no asyncio, no randomness and no clock in any module of the adapters but the shells."""
    pure = [path for path in tree.python("monitor") if path.parts[1] == "adapters" and path.name not in SHELL]
    assert len(pure) > 5
    strange = {
        f"{path}: {name}"
        for path in pure
        for name in tree.imported(path) - CODEC_MAY_IMPORT
        if not name.startswith(("schemas.", "monitor.adapters")) or name.rpartition(".")[2] + ".py" in SHELL - {"base.py"}
    }
    assert not strange
