"""axe-core on a page: names, roles, contrast, order of headings, sizes of targets. It is put into the page by the test alone."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).parent / "compose" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# What passed is counted in the page: described element by element it costs more to bring out than to find.
RUN = f"""axe.run({{runOnly: {json.dumps(TAGS)}, resultTypes: ['violations']}})
    .then(({{ passes, violations }}) => ({{ passed: passes.length, violations }}))"""
# A tile's spoken name leads with its room, as it is seen, and leaves out numbers that change every second.
SPOKEN = "label-content-name-mismatch"


def violations(page: Page) -> list[str]:
    """What axe finds wrong: rule, element, why. Fails where it looked at nothing."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(SCRIPT.read_text() + "\n;0")
    found: dict[str, Any] = page.evaluate(RUN)
    assert found["passed"] > 10, "nothing was looked at"
    rows = [(rule["id"], node) for rule in found["violations"] for node in rule["nodes"]]
    return [
        f"{rule}: {node['target']} {node['failureSummary']}"
        for rule, node in rows
        if not (rule == SPOKEN and "data-session" in node["html"])
    ]
