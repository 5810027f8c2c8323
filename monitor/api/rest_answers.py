"""Answers: msgspec bytes of types from `schemas`, and their JSON Schema for /docs. Nothing is converted on the way."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from monitor.api.problems import MEDIA_TYPE, ProblemBody

_encode: Final = msgspec.json.Encoder().encode
_REFERENCE: Final = "#/components/schemas/{name}"


def answer(value: object, status: int = 200) -> Response:
    return Response(_encode(value), status, media_type="application/json")


@cache
def _schema(shape: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The schema and the names of the components it refers to. Kept: many routes speak of one type, and of a problem all of them."""
    (schema,), components = msgspec.json.schema_components((shape,), ref_template=_REFERENCE)
    return schema, tuple(components)


class Documented:
    """Collects the types that routes speak of; `add_to` puts their schemas into the application's OpenAPI document."""

    def __init__(self) -> None:
        self._types: dict[str, Any] = {"ProblemBody": ProblemBody}

    def responses(self, shape: Any, *, status: int = 200, problems: Iterable[int] = ()) -> dict[int | str, dict[str, Any]]:
        """For `responses=` of a route. Every route may answer 401, 403 and 422 with a problem, too."""
        content = {"application/json": {"schema": self.schema(shape)}}
        problem = {MEDIA_TYPE: {"schema": self.schema(ProblemBody)}}
        told: dict[int | str, Any] = {code: {"description": "Problem", "content": problem} for code in (401, 403, 422, *problems)}
        return {status: {"description": "Done", "content": content}, **told}

    def body(self, shape: Any) -> dict[str, Any]:
        """For `openapi_extra=` of a route that decodes its body itself."""
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": self.schema(shape)}}}}

    def schema(self, shape: Any) -> dict[str, Any]:
        schema, names = _schema(shape)
        self._types.update(dict.fromkeys(names, shape))
        return dict(schema)

    def add_to(self, app: FastAPI) -> None:
        """Call it once all routes are there."""
        build = app.openapi
        shapes = list({id(shape): shape for shape in self._types.values()}.values())

        def openapi() -> dict[str, Any]:
            if app.openapi_schema is None:
                document = build()
                _, components = msgspec.json.schema_components(shapes, ref_template=_REFERENCE)
                document.setdefault("components", {}).setdefault("schemas", {}).update(components)
                app.openapi_schema = document
            return app.openapi_schema

        app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
