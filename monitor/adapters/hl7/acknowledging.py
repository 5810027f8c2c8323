"""Which acknowledgement a message wants, and its bytes. Pure.

Original mode (MSH-15 and 16 empty): one answer, AA. Enhanced mode: MSH-15 asks whether it was taken (CA), MSH-16 whether it was understood
(AA); each is AL always, NE never, ER on errors, SU on success. Positive answers wait until everything is on disk.
"""

from monitor.adapters.hl7.heading import Header
from monitor.adapters.hl7.message import Marks
from monitor.adapters.hl7.stamp import written
from monitor.adapters.said import Reply


def answers(header: Header, marks: Marks, at_ms: int, number: int, *, is_taken: bool) -> list[Reply]:
    """`number` tells our own messages apart. `is_taken` false: well formed, of a kind that nobody here reads."""
    before, between, after = header.heading.answer
    own = f"{before}{written(at_ms)}{between}{at_ms}-{number}{after}"

    def frame(verdict: str) -> bytes:
        """MSH-10 is echoed as it stands."""
        field = marks.field
        text = f"\x0b{own}\rMSA{field}{verdict}{field}{header.number}\r\x1c\r"
        return text.encode(marks.charset, errors="replace")

    replies = []
    for letter, on_success, on_error in header.heading.wanted:
        good = frame(letter + "A") if on_success else b""
        error = frame(letter + "E") if on_error else b""
        if not is_taken:
            good = frame(letter + "R") if on_error else b""
        if good or error:
            replies.append(Reply(good, when_kept=True, otherwise=error))
    return replies
