"""V2 over gRPC: `inference.GRPCInferenceService`, for the same `Answers` as REST."""

import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from faultcast.errors import BadChange, FaultcastError, UsageError
from serving.predictor import messages
from serving.predictor.answers import Answers
from serving.predictor.metrics import Metrics
from serving.predictor.repository import Repository
from serving.predictor.rest import model_metadata, status_of
from serving.wire.tensors import Infer, Tensor, column, datatype_of, packed_column

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
MAX_STREAMS = 128
"""Requests at once on one connection."""
GOODBYE_SECONDS = 20
CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    503: grpc.StatusCode.UNAVAILABLE,
}
"""The code that says what an HTTP status says."""
_CONTENTS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
    "UINT64": "uint64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}  # fmt: skip

log = logging.getLogger("faultcast.serving")


class Rpc:
    """The gRPC server of one model."""

    def __init__(self, answers: Answers, repository: Repository, metrics: Metrics) -> None:
        self._answers = answers
        self._repository = repository
        self._metrics = metrics
        self._types = messages.build()
        self._server: Any = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port.

        Raises:
            UsageError: the address cannot be listened on.
        """
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_concurrent_streams", MAX_STREAMS),
                ("grpc.so_reuseport", 0),
            ],
            maximum_concurrent_rpcs=4 * MAX_STREAMS,
        )
        handlers = {method: self._handler(method) for method in messages.METHODS}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(messages.SERVICE, handlers),))
        try:
            found: int = self._server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError as error:
            raise UsageError(f"Cannot listen on {host}:{port} ({error}); choose another --grpc-port") from error
        await self._server.start()
        return found

    async def stop(self) -> None:
        """Take no further request; what runs is finished."""
        await self._server.stop(GOODBYE_SECONDS)

    def _handler(self, method: str) -> Any:
        answer: Callable[[Any, Any], Awaitable[Any]] = getattr(self, f"_{method}")

        async def handle(request: Any, context: Any) -> Any:
            start, status = time.perf_counter(), 500
            try:
                found = await answer(request, context)
                status = 200
            except FaultcastError as error:
                status = status_of(error)
                log.info("grpc %s: %d %s", method, status, error)
                told = "internal error; the server's log has the cause" if status == 500 else str(error)
                await context.abort(CODES.get(status, grpc.StatusCode.INTERNAL), told)
            finally:
                self._metrics.request("grpc", method, status, time.perf_counter() - start)
                if method == "ModelInfer" and status != 200:
                    self._metrics.failed(status)
            return found

        return grpc.unary_unary_rpc_method_handler(
            handle,
            request_deserializer=self._types[f"{method}Request"].FromString,
            response_serializer=self._types[f"{method}Response"].SerializeToString,
        )

    # The methods are named as the protocol names them.

    async def _ServerLive(self, request: Any, context: Any) -> Any:
        del request, context
        return self._types["ServerLiveResponse"](live=True)

    async def _ServerReady(self, request: Any, context: Any) -> Any:
        del request, context
        return self._types["ServerReadyResponse"](ready=self._answers.ready)

    async def _ModelReady(self, request: Any, context: Any) -> Any:
        del context
        self._answers.check(request.name, request.version)
        return self._types["ModelReadyResponse"](ready=self._answers.ready)

    async def _ServerMetadata(self, request: Any, context: Any) -> Any:
        del request, context
        return self._types["ServerMetadataResponse"](**self._repository.metadata())

    async def _ModelMetadata(self, request: Any, context: Any) -> Any:
        del context
        self._answers.check(request.name, request.version)
        return self._types["ModelMetadataResponse"](**model_metadata(self._answers))

    async def _ModelInfer(self, request: Any, context: Any) -> Any:
        del context
        self._answers.check(request.model_name, request.model_version)
        asked = _read(request)
        scored = await self._answers.infer(asked)
        version = scored[0].prediction.model_version
        self._metrics.predicted("grpc", self._answers.name, version, len(scored))
        answer = self._types["ModelInferResponse"](
            model_name=self._answers.name, model_version=version, id=asked.id or f"{random.getrandbits(128):032x}"
        )
        for name in asked.wanted:
            answer.outputs.add(name=name, datatype=datatype_of(name), shape=[len(scored)])
            answer.raw_output_contents.append(packed_column(name, column(name, scored)))
        return answer

    async def _RepositoryIndex(self, request: Any, context: Any) -> Any:
        del context
        return self._types["RepositoryIndexResponse"](models=self._repository.index(only_ready=request.ready))

    async def _RepositoryModelLoad(self, request: Any, context: Any) -> Any:
        name = request.model_name or request.repository_name
        await self._repository.load(name, _authorization(context))
        return self._types["RepositoryModelLoadResponse"](model_name=name, isLoaded=True)

    async def _RepositoryModelUnload(self, request: Any, context: Any) -> Any:
        name = request.model_name or request.repository_name
        self._repository.unload(name, _authorization(context))
        return self._types["RepositoryModelUnloadResponse"](model_name=name, isUnloaded=True)


def _read(request: Any) -> Infer:
    """`ModelInferRequest` -> what is asked. Raises BadChange."""
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise BadChange(f"raw_input_contents: found {len(raw)}, expected one for each of {len(request.inputs)} inputs")
    tensors = []
    for i, tensor in enumerate(request.inputs):
        contents = _CONTENTS.get(tensor.datatype)
        if raw and tensor.HasField("contents"):
            raise BadChange(f"inputs[{i}]: found contents and raw_input_contents, expected one of them")
        data = raw[i] if raw else list(getattr(tensor.contents, contents)) if contents else None
        tensors.append(Tensor(tensor.name, tensor.datatype, tuple(tensor.shape), data))
    names = tuple(dict.fromkeys(output.name for output in request.outputs))
    return Infer(tuple(tensors), request.id, names)


def _authorization(context: Any) -> str:
    return next((str(value) for key, value in context.invocation_metadata() or () if key == "authorization"), "")
