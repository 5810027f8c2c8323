"""The live parts of a page. Each owns its DOM from JavaScript (assets/boot.js), so a reading never passes through Dash."""

from dash.development.base_component import Component


class _Live(Component):
    """What the three have in common. Dash looks the JavaScript half up as `window.infusion.<_type>`."""

    _children_props: list[str] = []  # noqa: RUF012  (Dash declares these as variables of the instance)
    _base_nodes: list[str] = ["children"]  # noqa: RUF012
    _namespace = "infusion"
    _type = ""
    _prop_names: list[str] = ["id", "session"]  # noqa: RUF012
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012
    available_properties: list[str] = _prop_names
    available_wildcard_properties: list[str] = []  # noqa: RUF012

    def __init__(self, id: str, session: str | None = None) -> None:  # noqa: A002  (Dash's own name)
        props = {"id": id} if session is None else {"id": id, "session": session}
        super().__init__(**props)  # type: ignore[no-untyped-call]


class Header(_Live):
    """Live chip, alert counts, sound, clock, user; banners of simulated or replayed data."""

    _type = "Header"


class Ward(_Live):
    """A tile per room."""

    _type = "Ward"


class Session(_Live):
    """One session. `session` is its id, e.g. 'S-000001'."""

    _type = "Session"


class Record(_Live):
    """The record of one session on paper. `session` is its id."""

    _type = "Record"
