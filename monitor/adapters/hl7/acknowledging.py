"""Which acknowledgement a message wants, and its bytes. Pure.

Original mode (MSH-15 and 16 empty): one answer, AA. Enhanced mode: MSH-15 asks whether it was taken (CA), MSH-16 whether it was understood
(AA); each is AL always, NE never, ER on errors, SU on success. Positive answers wait until everything is on disk.
"""

from typing import Final

from monitor.adapters.hl7.message import Message
from monitor.adapters.hl7.stamp import written
from monitor.adapters.said import Reply

_WANTED_ON: Final = {"AL": (True, True), "SU": (True, False), "ER": (False, True)}  # on success, on error


def answers(message: Message, at_ms: int, number: int, *, is_taken: bool) -> list[Reply]:
    """`number` tells our own messages apart. `is_taken` false: well formed, of a kind that nobody here reads."""
    header = message.header
    if header.part(9) == "ACK":  # two ends that acknowledge acknowledgements never stop
        return []
    accept, application = header.part(15).upper(), header.part(16).upper()
    wanted = [("C", accept), ("A", application)] if accept or application else [("A", "AL")]
    replies = []
    for letter, condition in wanted:
        on_success, on_error = _WANTED_ON.get(condition, (False, False))
        good = _frame(message, letter + "A", at_ms, number) if on_success else b""
        error = _frame(message, letter + "E", at_ms, number) if on_error else b""
        if not is_taken:
            good = _frame(message, letter + "R", at_ms, number) if on_error else b""
        if good or error:
            replies.append(Reply(good, when_kept=True, otherwise=error))
    return replies


def _frame(message: Message, verdict: str, at_ms: int, number: int) -> bytes:
    """MSH-10 is echoed as it stands; MSH-3 to 6 change places."""
    header, marks = message.header, message.marks
    separators = marks.component + marks.repetition + marks.escape + marks.subcomponent
    kind = marks.component.join(part for part in ("ACK", header.part(9, 2), "ACK") if part)
    own = [header.raw(field) for field in (5, 6, 3, 4)]
    fields = ["MSH", separators, *own, written(at_ms), "", kind, f"{at_ms}-{number}", header.raw(11) or "P", header.raw(12) or "2.6"]
    if charset := header.raw(18):
        fields += ["", "", "", "", "", charset]
    segments = [marks.field.join(fields), marks.field.join(("MSA", verdict, header.raw(10)))]
    text = "".join(f"{segment}\r" for segment in segments)
    return b"\x0b" + text.encode(marks.charset, errors="replace") + b"\x1c\r"
