"""Holds a resource against FHIR's own definitions: what is missing, too many, unknown, of a wrong type, form, code, unit or slice.

It shares nothing with the builders. What the snapshots say in FHIRPath is not run; the few rules that matter here are written out below.
"""

from collections.abc import Iterator
from typing import Any

from tests.support.fhir_definitions import BASE, Element, Json, codes_of, element_at, is_known, primitive, root_of, type_of

VITAL_SIGNS = ("vitalsigns", "heartrate", "resprate", "oxygensat", "bp", "bodyweight")


def problems(resource: Json) -> list[str]:
    """Against its type and every profile that it claims; empty: sound."""
    kind = resource.get("resourceType", "")
    profiles = resource.get("meta", {}).get("profile", [])
    urls = [BASE + str(kind), *profiles]
    unknown = [f"{url} is no definition" for url in urls if not is_known(url)]
    wrong = [f"{url} is not of {kind}" for url in profiles if is_known(url) and type_of(url) != kind]
    if unknown or wrong:
        return unknown + wrong
    found = [said for url in urls for said in _Reading(url).object(root_of(url), resource, str(kind))]
    return list(dict.fromkeys(found or _rules(resource)))  # the rules take the form for granted


class _Reading:
    """By one definition."""

    def __init__(self, url: str) -> None:
        self._url = url

    def object(self, element: Element, value: Json, path: str) -> Iterator[str]:
        """The properties of an object, by the children of its element or by its type's own definition."""
        if not value:
            yield f"{path}: empty"
        known = {"resourceType"} if "resourceType" in value else set()
        for child in self._children(element):
            name = child.id.rpartition(".")[2]
            if name.endswith("[x]"):
                keys = {name[:-3] + code[0].upper() + code[1:]: code for code, _ in child.types}
                present = [key for key in keys if key in value]
                known |= set(keys)
                if len(present) > 1:
                    yield f"{path}.{name}: more than one type"
                values = [value[present[0]]] if present else []
                yield from self._values(
                    child, values, f"{path}.{present[0] if present else name}", keys.get(present[0]) if present else None
                )
            else:
                known.add(name)
                yield from self._property(child, value, f"{path}.{name}", name)
        yield from (f"{path}.{name}: no such property" for name in value if name not in known)

    def _property(self, child: Element, value: Json, path: str, name: str) -> Iterator[str]:
        if name in value and isinstance(value[name], list) is not child.is_list:
            yield f"{path}: a list where none belongs, or none where one does"
            return
        values = value.get(name, [])
        if name in value and values == []:
            yield f"{path}: an empty list"
        yield from self._values(child, values if child.is_list else [values] if name in value else [], path, None)

    def _values(self, element: Element, values: list[Any], path: str, code: str | None) -> Iterator[str]:
        yield from _counted(element, len(values), path)
        for value in values:
            yield from self._value(element, value, path, code)
        for piece in element.slices:
            taken = [value for value in values if _belongs(element, piece, value, code)]
            yield from _counted(piece, len(taken), f"{path}:{piece.id.rpartition(':')[2]}")
            for value in taken:
                yield from self._value(piece, value, path, code)

    def _value(self, element: Element, value: Any, path: str, code: str | None) -> Iterator[str]:
        if element.fixed is not None and value != element.fixed:
            yield f"{path}: {value!r} is not {element.fixed!r}"
        if element.pattern is not None and not _contains(value, element.pattern):
            yield f"{path}: {value!r} lacks {element.pattern!r}"
        if element.required_binding:
            yield from _bound(element.required_binding, value, path)
        code = code or (element.types[0][0] if element.types else "BackboneElement")
        if (form := primitive(code)) is not None:
            yield from _primitive(code, *form, value, path)
        elif not isinstance(value, dict):
            yield f"{path}: {value!r:.40} is no {code}"
        elif code == "Resource":
            yield from (f"{path}: {said}" for said in problems(value))
        else:
            if code == "Reference":
                yield from _reference(dict(element.types).get("Reference", ()), value, path)
            children = element if element.children or element.content_of else root_of(BASE + code)
            reading = self if children is element else _Reading(BASE + code)
            yield from reading.object(children, value, path)

    def _children(self, element: Element) -> list[Element]:
        return element_at(self._url, element.content_of).children if element.content_of else element.children


def _counted(element: Element, number: int, path: str) -> Iterator[str]:
    if number < element.min:
        yield f"{path}: {number} of at least {element.min}"
    if element.max != "*" and number > int(element.max):
        yield f"{path}: {number} of at most {element.max}"


