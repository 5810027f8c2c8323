"""Everything that impairs recording or judging, as one text that is on every screen until it is over."""

from collections.abc import Callable


class Trouble:
    """`publish` is called after each change."""

    def __init__(self, publish: Callable[[], None]) -> None:
        self._publish = publish
        self._texts: dict[str, str] = {}

    def report(self, what: str, text: str) -> None:
        """Stands until `over`; a newer text for the same thing takes its place."""
        self._texts[what] = text
        self._publish()

    def over(self, what: str) -> None:
        if self._texts.pop(what, None) is not None:
            self._publish()

    def put(self, what: str, text: str | None) -> None:
        """One or the other."""
        if text is None:
            self.over(what)
        else:
            self.report(what, text)

    def is_reported(self, what: str) -> bool:
        return what in self._texts

    @property
    def text(self) -> str | None:
        return "; ".join(self._texts.values()) or None
