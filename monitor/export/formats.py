"""The formats of an export, and what writes each: one list for the command, the address and the screen."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import Final

import msgspec

from monitor.export.bundle.archive import bundle
from monitor.export.bundle.job import Job
from monitor.export.csv import CsvExport
from monitor.export.fhir.bundle import fhir_bundle
from monitor.export.jsonl import jsonl
from monitor.export.parquet import parquet
from monitor.export.pipe import Pipe, is_large, member


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    CSV_ZIP = "csv_zip"
    PARQUET = "parquet"
    FHIR = "fhir"
    BUNDLE = "bundle"
    PDF = "pdf"
    REMS = "rems"


class Form(msgspec.Struct, frozen=True):
    """`suffix` follows the session's id in the name of the file. `blocks` makes the bytes, streamed."""

    suffix: str
    media_type: str
    blocks: Callable[[Job], AsyncIterator[bytes]]


def _jsonl(job: Job) -> AsyncIterator[bytes]:
    return jsonl(job.source, job.selection, job.stamp)


def _csv(job: Job) -> AsyncIterator[bytes]:
    return CsvExport(job.source, job.selection, job.stamp).rows()


def _parquet(job: Job) -> AsyncIterator[bytes]:
    return parquet(job.source, job.selection, job.stamp)


async def _fhir(job: Job) -> AsyncIterator[bytes]:
    async for block in fhir_bundle(job.source, job.selection, job.stamp, await job.accesses()):
        yield block


async def _pdf(job: Job) -> AsyncIterator[bytes]:
    from monitor.export.pdf.report import report_pdf  # a command that paints nothing starts without loading what paints

    async for block in report_pdf(job.source, job.selection, job.stamp, job.zone, await job.brought_in()):
        yield block


async def _rems(job: Job) -> AsyncIterator[bytes]:
    from monitor.export.pdf.rems import rems_pdf

    async for block in rems_pdf(job.source, job.selection, job.stamp, job.zone, await job.brought_in()):
        yield block


async def _csv_zip(job: Job) -> AsyncIterator[bytes]:
    """The CSV file and its manifest in one archive, compressed on the way."""
    export, name, pipe = CsvExport(job.source, job.selection, job.stamp), f"{job.selection.session}.csv", Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        with archive.open(member(name), "w", force_zip64=is_large(job.selection)) as rows:
            async for chunk in export.rows():
                rows.write(chunk)
                yield pipe.take()
                await asyncio.sleep(0)
        archive.writestr(member(f"{name}.manifest.json"), export.manifest())
    yield pipe.take()


FORMS: Final = {
    Format.JSONL: Form(".jsonl", "application/jsonl", _jsonl),
    Format.CSV: Form(".csv", "text/csv; charset=utf-8", _csv),
    Format.CSV_ZIP: Form(".zip", "application/zip", _csv_zip),
    Format.PARQUET: Form(".parquet", "application/vnd.apache.parquet", _parquet),
    Format.FHIR: Form(".fhir.json", "application/fhir+json", _fhir),
    Format.BUNDLE: Form(".bundle.zip", "application/zip", bundle),
    Format.PDF: Form(".pdf", "application/pdf", _pdf),
    Format.REMS: Form(".rems.pdf", "application/pdf", _rems),
}
