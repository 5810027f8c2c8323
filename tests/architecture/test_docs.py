"""Documentation is part of the change: complete where code can tell, linked, and its map is the territory."""

import ast
import re
from pathlib import Path

import pytest

from docs import generate
from monitor.api import policy
from schemas.device_wire import RefusedReason
from schemas.log import Body
from schemas.measurement import Reason
from schemas.vitals import VITAL_SIGNS
from tests.architecture import tree

PAGES = tuple(path for path in tree.files() if path.suffix == ".md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
MADE_LATER = {"docs/images/ward.png", "docs/images/session.png"} - {str(path) for path in tree.files()}


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_has_one_title_and_it_is_first(path: Path) -> None:
    outside_code = re.sub(r"^```.*?^```$", "", tree.read(path), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^# .+", outside_code, re.MULTILINE)
    assert len(titles) == 1
    assert tree.read(path).startswith(titles[0])


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_s_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(tree.read(path)):
        if "://" not in target and not target.startswith("#"):
            place = (tree.ROOT / path.parent / target.split("#")[0]).resolve()
            assert place.exists() or str(place.relative_to(tree.ROOT)) in MADE_LATER, target


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_generated_table_is_fresh(name: str) -> None:
    assert tree.read(f"docs/reference/{name}") == generate.page(name), "run `make docs` and commit the result"


def test_every_refusal_of_a_frame_is_explained() -> None:
    page = tree.read("docs/reference/errors.md")
    assert [reason for reason in RefusedReason if f"| `{reason}` |" not in page] == []


def test_every_kind_of_entry_and_every_reason_is_explained() -> None:
    page = tree.read("docs/reference/log.md")
    kinds = [body.__struct_config__.tag for body in Body.__args__]
    assert [kind for kind in kinds if f"`{kind}`" not in page] == []
    assert [reason for reason in Reason if f"`{reason}`" not in page] == []


def test_every_vital_sign_is_in_the_table_with_its_codes() -> None:
    page = tree.read("docs/reference/wire-device.md")
    for sign in VITAL_SIGNS.values():
        span = f"{sign.plausible_min}-{sign.plausible_max}"
        assert f"| `{sign.vital}` | `{sign.unit}` | {span} | {sign.mdc} {sign.mdc_name} | {sign.loinc} |" in page


def test_every_route_that_a_client_may_call_is_in_the_table() -> None:
    page = tree.read("docs/reference/api.md")
    public = [
        row.path
        for row in policy.TABLE
        if row.path.startswith(("/api/", "/auth/", "/healthz", "/readyz", "/stream", "/ingest")) and row.who != policy.NOBODY
    ]
    assert len(public) > 20
    assert [path for path in public if f"`{path}`" not in page] == []


def test_every_page_of_the_reference_can_be_found_from_the_readme() -> None:
    readme = tree.read("README.md")
    pages = [
        path
        for path in PAGES
        if path.parts[:2] in {("docs", "reference"), ("docs", "how-to"), ("docs", "tutorial"), ("docs", "explanation")}
    ]
    assert [str(path) for path in pages if str(path) not in readme] == []


ON_SCREEN = {"F1", "F4", "F5", "F6", "F8", "F9", *map(str, (*range(1, 10), 13, *range(24, 32), *range(52, 60)))}
ASKS = re.compile(r"\b(?:(F\d+)|[Aa]sks? (\d+(?:, \d+)*)|ask_(\d+)(?:_and_(\d+))?_)")


def _asks_on_the_screen() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(ask, test) as the page of the asks names them, and as the tests in the browser say of themselves, by name or docstring."""
    page = tree.read("docs/reference/asks.md").partition("## On the screen")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if re.match(r"\| F?\d", line)]
    named = {(ask, test) for asks, _, tests in rows for ask in asks.split(", ") for test in re.findall(r"`(\w+)`", tests)}
    said = set()
    for path in tree.python("tests"):
        if path.parts[:2] != ("tests", "e2e"):
            continue
        for node in tree.syntax(path).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for found in ASKS.finditer(f"{node.name.removeprefix('test_')} {ast.get_docstring(node) or ''}"):
                    said |= {(ask, node.name) for group in found.groups() if group for ask in group.split(", ")}
    return named, said


def test_every_ask_about_the_screen_has_its_test_in_a_browser() -> None:
    named, said = _asks_on_the_screen()
    assert named == said
    assert {ask for ask, _ in named} == ON_SCREEN


def test_every_answered_ask_has_its_test() -> None:
    """The page of the asks names exactly the tests that there are; a control belongs to its test."""
    page = tree.read("docs/reference/asks.md").partition("## On the screen")[0]
    named = set(re.findall(r"`(test_(?:ask_\d\d|f\d\d)_\w+)`", page))
    there = {
        node.name
        for path in tree.python("tests")
        if path.parts[:2] == ("tests", "asks")
        for node in tree.syntax(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_") and "_control_" not in node.name
    }
    assert named == there


def test_the_map_is_the_territory() -> None:
    """The tree in the architecture page names exactly the folders that there are; below tests/ one level is drawn."""
    block = re.search(r"^## The tree\n\n```\n(.*?)^```$", tree.read("docs/explanation/architecture.md"), re.MULTILINE | re.DOTALL)
    assert block
    drawn: set[str] = set()
    trail: list[str] = []
    for line in block[1].splitlines():
        indent, name = re.match(r"( *)(\S+)/", line).groups()  # type: ignore[union-attr]  # a line that does not fit fails the test
        trail = [*trail[: len(indent) // 2], name]
        drawn.add("/".join(trail))
    folders = {
        "/".join(path.parts[:depth])
        for path in tree.files()
        for depth in range(1, len(path.parts))
        if not path.parts[0].startswith(".") and not (path.parts[0] == "tests" and depth > 2)
    }
    assert drawn == folders
