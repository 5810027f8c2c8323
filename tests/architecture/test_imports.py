"""What the import contracts cannot say: the core's allow-list, and that every third-party import is a declared dependency."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.architecture import tree

CORE_MAY_IMPORT = {
    "base64", "bisect", "collections", "collections.abc", "dataclasses", "decimal", "enum", "fractions", "functools", "hashlib", "heapq",
    "hmac", "itertools", "math", "operator", "re", "statistics", "typing",
    "msgspec", "msgspec.structs",  # the value types are its structs
    "tomllib",  # a rule set is decoded from text that somebody else has read
}  # fmt: skip

# Part of a declared framework's public interface: imported by its own name, released with its framework.
COMES_WITH = {"starlette": "fastapi", "pydantic": "fastapi", "sqlalchemy": "sqlmodel", "plotly": "dash"}


def test_the_core_is_pure() -> None:
    """No I/O, no asyncio, no logging, no randomness, no clock: what it may import is a list."""
    strange = {
        f"{path}: {name}"
        for path in tree.python("monitor")
        if path.parts[1] == "core"
        for name in tree.imported(path) - CORE_MAY_IMPORT
        if not name.startswith(("schemas.", "monitor.core"))
    }
    assert not strange


def test_every_third_party_import_is_a_declared_dependency() -> None:
    project = tomllib.loads(tree.read("pyproject.toml"))["project"]
    lines = [*project["dependencies"], *(line for extra in project.get("optional-dependencies", {}).values() for line in extra)]
    declared = {_normal(line) for line in lines}
    own = {*tree.PACKAGES, *sys.stdlib_module_names}
    distributions = packages_distributions()
    undeclared = {
        f"{path}: {top}"
        for path in tree.python(*tree.PACKAGES)
        for top in {name.partition(".")[0] for name in tree.imported(path)} - own
        if not declared & {_normal(name) for name in (COMES_WITH.get(top, ""), *distributions.get(top, [top])) if name}
    }
    assert not undeclared


def _normal(requirement: str) -> str:
    """dash[fastapi]>=4.4.1,<4.5 -> dash"""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()
