"""Names guard: modules are named for what they hold, and nothing in the project names a machine, a registry or an unfinished thought."""

import re
from pathlib import Path

from tests.architecture import tree

SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "stuff"}

# Written in pieces, so that this file does not contain what it forbids.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(work|home/\w+|Users/\w+|root)/",
    "a registry's host": r"\b(pypi\.or" + r"g|pythonhosted\.or" + r"g|registry\.npmj" + r"s|deb\.debia" + r"n)",
    "an index in pip's words": r"--(extra-)?index-" + r"url|--find-" + r"links",
    "an unfinished thought": r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b",
}


def test_modules_are_named_for_what_they_hold() -> None:
    assert not {str(path) for path in tree.python() if path.stem in SAYS_NOTHING or path.parent.name in SAYS_NOTHING}


def test_nothing_forbidden_stands_in_a_file() -> None:
    found = [
        f"{path}:{number}: {what}: {line.strip()[:80]}"
        for path in tree.texts()
        if "vendor" not in path.parts
        for number, line in enumerate(tree.read(path).splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]
    assert not found, "\n".join(found)


def test_the_lock_that_names_hosts_is_not_here() -> None:
    assert Path("uv.lock") not in tree.files()
