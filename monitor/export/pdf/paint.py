"""Shapes on a page of fpdf2."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from monitor.export.pdf.laid_aside import LaidAside, Producer, Written
from monitor.export.pdf.shapes import CLOSED, OPEN, TONES, Box, Hatched, Line, Mark, Shape, Words
from monitor.export.pdf.wording import cut_commitments, printable

FONT: Final = "record"
_FONTS: Final = Path(__file__).with_name("font")
_HATCH_MM: Final = 1.6


class Paper(FPDF):
    """Pages whose every text goes through `say`, so that what the font lacks is named in its place. Each is laid aside once it is full."""

    def __init__(self, laid_aside: LaidAside, *, cuts_commitments: bool = False) -> None:
        super().__init__("landscape", "mm", "A4", enforce_compliance="PDF/A-2U")
        self.add_font(FONT, "", _FONTS / "DejaVuSansCondensed.ttf")
        self.add_font(FONT, "B", _FONTS / "DejaVuSansCondensed-Bold.ttf")
        self._glyphs = frozenset(self.fonts[FONT].cmap) & frozenset(self.fonts[f"{FONT}B"].cmap)  # type: ignore[union-attr]  # both are TTF
        self.set_auto_page_break(auto=False)
        self.c_margin = 0
        self.laid_aside = laid_aside
        self._cuts_commitments = cuts_commitments

    def next_page(self) -> None:
        self.lay_aside()
        self.add_page()

    def lay_aside(self) -> None:
        """What is on the page. Nothing but its foot may be put there afterwards."""
        if self.page:
            self.laid_aside.put(self.page, self.pages[self.page].contents)  # type: ignore[arg-type]  # bytes until `output`
            self.pages[self.page].contents = bytearray()

    def write_to(self, file: BinaryIO) -> None:
        """All pages have been laid aside."""
        self.written = Written(file)
        self.output(output_producer_class=Producer)

    def file_id(self) -> str:
        """Of what is written and the time it was made, as fpdf2 does it."""
        digest = self.written.digest.copy()
        digest.update(self.creation_date.strftime("%Y%m%d%H%M%S").encode())
        return f"<{digest.hexdigest().upper()}>" * 2

    def say(self, text: str) -> str:
        return printable(cut_commitments(text) if self._cuts_commitments else text, self._glyphs)

    def put(self, words: Words) -> None:
        self.set_font(FONT, "B" if words.is_bold else "", words.size)
        self.set_text_color(*TONES[words.tone])
        text = self.say(words.text)
        shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[words.side]
        self.text(words.x - self.get_string_width(text) * shift, words.y, text)

    def block(self, x: float, width: float, text: str, size: float, *, is_bold: bool = False) -> None:
        """Wrapped text from the present height on; leaves the height below it."""
        self.set_font(FONT, "B" if is_bold else "", size)
        self.set_x(x)
        self.multi_cell(width, size * 0.5, self.say(text), align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)

    def draw(self, shapes: Iterable[Shape]) -> None:
        for shape in shapes:
            match shape:
                case Line():
                    self._pen(shape.tone, shape.width, shape.dash)
                    self.line(shape.x1, shape.y1, shape.x2, shape.y2)
                case Box():
                    self.set_fill_color(*TONES[shape.tone])
                    self.rect(shape.x, shape.y, shape.width, shape.height, style="F")
                case Hatched():
                    self._hatch(shape)
                case Words():
                    self.put(shape)
                case Mark():
                    self._mark(shape)
        self.set_dash_pattern()

    def _pen(self, tone: str, width: float, dash: tuple[float, float] | None = None) -> None:
        self.set_draw_color(*TONES[tone])
        self.set_line_width(width)
        if dash is None:
            self.set_dash_pattern()
        else:
            self.set_dash_pattern(*dash)

    def _hatch(self, area: Hatched) -> None:
        self._pen("hatch", 0.25)
        with self.rect_clip(area.x, area.y, area.width, area.height):
            at = area.x - area.height - (area.x - area.height) % _HATCH_MM
            while at < area.x + area.width:
                self.line(at, area.y + area.height, at + area.height, area.y)
                at += _HATCH_MM

    def _mark(self, mark: Mark) -> None:
        self._pen(mark.tone, 0.35 if mark.form in OPEN else 0.2)
        self.set_fill_color(*TONES[mark.tone])
        for points in OPEN.get(mark.form, ()):
            self.polyline([(mark.x + a * mark.size, mark.y + b * mark.size) for a, b in points])
        if mark.form == "dot":
            self.circle(mark.x, mark.y, mark.size, style="D" if mark.is_hollow else "F")
        elif mark.form in CLOSED:
            corners = [(mark.x + a * mark.size, mark.y + b * mark.size) for a, b in CLOSED[mark.form]]
            self.polygon(corners, style="D" if mark.is_hollow else "F")
