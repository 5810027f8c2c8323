"""FHIR R4's own definitions, as npm carries them: snapshots of types, resources and profiles, and the value sets that are small."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "compose" / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
BASE = "http://hl7.org/fhir/StructureDefinition/"
_REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
_MAX_CODES = 500  # a value set beyond it is not held


class Element(msgspec.Struct):
    """One row of a snapshot. `fixed`, `pattern`: whatever the type is."""

    id: str
    min: int
    max: str
    is_list: bool
    types: tuple[tuple[str, tuple[str, ...]], ...]  # code -> the targets of a reference
    fixed: Any = None
    pattern: Any = None
    required_binding: str = ""
    content_of: str = ""
    discriminators: tuple[str, ...] = ()
    slices: list["Element"] = []
    children: list["Element"] = []


@cache
def _definitions() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name in ("profiles-types.json", "profiles-resources.json", "profiles-others.json"):
        for entry in msgspec.json.decode((FOLDER / name).read_bytes())["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "StructureDefinition":
                found.setdefault(resource["url"], resource)
    return found


def is_known(url: str) -> bool:
    return url in _definitions()


def type_of(url: str) -> str:
    """The resource or type that a definition is of: that of the profile `bp` is Observation."""
    return str(_definitions()[url]["type"]) if url in _definitions() else url.rpartition("/")[2]


@cache
def root_of(url: str) -> Element:
    """The tree of a definition; slices hang on the element they cut."""
    by_id: dict[str, Element] = {}
    root: Element | None = None
    for row in _definitions()[url]["snapshot"]["element"]:
        element = by_id[row["id"]] = _element(row)
        if root is None:
            root = element
            continue
        parent, _, own = row["id"].rpartition(".")
        of_slice, is_slice, _ = own.partition(":")
        if is_slice:
            by_id[f"{parent}.{of_slice}"].slices.append(element)
        else:
            by_id[parent].children.append(element)
    assert root is not None
    return root


def element_at(url: str, element_id: str) -> Element:
    """Where a `contentReference` points."""
    found = root_of(url)
    for name in element_id.split(".")[1:]:
        found = next(child for child in found.children if child.id.rpartition(".")[2] == name)
    return found


@cache
def primitive(code: str) -> tuple[type | tuple[type, ...], re.Pattern[str] | None] | None:
    """(JSON type, form) of a primitive type, None of any other."""
    definition = _definitions().get(BASE + code)
    if definition is None or definition["kind"] != "primitive-type":
        return None
    kind: type | tuple[type, ...] = str
    if code in ("integer", "positiveInt", "unsignedInt"):
        kind = int
    elif code == "decimal":
        kind = (int, float)
    elif code == "boolean":
        kind = bool
    (value,) = (row for row in definition["snapshot"]["element"] if row["id"] == f"{code}.value")
    forms = [said["valueString"] for said in value["type"][0].get("extension", []) if said["url"] == _REGEX]
    return kind, re.compile(forms[0], re.ASCII) if forms and kind is str and code != "base64Binary" else None


@cache
def codes_of(value_set: str) -> frozenset[tuple[str, str]] | None:
    """(system, code) of a value set that lists its codes, or takes whole systems that do; None: it cannot be held."""
    sets, systems = _terminology()
    found = sets.get(value_set.partition("|")[0])
    if found is None:
        return None
    codes: set[tuple[str, str]] = set()
    for included in found.get("compose", {}).get("include", []):
        if "filter" in included or "valueSet" in included or "system" not in included:
            return None
        listed = included.get("concept")
        if listed is None:
            system = systems.get(included["system"])
            if system is None or system.get("content") != "complete":
                return None
            listed = _flat(system.get("concept", []))
        codes |= {(included["system"], one["code"]) for one in listed}
    return frozenset(codes) if 0 < len(codes) <= _MAX_CODES else None


@cache
def _terminology() -> tuple[dict[str, Json], dict[str, Json]]:
    resources = [entry["resource"] for entry in msgspec.json.decode((FOLDER / "valuesets.json").read_bytes())["entry"]]
    return tuple({one["url"]: one for one in resources if one["resourceType"] == kind} for kind in ("ValueSet", "CodeSystem"))  # type: ignore[return-value]


def _flat(concepts: list[Json]) -> list[Json]:
    return [one for concept in concepts for one in (concept, *_flat(concept.get("concept", [])))]


def _element(row: Json) -> Element:
    binding = row.get("binding", {})
    slicing = row.get("slicing", {})
    return Element(
        id=row["id"],
        min=row["min"],
        max=row["max"],
        is_list=row.get("base", {}).get("max", row["max"]) not in ("0", "1"),
        types=tuple((_code_of(one), tuple(one.get("targetProfile", ()))) for one in row.get("type", [])),
        fixed=next((value for key, value in row.items() if key.startswith("fixed")), None),
        pattern=next((value for key, value in row.items() if key.startswith("pattern")), None),
        required_binding=binding.get("valueSet", "") if binding.get("strength") == "required" else "",
        content_of=row.get("contentReference", "").lstrip("#"),
        discriminators=tuple(one["path"] for one in slicing.get("discriminator", []) if one["type"] == "value"),
    )


def _code_of(row: Json) -> str:
    """`id` and `url` of an Extension are of a system type; the snapshot says which it is in FHIR."""
    if not row["code"].startswith("http://hl7.org/fhirpath/"):
        return str(row["code"])
    said = [one.get("valueUrl") for one in row.get("extension", []) if one["url"].endswith("structuredefinition-fhir-type")]
    return str(said[0]) if said else "string"
