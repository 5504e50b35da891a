"""The same answers as a `kserve.Model`, for those who run KServe's own `ModelServer`."""

from pathlib import Path
from typing import Any

import kserve
from kserve.errors import ModelNotReady
from kserve.protocol.infer_type import InferInput, InferOutput, InferRequest, InferResponse

from serving.predictor.answers import Answers
from serving.predictor.loading import load_scorer
from serving.wire.tensors import INPUTS, OUTPUTS, Infer, Tensor, column, datatype_of


class FaultcastModel(kserve.Model):  # type: ignore[misc]
    """One model folder behind KServe's V1 and V2; `ready` only from a successful `load` until `stop`."""

    def __init__(self, name: str, model_dir: Path, *, version: str = "", **options: Any) -> None:
        """Serve a model's folder; `options` are those of `loading.load_scorer`."""
        super().__init__(name)
        self.version = version
        self._answers = Answers(
            name, lambda: load_scorer(model_dir, model_name=name, model_version=version, **options), version
        )

    def load(self) -> bool:
        """Read the model; takes seconds. Raises as `Answers.load`."""
        self._answers.load_now()
        self.version = self._answers.version
        self.ready = True
        return True

    def start(self) -> None:
        """Do nothing: KServe's own says "ready" whether or not anything was loaded."""

    def stop(self) -> None:
        """Take no further request; what runs is finished."""
        super().stop()
        self._answers.close()

    async def predict(self, payload: object, headers: dict[str, str] | None = None) -> dict[str, Any] | InferResponse:
        """V1 `:predict` and V2 `/infer`. Raises BadChange, NotFound."""
        del headers
        if not self.ready:
            raise ModelNotReady(self.name)
        if not isinstance(payload, InferRequest):
            return await self._answers.predict(payload)
        asked = _asked(payload)
        scored = await self._answers.infer(asked)
        outputs = [
            InferOutput(name=name, shape=[len(scored)], datatype=datatype_of(name), data=column(name, scored))
            for name in asked.wanted
        ]
        return InferResponse(
            response_id=payload.id or "",
            model_name=self.name,
            model_version=self.version,
            infer_outputs=outputs,
            requested_outputs=payload.request_outputs,
            use_binary_outputs=payload.use_binary_outputs,
        )

    async def explain(self, payload: object, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """V1 `:explain`: what each feature did to the risk. Raises BadChange, NotFound."""
        del headers
        if not self.ready:
            raise ModelNotReady(self.name)
        return await self._answers.predict(payload, explain=True)

    def get_input_types(self) -> list[dict[str, Any]]:
        """The tensors of V2's metadata."""
        return INPUTS

    def get_output_types(self) -> list[dict[str, Any]]:
        """The tensors of V2's metadata."""
        return OUTPUTS


def _asked(request: InferRequest) -> Infer:
    return Infer(
        tuple(_tensor(tensor) for tensor in request.inputs),
        request.id or "",
        tuple(dict.fromkeys(output.name for output in request.request_outputs or [])),
    )


def _tensor(tensor: InferInput) -> Tensor:
    data = tensor.data if tensor.data is not None else getattr(tensor, "raw_data", None)
    return Tensor(tensor.name, tensor.datatype, tuple(tensor.shape), data)
