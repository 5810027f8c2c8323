"""The texts (words.json; review_words.json for the pages that Dash makes), and the catalogue that a page carries to its scripts: the texts
with the tables of vital and charted signs."""

import json
from pathlib import Path
from typing import Any, Final

from schemas.signs import SIGNS, Charted, SignRow
from schemas.vitals import VITAL_SIGNS

WORDS: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
REVIEW: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("review_words.json").read_text(encoding="utf-8"))


def catalogue() -> str:
    """JSON for a `<script type="application/json">`: no `<` in it, so that no text can end the element."""
    vitals = {
        sign.vital.value: {"label": sign.label, "title": sign.title, "unit": WORDS["units"][sign.unit.value], "is_cuff": sign.is_cuff}
        for sign in VITAL_SIGNS.values()
    }
    signs = {sign.value: _form(SIGNS[sign]) for sign in Charted}
    return json.dumps({"words": WORDS, "vitals": vitals, "signs": signs}, ensure_ascii=False).replace("<", "\\u003c")


def _form(row: SignRow) -> dict[str, Any]:
    """What a form needs of a charted sign. 0 or 1 alone is a yes or no."""
    return {"label": row.label, "low": int(row.low), "high": int(row.high), "is_yes_no": (row.unit, row.low, row.high) == ("1", 0, 1)}
