"""What is withheld stands in three tables, written apart: of the monitor, of the verifier, of the verifier's page. None may lack a kind."""

import json
from pathlib import Path
from typing import get_args

from monitor.core import committed
from monitor.export.verify.withheld import WITHHELD
from schemas.log import Body
from tests.support.node import run_node

PAGE = Path(__file__).parents[3] / "monitor" / "export" / "verify_page" / "withheld.mjs"
KINDS = {str(body.__struct_config__.tag): committed.FIELDS[body] for body in get_args(Body)}


def fields_with(how: object, kind: str) -> set[str]:
    return {name for name, decided in KINDS[kind].items() if decided is how}


PEOPLE = {kind: fields_with(committed._person, kind) for kind in KINDS}
TEXTS = {kind: fields_with(committed._text, kind) for kind in KINDS}


def test_the_verifier_withholds_what_the_monitor_does() -> None:
    assert {kind: (set(people), set(texts)) for kind, (people, texts) in WITHHELD.items()} == {
        kind: (PEOPLE[kind], TEXTS[kind]) for kind in KINDS
    }


def test_the_page_withholds_what_the_monitor_does() -> None:
    """It takes a field by one of its names for a person wherever it is met."""
    script = f"import {{ NAMES, TEXTS }} from {json.dumps(PAGE.as_uri())}; console.log(JSON.stringify([NAMES, TEXTS]))"
    told = run_node("--input-type=module", "-e", script)
    names, texts = json.loads(told.stdout)
    assert {kind: set(fields) for kind, fields in texts.items()} == TEXTS
    assert {kind: set(names) & set(KINDS[kind]) for kind in KINDS} == PEOPLE


def test_the_kinds_that_are_known_are_many() -> None:
    assert len(KINDS) > 30
    assert TEXTS["patient_corrected"] == {"code", "old_code", "reason"}
