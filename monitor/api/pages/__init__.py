"""The pages for who has not come in and for who is turned away: plain HTML and one style sheet, no script, nothing from elsewhere.

Everything that varies is escaped; the texts between the tags are the monitor's own.
"""

from html import escape
from pathlib import Path
from string import Template
from typing import Final

_HERE: Final = Path(__file__).parent
_PAGE: Final = Template((_HERE / "page.html").read_text("utf-8"))
_LOGIN: Final = Template((_HERE / "login.html").read_text("utf-8"))
_TICKET: Final = Template((_HERE / "ticket.html").read_text("utf-8"))
_NOTICE: Final = Template((_HERE / "notice.html").read_text("utf-8"))
_MESSAGE: Final = Template('<p class="message" role="alert">$message</p>')

STYLE: Final = (_HERE / "login.css").read_bytes()
ICON: Final = (_HERE / "icon.svg").read_bytes()


def login_page(*, next_path: str, username: str = "", message: str | None = None) -> str:
    """The form. `message` says why the last attempt let nobody in; the password is never filled in again."""
    focus_username, focus_password = ("", "autofocus") if username else ("autofocus", "")
    content = _LOGIN.substitute(
        message=_message(message),
        next=escape(next_path),
        username=escape(username),
        focus_username=focus_username,
        focus_password=focus_password,
    )
    return _page("Log in", content)


def ticket_page(ticket: str) -> str:
    """One button that uses the ticket: for a link that was followed by something other than the person's own browser window."""
    return _page("Log in", _TICKET.substitute(ticket=escape(ticket)))


def notice_page(title: str, message: str, *, way: str, to: str) -> str:
    """A sentence and the way on: the words of a button and the path that it opens."""
    return _page(title, _NOTICE.substitute(message=_message(message), way=escape(way), to=escape(to)))


def again_page(target: str) -> str:
    """Asks for the same page again at once, now as our own page's request: only such a one brings a `SameSite=Strict` cookie.

    `target`: path and query, percent-encoded."""
    content = f'<p><a href="{escape(target)}">Continue</a></p>'
    return _page("One moment", content, head=f'<meta http-equiv="refresh" content="0; url={escape(target)}">')


def _page(title: str, content: str, *, head: str = "") -> str:
    return _PAGE.substitute(title=escape(title), head=head, content=content)


def _message(text: str | None) -> str:
    return "" if text is None else _MESSAGE.substitute(message=escape(text))
