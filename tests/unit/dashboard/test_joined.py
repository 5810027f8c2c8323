"""What the browser gets as one file is what the modules say, and what cannot be joined stops the program at its start."""

from pathlib import Path

import pytest

from dashboard.joined import MODULES, STYLES, joined
from dashboard.served import ASSETS
from tests.support.node import LIVE, run_node


def written(tmp_path: Path, **modules: str) -> Path:
    (tmp_path / "live").mkdir()
    for name, text in modules.items():
        (tmp_path / "live" / f"{name}.mjs").write_text(text)
    return tmp_path


def test_every_module_is_there_with_what_it_exports(tmp_path: Path) -> None:
    whole = tmp_path / "joined.mjs"
    whole.write_bytes(joined(ASSETS)[MODULES])
    ran = run_node("--check", str(whole))
    assert ran.returncode == 0, ran.stderr
    exported = whole.read_text().rsplit("export {", 1)[1]
    for path in LIVE.glob("*.mjs"):
        assert (f"${path.stem} as {path.stem}," in exported or f"${path.stem} as {path.stem} " in exported) != (".worker." in path.name)


def test_imports_come_before_those_who_import_them_under_the_names_they_give(tmp_path: Path) -> None:
    assets = written(
        tmp_path,
        a='import { one, two as other } from "./b.mjs";\n\nexport const sum = one() + other;\nconst kept = sum;\nexport { kept };\n',
        b="export function one() {\n  return 1;\n}\nexport const two = 2;\nexport async function late() {}\n",
    )
    asked = tmp_path / "ask.mjs"
    asked.write_bytes(joined(assets)[MODULES] + b"console.log(JSON.stringify([$a, Object.keys($b)]));")
    ran = run_node(str(asked))
    assert ran.stdout == '[{"sum":3,"kept":3},["one","two","late"]]\n', ran.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import b from "./b.mjs";', "no form of import"),
        ('import { b } from "elsewhere";', "no form of import"),
        ("export default 1;", "no form of import"),
        ("export let b = 1;", "no form of import"),
        ('import { b } from "./a.mjs";\nexport const b = 1;', "a -> a: modules import each other in a circle"),
    ],
)
def test_what_cannot_be_joined_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        joined(written(tmp_path, a=text))


def test_the_styles_are_all_there_in_their_order() -> None:
    files = sorted((ASSETS / "css").glob("*.css"))
    whole = joined(ASSETS)[STYLES]
    places = [whole.index(path.read_bytes()) for path in files]
    assert places == sorted(places)
    assert len(files) > 5
