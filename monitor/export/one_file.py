"""The verifiers as one file each, for bundles and for whoever has nothing else of this project.

Both are kept in small files and joined here: `verify.py` from the modules of `monitor.export.verify`, `verify.html` from `verify_page`.
What is joined is their own text, in order, without the lines that import one part into another. Names are unique over all parts, so that
nothing has to be renamed; a test holds that, and that both forms give the same verdicts.
"""

import ast
import base64
import re
from collections import defaultdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Final

_HERE: Final = Path(__file__).parent
_PAGE: Final = _HERE / "verify_page"
PACKAGE: Final = "monitor.export.verify"
MODULES: Final = (
    *("verdict", "canonical", "tree", "signed", "withheld", "walk", "manifest", "naming", "lines", "measurements", "record", "parts"),
    *("signer", "words", "archive", "keys", "notes", "proofs", "bundle", "__init__", "__main__"),
)
SCRIPTS: Final = ("words", "bytes", "canonical", "tree", "signed", "withheld", "record", "zip", "signer", "proofs", "bundle", "page")
_HEAD: Final = '''#!/usr/bin/env python3
"""Checks an export of Infusion Monitor: a bundle (FILE.zip), a record (FILE.jsonl), or a table with the manifest beside it (FILE.csv).

    python3 verify.py FILE [--key KEY]

Needs Python 3.11 or newer and the package `cryptography`, and nothing else. The first line of the answer is VERIFIED or REFUSED; a refusal
names the file, the line and the entry. Exit code 0: verified, 1: refused, 2: the question cannot be answered.
Shares no code with what writes the record. Copyright: Apache License 2.0.
"""
'''
_IMPORT: Final = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)
_GAPS: Final = re.compile(r"\n{4,}")
_EXPORT: Final = re.compile(r"^export (?=const |function |async |class |let )", re.MULTILINE)


@cache
def verify_py() -> bytes:
    imports: set[str] = set()
    names: defaultdict[str, set[str]] = defaultdict(set)
    parts: list[str] = []
    for module in MODULES:
        text = (_HERE / "verify" / f"{module}.py").read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.ImportFrom):
                names[node.module or ""].update(alias.name for alias in node.names)
            elif isinstance(node, ast.Import):
                imports.update(f"import {alias.name}" for alias in node.names)
            if isinstance(node, ast.Import | ast.ImportFrom):
                _blank(lines, node)
        parts.append(_GAPS.sub("\n\n\n", f"# --- {module.strip('_')} ---\n" + "\n".join(lines).strip() + "\n"))
    own = names.pop(PACKAGE) & set(MODULES)
    imports |= {f"from {module} import {', '.join(sorted(of))}" for module, of in names.items() if not module.startswith(PACKAGE)}
    alias = f"{' = '.join(sorted(own))} = sys.modules[__name__]  # the parts call each other by the names of their files\n"
    return "\n".join([_HEAD, "\n".join(sorted(imports)) + "\n", alias, *parts]).encode()


def _blank(lines: list[str], node: ast.stmt) -> None:
    for number in range(node.lineno - 1, node.end_lineno or node.lineno):
        lines[number] = ""


@cache
def verify_html() -> bytes:
    """One page without anything from elsewhere."""
    page = Template((_PAGE / "page.html").read_text(encoding="utf-8"))
    return page.substitute(policy=page_policy(), script=_script(), style=_style()).encode()


@cache
def page_policy() -> str:
    """Names the page's own script and style by their digests and forbids the rest."""
    script, style = (base64.b64encode(sha256(text.encode()).digest()).decode() for text in (_script(), _style()))
    return f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"


def _script() -> str:
    parts = ((_PAGE / f"{name}.mjs").read_text(encoding="utf-8") for name in SCRIPTS)
    return "\n" + "".join(_EXPORT.sub("", _IMPORT.sub("", part)) for part in parts)


def _style() -> str:
    return "\n" + (_PAGE / "page.css").read_text(encoding="utf-8")
