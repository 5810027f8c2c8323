"""The hundred modules and the style sheets as one file each: a request costs a browser more than what is in it.

There is no build step: the files are joined when the program starts, and each is what the tests of its own import. A module becomes a
function that returns what it exports; the joined one exports all of them by their names. Only one form of import and two of export are
known, and all modules keep to them.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

MODULES: Final = "live/joined.mjs"
STYLES: Final = "css/joined.css"
_IMPORT: Final = re.compile(r'^import \{ ([^}]*) \} from "\./(\w+)\.mjs";$', re.MULTILINE)
_DECLARED: Final = re.compile(r"^export (?=(?:async function|function|const) (\w+))", re.MULTILINE)
_LISTED: Final = re.compile(r"^export \{ ([\w, ]+) \};$", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@cache
def joined(assets: Path) -> dict[str, bytes]:
    """Path below `assets` -> content. Raises ValueError for a module that imports or exports in another way, or in a circle."""
    return {MODULES: _modules(assets / "live"), STYLES: _styles(assets / "css")}


def _styles(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.glob("*.css")))


def _modules(folder: Path) -> bytes:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.mjs")) if ".worker." not in path.name}
    order: list[str] = []
    for name in sources:
        _after_its_imports(name, sources, order, ())
    parts = [_function(name, sources[name]) for name in order]
    return "\n".join([*parts, f"export {{ {', '.join(f'${name} as {name}' for name in order)} }};", ""]).encode()


def _after_its_imports(name: str, sources: dict[str, str], order: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"{' -> '.join((*above, name))}: modules import each other in a circle")
    if name in order:
        return
    for found in _IMPORT.finditer(sources[name]):
        _after_its_imports(found[2], sources, order, (*above, name))
    order.append(name)


def _function(name: str, source: str) -> str:
    exported = _DECLARED.findall(source) + [one for found in _LISTED.findall(source) for one in found.split(", ")]
    inner = _LISTED.sub("", _DECLARED.sub("", _IMPORT.sub(_taken, source)))
    if left := _LEFT.search(inner):
        raise ValueError(f"{name}.mjs: {left[0]!r} is no form of import or export that can be joined")
    return f"const ${name} = (() => {{\n{inner}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _taken(found: re.Match[str]) -> str:
    return f"const {{ {found[1].replace(' as ', ': ')} }} = ${found[2]};"
