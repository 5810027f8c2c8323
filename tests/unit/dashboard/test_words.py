"""Every text that a person sees stands in the catalogue (words.json), so that a translation is one file; none is missing or unused."""

import json
import re
from pathlib import Path

import pytest

DASHBOARD = Path(__file__).parents[3] / "dashboard"
MODULES = sorted((DASHBOARD / "assets").glob("live/*.mjs")) + sorted((DASHBOARD / "assets").glob("*.js"))
WORDS = json.loads((DASHBOARD / "words.json").read_text(encoding="utf-8"))

COMMENT = re.compile(r"/\*.*?\*/|(?<![:'\"`])//[^\n]*", re.DOTALL)
STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")
PATH_DATA = re.compile(r"^M[\d .]")


def literals(source: str) -> list[str]:
    return [one or other for one, other in STRING.findall(COMMENT.sub("", source))]


def is_text(literal: str) -> bool:
    """A sentence, or the beginning of one: a capital letter and a second word. Names of the platform have no space."""
    if PATH_DATA.match(literal):
        return False
    return re.match(r"[A-Z][a-z]+ [A-Za-z]", literal) is not None


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_holds_a_text_of_its_own(module: Path) -> None:
    source = COMMENT.sub("", module.read_text(encoding="utf-8"))
    assert [literal for literal in literals(source) if is_text(literal)] == []
    templates = re.findall(r"`([^`]*)`", source)
    assert [text for text in templates if re.match(r"[A-Z][a-z]+ [a-z]+ ", text)] == []


def test_a_text_would_be_found() -> None:
    """The control."""
    assert [one for one in literals('el("b", {}, "Pause the sound") // "Not this one"') if is_text(one)] == ["Pause the sound"]


def test_every_text_that_a_module_asks_for_is_in_the_catalogue() -> None:
    missing = []
    for module in MODULES:
        for path in re.findall(r"(?<!/)\bwords((?:\.[a-z_0-9]+)+)\b(?![(\[])", module.read_text(encoding="utf-8")):
            at = WORDS
            for key in path.strip(".").split("."):
                at = at.get(key) if isinstance(at, dict) else None
            if at is None:
                missing.append(f"{module.name}: words{path}")
    assert missing == []


def test_every_top_part_of_the_catalogue_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in [*MODULES, *DASHBOARD.rglob("*.py")])
    assert [part for part in WORDS if not re.search(rf"words\.{part}\b|WORDS\[\"{part}\"\]", code)] == []
