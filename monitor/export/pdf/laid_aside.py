"""Pages lie in a file once they are finished, and the paper is written to a file block by block: what is held does not grow with them.

fpdf2 holds every page until the last, and then the whole paper beside them. It lets its producer be replaced; here one that takes each page
from where it lies when its turn has come. The bytes are those of fpdf2.
"""

import hashlib
import tempfile
import zlib
from typing import BinaryIO, Final, Self

from fpdf import FPDF
from fpdf.output import OutputProducer, PDFPage
from fpdf.syntax import PDFContentStream

_FAST: Final = 1  # they are read once


class LaidAside:
    """Finished pages by number, packed, in a file without a name. To be closed by `with`."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        self._places: dict[int, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, number: int, contents: bytes | bytearray) -> None:
        packed = zlib.compress(contents, _FAST)
        self._places[number] = self._file.seek(0, 2), len(packed)
        self._file.write(packed)

    def take(self, number: int) -> bytes:
        start, length = self._places[number]
        self._file.seek(start)
        return zlib.decompress(self._file.read(length))


class Written:
    """In the place of fpdf2's buffer: takes blocks to a file, and knows how many bytes they were and their digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._length = file, 0
        self.digest = hashlib.md5(usedforsecurity=False)  # as fpdf2 makes the identifier of a file

    def __len__(self) -> int:
        return self._length

    def __iadd__(self, data: bytes) -> Self:
        self._file.write(data)
        self._length += len(data)
        self.digest.update(data)
        return self


class Producer(OutputProducer):
    """Of a `paper`, into its `written`."""

    def __init__(self, fpdf: FPDF) -> None:
        super().__init__(fpdf)
        self.buffer = fpdf.written  # type: ignore[attr-defined]  # of a Paper

    def _add_pages(self, _slice: slice = slice(None)) -> list[PDFPage]:
        """What stands on the pages here is what came after they were laid aside: their feet."""
        feet = [bytes(page.contents) for page in self.fpdf.pages.values()]  # type: ignore[arg-type]  # not yet a stream
        pages = super()._add_pages(_slice)
        for number, (page, foot) in enumerate(zip(pages, feet, strict=True), start=1):
            whole = _Whole(self.fpdf.laid_aside, number, foot)  # type: ignore[attr-defined]
            whole.id = page.contents.id  # type: ignore[union-attr]
            self.pdf_objs[self.pdf_objs.index(page) + 1] = page.contents = whole
        return pages


class _Whole(PDFContentStream):
    """A page with its foot, put together when it is written."""

    def __init__(self, laid: LaidAside, number: int, foot: bytes) -> None:
        super().__init__(b"")
        self._laid, self._number, self._foot = laid, number, foot

    def serialize(self, *_: object, **__: object) -> str:
        made = PDFContentStream(self._laid.take(self._number) + self._foot, compress=True)
        made.id = self.id
        return made.serialize()
