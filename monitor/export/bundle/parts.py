"""What a bundle is made of, in the order it is written. A part more is a line more."""

from collections.abc import Callable
from typing import Final

import msgspec

from monitor.export.access_rows import access_lines
from monitor.export.bundle.job import BundleFile, Job, Part, Role, made_of
from monitor.export.bundle.readme import readme
from monitor.export.csv import CsvExport
from monitor.export.fhir.bundle import fhir_bundle
from monitor.export.jsonl import jsonl
from monitor.export.one_file import verify_html, verify_py
from monitor.export.views.alerts import alerts_table
from monitor.export.views.doses import doses_table
from monitor.export.views.limits_files import limits_files
from monitor.export.views.limits_table import limits_table
from monitor.export.views.observations import observations_table
from monitor.export.views.survey import Survey
from monitor.export.views.watching import watching_table

_TABLES: Final[dict[str, Callable[[Survey], bytes]]] = {
    "alerts.csv": alerts_table,
    "doses.csv": doses_table,
    "limits.csv": limits_table,
    "observations.csv": observations_table,
    "watching.csv": watching_table,
}


async def record(job: Job) -> list[BundleFile]:
    """The record: the same bytes as the JSONL export of the same moment."""
    return [BundleFile("record.jsonl", Role.RECORD, lambda: jsonl(job.source, job.selection, job.stamp))]


async def table(job: Job) -> list[BundleFile]:
    """The table of all readings and events: the same bytes as the CSV export."""
    return [BundleFile("readings.csv", Role.VIEW, CsvExport(job.source, job.selection, job.stamp).rows)]


async def views(job: Job) -> list[BundleFile]:
    """What is as long as what people did: alerts, doses, observations, watching, limits, and what is missing."""
    survey = await job.survey()
    statement = await job.statement()
    return [
        *(made_of(name, Role.VIEW, make(survey)) for name, make in _TABLES.items()),
        *(made_of(name, Role.VIEW, text) for name, text in limits_files(survey)),
        made_of("completeness.json", Role.VIEW, msgspec.json.format(msgspec.json.encode(statement), indent=2) + b"\n"),
        made_of("README.txt", Role.VIEW, readme(job, statement.says, statement.not_recorded, await job.brought_in())),
    ]


async def proofs(job: Job) -> list[BundleFile]:
    """What leads from the record's seals to a signed checkpoint of the installation."""
    return list(job.proofs)


async def tools(_: Job) -> list[BundleFile]:
    """The two verifiers. Whoever has a reason to doubt the bundle takes them from elsewhere."""
    return [made_of("verify.py", Role.TOOL, verify_py()), made_of("verify.html", Role.TOOL, verify_html())]


async def paper(job: Job) -> list[BundleFile]:
    """The chart and tables as they are printed."""
    from monitor.export.pdf.report import report_pdf  # a command that paints nothing starts without loading what paints

    brought = await job.brought_in()
    return [BundleFile("report.pdf", Role.VIEW, lambda: report_pdf(job.source, job.selection, job.stamp, job.zone, brought))]


async def fhir(job: Job) -> list[BundleFile]:
    """The session as resources of FHIR R4."""
    accesses = await job.accesses()
    return [BundleFile("fhir.json", Role.VIEW, lambda: fhir_bundle(job.source, job.selection, job.stamp, accesses))]


async def accesses(job: Job) -> list[BundleFile]:
    """Who looked at the session, and whose screens watched it."""
    if job.access is None:
        return []
    read, made = job.access, await job.survey()
    first_ms = made.events[0].at_ms if made.events else 0
    return [BundleFile("access.jsonl", Role.VIEW, lambda: access_lines(read, job.selection.session, first_ms, made.last_at_ms))]


PARTS: Final[tuple[Part, ...]] = (record, table, views, fhir, accesses, paper, proofs, tools)
