"""The answer of a verifier, in words and as a value."""

from dataclasses import dataclass


class Refused(Exception):
    """What is wrong, and where: `line` counts from 1; `seq` is the entry, or the one that belongs in this place; `file`: in a bundle."""

    def __init__(self, what: str, *, line: int | None = None, seq: int | None = None, file: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.seq = seq
        self.file = file

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}" if self.seq is None else f"line {self.line}, entry seq {self.seq}"
        where = " ".join(part for part in (self.file, line) if part)
        return f"{where}: {self.what}" if where else self.what


class Unusable(Exception):
    """The question cannot be answered: no such file, no such key."""


@dataclass(frozen=True)
class Verdict:
    """`lines` is the verdict in words, the first begins with VERIFIED or REFUSED. `file`, `line` and `seq` name the first bad
    place."""

    is_verified: bool
    lines: tuple[str, ...]
    line: int | None = None
    seq: int | None = None
    file: str | None = None

    @property
    def exit_code(self) -> int:
        """0 verified, 1 refused."""
        return 0 if self.is_verified else 1


def verdict(lines: list[str], refused: Refused | None = None) -> Verdict:
    """What a file says of itself may hold anything: nothing in it reaches a terminal as a control character."""
    shown = tuple("".join(sign if sign.isprintable() else "\ufffd" for sign in line) for line in lines)
    if refused is None:
        return Verdict(is_verified=True, lines=shown)
    return Verdict(is_verified=False, lines=shown, line=refused.line, seq=refused.seq, file=refused.file)
