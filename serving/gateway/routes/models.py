"""`GET /models`, `POST /models/{name}/reload`, `GET /model-info`: who answers, and what it is."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from faultcast.errors import FaultcastError, NotFound, TemporaryError, UsageError
from faultcast.features.catalogue import CATALOGUE
from faultcast.models.manifest import Manifest
from serving.gateway import schemas
from serving.gateway.asked import iso
from serving.gateway.parts import Parts
from serving.gateway.strict import answer, problems, router
from serving.scoring.forecaster import Served

ModelName = Annotated[str, Path(min_length=1, max_length=200, description="An alias or a model's name.")]


def routes(parts: Parts) -> APIRouter:
    """The routes over these parts."""
    made = router()

    @made.get("/models", response_model=schemas.ServedModels, responses=problems(), tags=["models"])
    async def models() -> Response:
        """All models that are served now, the champion first."""
        return answer({"models": [as_json(one) for one in parts.forecaster.served()]})

    @made.post(
        "/models/{name}/reload", response_model=schemas.ServedModels, responses=problems(404, 409, 422), tags=["models"]
    )
    async def reload(name: ModelName) -> Response:
        """Load what the registry now calls by that alias, or all aliases of a model; the old one answers until then."""
        return answer({"models": [as_json(await _reload(parts, alias)) for alias in _aliases(parts, name)]})

    @made.get("/model-info", response_model=schemas.ModelInfo, responses=problems(), tags=["models"])
    async def model_info() -> Response:
        """The model that answers most requests: what it is, what it learnt from, how good it was found."""
        known = parts.forecaster.served()
        if not known:
            raise TemporaryError("No model is loaded yet; ask again in a few seconds")
        served = max(known, key=lambda one: one.share)
        return answer(as_json(served) | _about(parts.manifest(served.alias)))

    return made


def as_json(served: Served) -> dict[str, Any]:
    """As `schemas.ServedModel` has it."""
    return {
        "alias": served.alias,
        "name": served.name,
        "version": served.version,
        "share": served.share,
        "kind": served.kind,
        "loaded_at": iso(served.loaded_at),
        "fingerprint": served.fingerprint,
    }


def _aliases(parts: Parts, name: str) -> list[str]:
    """The aliases of a model's name; an alias that is not loaded is tried all the same: it may be there by now."""
    return [one.alias for one in parts.forecaster.served() if one.name == name] or [name]


async def _reload(parts: Parts, alias: str) -> Served:
    try:
        served = await parts.forecaster.reload(alias)
    except UsageError:
        raise NotFound(f"{alias[:60]!r} is neither an alias nor the name of a model that is served here") from None
    except FaultcastError as error:
        parts.metrics.load_ended(alias, type(error).__name__)
        raise
    parts.metrics.load_ended(alias, "ok")
    parts.metrics.loaded(parts.forecaster.served())
    return served


def _about(manifest: Manifest | None) -> dict[str, Any]:
    """What a manifest tells; null where the model has none or is elsewhere."""
    features = [{"name": f.name, "dtype": f.dtype, "unit": f.unit, "meaning": f.meaning} for f in CATALOGUE]
    if manifest is None:
        unknown = (
            "bands",
            "training_window",
            "label_as_of",
            "ripening_days",
            "data_fingerprint",
            "code_version",
            "seed",
        )
        return {**dict.fromkeys(unknown), "metrics": {}, "features": features}
    return {
        "bands": {"medium": manifest.bands.medium, "high": manifest.bands.high},
        "training_window": [iso(at) for at in manifest.training_window],
        "label_as_of": iso(manifest.label_as_of),
        "ripening_days": manifest.ripening_days,
        "data_fingerprint": manifest.data_fingerprint,
        "code_version": manifest.code_version,
        "seed": manifest.seed,
        "metrics": manifest.metrics,
        "features": features,
    }