def _primitive(code: str, kind: Any, form: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{path}: {value!r:.40} is no {code}"
    elif isinstance(value, str) and not value:
        yield f"{path}: empty text"
    elif form is not None and not form.fullmatch(value):
        yield f"{path}: {value!r:.40} has not the form of {code}"
    elif isinstance(value, str) and any(ord(letter) < 32 and letter not in "\t\r\n" for letter in value):
        yield f"{path}: a control character"


def _reference(targets: tuple[str, ...], value: Json, path: str) -> Iterator[str]:
    if not value.keys() & {"reference", "identifier", "display"}:
        yield f"{path}: refers to nothing"
    allowed = {type_of(url) for url in targets}
    kinds = [value["reference"].split("/")[-2]] if "reference" in value else []
    kinds += [value["type"]] if "type" in value else []
    is_open = not allowed or "Resource" in allowed
    yield from (f"{path}: a {kind}, where {sorted(allowed)} belong" for kind in kinds if not is_open and kind not in allowed)
    yield from (f"{path}: {kind} is no resource" for kind in kinds if not is_known(BASE + kind))


def _bound(value_set: str, value: Any, path: str) -> Iterator[str]:
    codes = codes_of(value_set)
    if codes is None:
        return
    if isinstance(value, str):
        if value not in {code for _, code in codes}:
            yield f"{path}: {value!r} is not of {value_set}"
        return
    said = value.get("coding", [value]) if isinstance(value, dict) else []
    if not any((one.get("system"), one.get("code")) in codes for one in said):
        yield f"{path}: no code of {value_set}"


def _belongs(element: Element, piece: Element, value: Any, code: str | None) -> bool:
    """Whether a value is of a slice: by its type, or because each discriminator has the value that the slice fixes."""
    if element.id.endswith("[x]"):
        return code is not None and piece.id.rpartition(":")[2].lower().endswith(code.lower())
    paths = [path.split(".") for path in element.discriminators if path != "url"]
    return bool(paths) and all(set(_fixed_at(piece, path)) & set(_values_at(value, path)) for path in paths)


def _fixed_at(element: Element, path: list[str]) -> list[Any]:
    if not path:
        return [] if element.fixed is None else [element.fixed]
    children = [child for child in element.children if child.id.rpartition(".")[2] == path[0]]
    return [found for child in children for one in (child, *child.slices) for found in _fixed_at(one, path[1:])]


def _values_at(value: Any, path: list[str]) -> list[Any]:
    if isinstance(value, list):
        return [found for one in value for found in _values_at(one, path)]
    if not path:
        return [value]
    return _values_at(value[path[0]], path[1:]) if isinstance(value, dict) and path[0] in value else []


def _contains(value: Any, pattern: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and _contains(value[key], part) for key, part in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_contains(one, part) for one in value) for part in pattern)
    return bool(value == pattern)


def _rules(resource: Json) -> Iterator[str]:
    """Invariants that the snapshots state as FHIRPath: obs-6, vs-2, vs-3, mad-1, per-1, ext-1, qty-3; and that a vital sign has LOINC."""
    kind = resource["resourceType"]
    if kind == "Observation":
        parts = [resource, *resource.get("component", [])]
        is_vital = any(url == BASE + name for url in resource.get("meta", {}).get("profile", []) for name in VITAL_SIGNS)
        for place, part in enumerate(parts):
            has_value, is_absent = any(key.startswith("value") for key in part), "dataAbsentReason" in part
            has_parts = part is resource and ("component" in part or "hasMember" in part)
            if has_value and is_absent:
                yield f"Observation part {place}: a value, and why there is none"
            if is_vital and not (has_value or is_absent or has_parts):
                yield f"Observation part {place}: neither a value nor why there is none"
        if is_vital and not any(one.get("system") == "http://loinc.org" for one in resource.get("code", {}).get("coding", [])):
            yield "Observation.code: a vital sign without LOINC"
    if kind == "MedicationAdministration" and not any(
        key == "dose" or key.startswith("rate") for key in resource.get("dosage", {"dose": 0})
    ):
        yield "MedicationAdministration.dosage: neither dose nor rate"
    yield from _everywhere(resource, kind)


def _everywhere(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _everywhere(one, path)
    elif isinstance(value, dict):
        if {"start", "end"} <= value.keys() and value["start"] > value["end"]:
            yield f"{path}: ends before it starts"
        if "value" in value and "code" in value and "system" not in value:
            yield f"{path}: a unit's code without its system"
        if path.endswith(".extension") and not any(key.startswith("value") for key in value):
            yield f"{path}: an extension without a value"
        for key, part in value.items():
            yield from _everywhere(part, f"{path}.{key}")
