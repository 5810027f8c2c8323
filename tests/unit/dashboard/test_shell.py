"""What the page says without any script, the texts, and the pages."""

import json
import re
from pathlib import Path

import pytest

from dashboard.components.live import Header, Record, Session, Ward
from dashboard.pages import is_page, page_at
from dashboard.shell import index_string, layout
from dashboard.words import WORDS, catalogue
from schemas.alert import Priority
from schemas.measurement import Mode, Reason
from schemas.session import Phase, Treatment
from schemas.signs import SIGNS, Charted
from schemas.vitals import VITAL_SIGNS, Unit

ASSETS = Path(__file__).parents[3] / "dashboard" / "assets"
OWN = [path for path in sorted(ASSETS.rglob("*")) if path.suffix in {".js", ".mjs", ".css", ".svg"} and "vendor" not in path.parts]


def test_the_secondary_display_notice_stands_in_the_page_itself() -> None:
    assert "Secondary display. The bedside monitor stays the primary alarm." in index_string("/assets/0")


def test_without_scripts_the_page_is_not_live() -> None:
    index = index_string("/assets/0")
    assert 'data-feed="connecting"' in index
    assert 'id="not-live"' in index
    assert WORDS["not_live"]["do"] in index


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", Ward), (None, Ward), ("/session/S-000003", Session), ("/record/S-000003", Record)],
    ids=["ward", "before the address is known", "session", "record"],
)
def test_a_path_shows_its_page(path: str | None, kind: type) -> None:
    assert isinstance(page_at(path), kind)


@pytest.mark.parametrize(
    "path", ["/session", "/session/", "/session/S-3", "/session/S-000003/x", "/record", "/record/3", "/nope", "//", "/session/<script>"]
)
def test_any_other_path_is_no_page_and_says_so(path: str) -> None:
    assert not is_page(path)
    assert WORDS["not_found"]["title"] in str(page_at(path))


def test_a_session_page_carries_its_id_as_data() -> None:
    page = page_at("/session/S-000003")
    assert page.to_plotly_json()["props"] == {"id": "session-S-000003", "session": "S-000003"}


def test_the_header_is_on_every_page() -> None:
    assert any(isinstance(part, Header) for part in layout().children)


def test_no_text_can_end_the_element_that_carries_the_catalogue() -> None:
    assert "<" not in catalogue()
    assert json.loads(catalogue())["words"] == WORDS


def test_the_scripts_know_every_vital_sign() -> None:
    vitals = json.loads(catalogue())["vitals"]
    assert {name: row["is_cuff"] for name, row in vitals.items()} == {sign.vital.value: sign.is_cuff for sign in VITAL_SIGNS.values()}


def test_the_scripts_know_every_charted_sign_and_no_scale_names_a_value_that_cannot_be_charted() -> None:
    signs = json.loads(catalogue())["signs"]
    assert set(signs) == set(Charted)
    assert {sign for sign, row in signs.items() if row["is_yes_no"]} == {sign for sign in Charted if SIGNS[sign].unit == "1"}
    for sign, scale in WORDS["chart"]["scales"].items():
        assert sorted(map(int, scale)) == list(range(signs[sign]["low"], signs[sign]["high"] + 1))


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("phases", Phase),
        ("since", Phase),
        ("reasons", Reason),
        ("treatments", Treatment),
        ("units", Unit),
    ],
)
def test_every_code_has_words(part: str, values: type[Phase] | type[Reason] | type[Treatment] | type[Unit]) -> None:
    assert set(WORDS[part]) == {value.value for value in values}


def test_every_mode_but_real_and_every_priority_has_words() -> None:
    assert {mode.value for mode in Mode if mode is not Mode.REAL} <= set(WORDS["modes"])
    assert {priority.value for priority in Priority} <= set(WORDS["header"]["counts"])


@pytest.mark.parametrize("file", OWN, ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere_and_nothing_is_parsed_as_html(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://[^\s\"'`)]+", text)) - {"http://www.w3.org/2000/svg"}
    assert not hosts
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_every_text_a_module_asks_for_exists() -> None:
    """`words.a.b` anywhere, and `text.b` where the module says `const text = words.a`."""
    missing: list[str] = []
    for file in sorted((ASSETS / "live").glob("*.mjs")):
        source = file.read_text(encoding="utf-8")
        prefix = re.search(r"^const text = words\.(\w+);", source, re.MULTILINE)
        asked = [path.split(".") for path in re.findall(r"(?<![\w./])words\.([\w.]+)", source)]
        asked += [[prefix[1], *path.split(".")] for path in re.findall(r"(?<![\w.])text\.(\w+)", source)] if prefix else []
        missing += [f"{file.name}: {'.'.join(path)}" for path in asked if not _found(path)]
    assert not missing


def _found(path: list[str]) -> bool:
    """Whether the catalogue has the path. What follows a text (a method of it) is not looked up."""
    here: object = WORDS
    for name in path:
        if not isinstance(here, dict):
            return True
        if name not in here:
            return False
        here = here[name]
    return True


def test_vendored_files_carry_their_licences() -> None:
    for folder in ("inter",):
        assert (ASSETS / "vendor" / folder / "LICENSE").stat().st_size > 500
