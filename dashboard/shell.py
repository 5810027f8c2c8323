"""The HTML around the Dash application: what must be on the screen even if no script ever runs.

Dash's scripts lie in a template, where none of them runs: boot.js brings them in after the live parts, which stand in #early until then.
The NOT LIVE overlay and the secondary-display notice are plain HTML here, visible until the live scripts have earned "live".
"""

from html import escape
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.live import Header
from dashboard.joined import MODULES, STYLES
from dashboard.words import WORDS, catalogue


def index_string(assets: str) -> str:
    """Dash's index template with our head, overlay, footer and the catalogue of texts. `assets`: the path they are served under."""
    overlay, about = WORDS["not_live"], WORDS["about"]
    legend = "".join(f"<dt>{escape(mark)}</dt><dd>{escape(meaning)}</dd>" for mark, meaning in about["legend"])
    return f"""<!DOCTYPE html>
<html lang="en" data-feed="connecting">
<head>
{{%metas%}}
<title>{escape(WORDS["title"])}</title>
<link rel="icon" type="image/svg+xml" href="{assets}/icon.svg">
<link rel="stylesheet" href="{assets}/{STYLES}">
<link rel="modulepreload" href="{assets}/{MODULES}">
<script src="{assets}/theme.js"></script>
<script src="{assets}/boot.js" defer></script>
{{%css%}}
</head>
<body>
<a class="skip" href="#early-main">{escape(WORDS["skip"])}</a>
<div id="early"><div id="early-header"></div><main id="early-main" tabindex="-1"></main></div>
{{%app_entry%}}
<div id="not-live" role="alert"><div class="not-live-box"><b id="not-live-title">{escape(overlay["title"])}</b>
<span id="not-live-why">{escape(overlay["connecting"])}</span><span id="not-live-do">{escape(overlay["do"])}</span></div></div>
<div id="dead-man" aria-hidden="true"><b>{escape(overlay["title"])}</b><span>{escape(overlay["dead_man"])}</span></div>
<footer id="about"><p><b>{escape(about["notice"])}</b></p>
<details><summary>{escape(about["help"])}</summary><div class="help"><dl>{legend}</dl>
<p>{escape(about["ages"])}</p><p>{escape(about["keys"])}</p></div></details></footer>
<script id="catalogue" type="application/json">{catalogue()}</script>
{{%config%}}<template id="dash">{{%scripts%}}{{%renderer%}}</template>
</body>
</html>"""


def layout() -> Component:
    """Header and page; the page is chosen by the router in app.py."""
    loading: dict[str, Any] = {"data-loading": WORDS["loading"]}  # shown while a page is asked for (css)
    main = html.Main(id="main", tabIndex="-1", **loading)
    return html.Div([dcc.Location(id="url", refresh=False), Header(id="header"), main], id="frame")
