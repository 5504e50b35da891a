"""Routes of the page: the page itself and its files, open to all; and the data that it shows, for who may read."""

from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from starlette.concurrency import run_in_threadpool

from faultcast.errors import NotFound
from serving.gateway.page import schemas
from serving.gateway.page.history import History, Snapshot
from serving.gateway.page.listing import MOST, NOTHING, listing
from serving.gateway.strict import answer, problems
from serving.scoring.forecaster import Forecaster

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def assets() -> dict[str, bytes]:
    """The page's files by name."""
    folder = files("serving.gateway.page").joinpath("assets")
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def router(history: History, forecaster: Forecaster) -> APIRouter:
    """Make the routes. Who may ask what is decided before they are called.

    Args:
        history: where the changes come from.
        forecaster: tells the risk of one block alone.
    """
    made = APIRouter(tags=["page"])
    _files(made)
    _data(made, history, forecaster)
    return made


def _files(made: APIRouter) -> None:
    kept = assets()

    @made.get("/page", include_in_schema=False)
    async def page() -> Response:
        headers = _HEADERS | {"Content-Security-Policy": POLICY}
        return Response(kept["index.html"], media_type="text/html; charset=utf-8", headers=headers)

    @made.get("/assets/page/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        kind = _KINDS.get(name.rpartition(".")[2])
        if kind is None or name not in kept:
            raise HTTPException(404, "The page has no such file.")
        return Response(kept[name], media_type=kind, headers=_HEADERS)


def _data(made: APIRouter, history: History, forecaster: Forecaster) -> None:
    @made.get(
        "/changes",
        summary="The changes of the last run, with risk, band and the top reason",
        response_model=schemas.Changes,
        responses=problems(404, 422),
    )
    def changes(
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        after: Annotated[str, Query(max_length=64, description="`next` of the part before")] = "",
        band: Literal["", "low", "medium", "high"] = "",
        q: Annotated[str, Query(max_length=200, description="words in subject, author, commit or path")] = "",
        sort: Literal["newest", "risk", "lines"] = "newest",
    ) -> Response:
        snapshot = history.snapshot()
        if snapshot is None:
            return answer(NOTHING)
        return answer(listing(snapshot, limit=limit, after=after, band=band, words=q, sort=sort))

    @made.get(
        "/changes/{commit}",
        summary="One change in depth: reasons, files, blocks, outcome, similar changes",
        response_model=schemas.Detail | schemas.Blocks,
        responses=problems(404, 422),
    )
    async def change(commit: str, *, blocks: bool = False) -> Response:
        """With `blocks`, the risk of each function alone instead of everything else; it takes the model's time."""
        if blocks:
            return answer(await _blocks(history, forecaster, commit))
        return answer(await run_in_threadpool(_detail, history, commit))


def _detail(history: History, commit: str) -> dict[str, Any]:
    from serving.gateway.page.detail import detail  # noqa: PLC0415  pyarrow, which only a look into the history needs

    return detail(_known(history, commit), commit)


async def _blocks(history: History, forecaster: Forecaster, commit: str) -> dict[str, Any]:
    from serving.gateway.page.detail import blocks  # noqa: PLC0415

    def described() -> Any:
        return blocks(_known(history, commit), commit)

    found, requests = await run_in_threadpool(described)
    scored = await forecaster.score(requests, key=commit, top=1) if requests else []
    return {
        "commit": commit,
        "blocks": [
            block | {"risk": one.prediction.risk, "band": str(one.prediction.band)}
            for block, one in zip(found, scored, strict=True)
        ],
        "model_version": scored[0].prediction.model_version if scored else None,
    }


def _known(history: History, commit: str) -> Snapshot:
    snapshot = history.snapshot()
    if snapshot is None:
        raise NotFound(f"{commit[:64]!r}: found no finished run here. Type `faultcast run REPO` first.")
    return snapshot
