"""The installation's tree for whoever keeps an eye on it from outside: the newest checkpoint, and proofs that the tree only grew.

Nothing here tells of a patient: checkpoints, keys and consistency proofs are hashes and are answered to anybody. An inclusion proof names a
session and asks for a person.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from monitor.api.auth import PersonHere
from monitor.api.problems import Problem
from monitor.api.rest_answers import Documented, answer
from monitor.core import merkle
from monitor.export.checkpoints import Checkpoints
from monitor.export.one_file import page_policy, verify_html, verify_py
from monitor.export.proof_files import Growth, Included, hexed
from monitor.store.proofs import CheckpointRow

TEXT: Final = "text/plain; charset=utf-8"
Size = Annotated[int, Query(ge=1, le=1 << 53)]


def routes(checkpoints: Checkpoints, documented: Documented) -> APIRouter:
    router = APIRouter(tags=["proof"])
    store = checkpoints.store

    @router.get("/checkpoints/latest", response_class=Response, summary="The newest signed checkpoint, as a C2SP note")
    async def latest() -> Response:
        return Response((await _latest()).note, media_type=TEXT)

    @router.get(
        "/checkpoints/consistency",
        responses=documented.responses(Growth, problems=[404]),
        summary="That the tree of `new` leaves begins with the one of `old` (RFC 9162)",
    )
    async def consistency(old: Size, new: Size) -> Response:
        newest = (await _latest()).size
        if not old <= new <= newest:
            raise Problem(404, "no_such_tree", f"old <= new <= {newest}, which is the size of the newest checkpoint, must hold.")
        return answer(Growth(hexed(await store.prove(lambda node_at: merkle.consistency(node_at, old, new))), new, old))

    @router.get(
        "/checkpoints/inclusion",
        responses=documented.responses(Included, problems=[404]),
        summary="That a seal is in the tree of `size` leaves (RFC 9162)",
    )
    async def inclusion(_: PersonHere, session: str, last_seq: Size, size: Size) -> Response:
        newest = (await _latest()).size
        leaf = next((leaf for leaf in await store.leaves_of(session) if leaf.last_seq == last_seq), None)
        if leaf is None or not leaf.place < size <= newest:
            raise Problem(
                404, "no_such_leaf", f"No seal of {session} ends at {last_seq} in a tree of {size} leaves; the newest has {newest}."
            )
        hashes = await store.prove(lambda node_at: merkle.inclusion(node_at, leaf.place, size))
        return answer(Included(hexed(hashes), leaf.place, size))

    @router.get("/keys", response_class=Response, summary="The public keys of the installation, oldest first, with their statements")
    async def keys() -> Response:
        return Response(checkpoints.keyring.published(), media_type="application/json")

    @router.get("/verify.html", response_class=Response, summary="The page that checks a bundle in the browser, without this program")
    async def page() -> Response:
        return Response(verify_html(), media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": page_policy()})

    @router.get("/verify.py", response_class=Response, summary="The verifier as one Python file")
    async def program() -> Response:
        return Response(verify_py(), media_type="text/x-python; charset=utf-8")

    async def _latest() -> CheckpointRow:
        row = await store.latest_checkpoint()
        if row is None:
            raise Problem(404, "no_checkpoint", "Nothing was recorded yet that could be signed.")
        return row

    return router
