"""The catalogue of texts (words.json) and the table of vital signs, as the page carries them to its scripts."""

import json
from pathlib import Path
from typing import Any, Final

from schemas.vitals import VITAL_SIGNS

WORDS: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))


def catalogue() -> str:
    """JSON for a `<script type="application/json">`: no `<` in it, so that no text can end the element."""
    vitals = {
        sign.vital.value: {"label": sign.label, "title": sign.title, "unit": WORDS["units"][sign.unit.value], "is_cuff": sign.is_cuff}
        for sign in VITAL_SIGNS.values()
    }
    return json.dumps({"words": WORDS, "vitals": vitals}, ensure_ascii=False).replace("<", "\\u003c")
