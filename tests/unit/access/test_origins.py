"""Whose page sent it: forms of an Origin that are ours, and many that only look like it."""

import pytest

from monitor.access.origins import Origin, own_origin, parse_origin, why_foreign

OWN = Origin("https", "monitor.example", 443)


@pytest.mark.parametrize(
    "text", ["https://monitor.example", "https://monitor.example:443", "HTTPS://Monitor.Example", "https://monitor.example:00443"]
)
def test_own_origin_in_its_forms(text: str) -> None:
    assert parse_origin(text) == OWN


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "",
        "https://monitor.example/",
        "https://monitor.example.evil.example",
        "https://evil.example/monitor.example",
        "https://evil.example?monitor.example",
        "https://evil.example#https://monitor.example",
        "https://monitor.example@evil.example",
        "https://evil-monitor.example",
        "https://monitor.example:8443",
        "http://monitor.example",
        "http://monitor.example:443",
        "wss://monitor.example",
        "https://monitor.example.",
        "https://monitor.example, https://evil.example",
        "https://monitor.example https://evil.example",
        " https://monitor.example",
        "https://monitor.example\n",
        "https:// monitor.example",
        "https://monitor.example:",
        "https://monitor.example:0",
        "https://monitor.example:99999",
        "https://monitor.example:+443",
        "https://monitor.exämple",
        "https://monitor\u3002example",
        "file://",
        "https://[::1",
    ],
)
def test_what_only_looks_like_it_is_foreign(text: str) -> None:
    assert why_foreign([text], None, frozenset({OWN}), is_origin_needed=True) == "origin_foreign"
    assert why_foreign([text], "same-origin", frozenset({OWN}), is_origin_needed=False) == "origin_foreign"


@pytest.mark.parametrize(
    ("scheme", "host", "own"),
    [
        ("http", "127.0.0.1:8000", Origin("http", "127.0.0.1", 8000)),
        ("ws", "127.0.0.1:8000", Origin("http", "127.0.0.1", 8000)),
        ("wss", "monitor.example", OWN),
        ("http", "[::1]:8000", Origin("http", "[::1]", 8000)),
        ("http", "localhost", Origin("http", "localhost", 80)),
        ("http", "", None),
        ("http", "a b", None),
        ("http", "user@host", None),
        ("http", "host/path", None),
        ("http", "host:port", None),
        ("ftp", "host", None),
    ],
)
def test_own_origin_is_made_of_scheme_and_host(scheme: str, host: str, own: Origin | None) -> None:
    assert own_origin(scheme, host) == own


@pytest.mark.parametrize(
    ("origins", "site", "needed", "why"),
    [
        (["https://monitor.example"], None, True, None),
        (["https://monitor.example"], "same-origin", True, None),
        (["https://monitor.example"], "cross-site", True, "cross_site"),
        (["https://monitor.example"], "same-site", True, "cross_site"),
        (["https://monitor.example"], "invented", True, "cross_site"),
        (["https://monitor.example", "https://monitor.example"], None, True, "origin_repeated"),
        ([], None, True, "origin_missing"),
        ([], "none", True, "origin_missing"),
        ([], "same-origin", True, None),
        ([], None, False, None),
        ([], "cross-site", False, "cross_site"),
        (["null"], None, False, "origin_foreign"),
    ],
)
def test_reasons(origins: list[str], site: str | None, needed: bool, why: str | None) -> None:
    assert why_foreign(origins, site, frozenset({OWN}), is_origin_needed=needed) == why
