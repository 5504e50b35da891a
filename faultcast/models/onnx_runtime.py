"""A model as it serves: its ONNX graphs in ONNX Runtime. No torch, no pandas, no scikit-learn here.

A graph is first read and compared with the one that training writes for a model of these sizes (`onnx_read`,
`onnx_trees.check`, `onnx_graph.check_same`): the runtime sees nothing that a stranger composed.

Shapes: N changes, F input columns, D width of a text's vector.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as refusals

from faultcast.errors import UnsafeArtifact
from faultcast.models import onnx_network, onnx_trees, sizes, tokenizer_file
from faultcast.models.artifact import read_files
from faultcast.models.folder import MODEL, READER
from faultcast.models.manifest import Manifest, check_contract
from faultcast.models.model import Model, Scorer
from faultcast.models.onnx_graph import check_same
from faultcast.models.onnx_read import read

_ERRORS = 3
_REFUSALS = (
    refusals.Fail,
    refusals.InvalidArgument,
    refusals.InvalidGraph,
    refusals.InvalidProtobuf,
    refusals.NotImplemented,
    refusals.RuntimeException,
)
_BATCH = 16
"""Texts at once: attention's memory grows with them, its speed on a CPU does not."""
_NEEDED = {MODEL, READER, tokenizer_file.FILE, sizes.ENCODER_FILE}


def load(folder: Path, trusted: Collection[bytes] = ()) -> Model:
    """A model from its folder, ready to score; arguments and errors as `artifact.load`.

    Raises:
        NotFound: there is no model in the folder.
        UnsafeArtifact: the folder is not exactly what its manifest says, or nobody trusted signed it.
        ContractMismatch: the model was trained on other features, or kept in another format.
    """
    manifest, files = read_files(folder, trusted, only=_NEEDED)
    check_contract(manifest)
    return Model(manifest, from_files(files, manifest))


def from_files(files: Mapping[str, bytes], manifest: Manifest) -> Scorer:
    """The scorer of a manifest's kind from the files that serving needs.

    Raises:
        UnsafeArtifact: a file is absent, or no graph that training writes for this model.
    """
    num_columns = len(manifest.normaliser.columns)
    if manifest.kind == "hybrid":
        return _network(files, manifest.config, num_columns)
    content = _file(files, MODEL)
    onnx_trees.check(MODEL, read(MODEL, content), num_columns)
    return Table(_session(MODEL, content))


@dataclass(frozen=True, slots=True)
class Table:
    """Kinds `simple` and `incremental`: features alone."""

    session: onnxruntime.InferenceSession

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """No text is read: float32 array_N0."""
        return np.empty((len(texts), 0), dtype=np.float32)

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (float64 array_N)."""
        del text_ND
        return cast("NDArray[np.float64]", self.session.run(["logits"], {"features": features_NF})[0])


@dataclass(frozen=True, slots=True)
class Texts:
    """Kind `hybrid`: texts and features."""

    reader: onnxruntime.InferenceSession
    head: onnxruntime.InferenceSession
    tokenizer: Any
    config: sizes.NetworkConfig

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """Texts -> vectors (float32 array_ND). Equal texts are read once."""
        from faultcast.models import tokens  # noqa: PLC0415

        distinct = list(dict.fromkeys(texts))
        told = tokens.encode(self.tokenizer, distinct, self.config.max_tokens, self.config.start_token)
        text_ND = np.empty((len(distinct), self.config.width), dtype=np.float32)
        order = np.argsort(told.lengths_N, kind="stable")  # so that little padding is computed
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            width = int(told.lengths_N[rows].max())
            ids_BT, segments_BT = (x_NT[rows, :width].astype(np.int64) for x_NT in (told.ids_NT, told.segments_NT))
            (text_ND[rows],) = self.reader.run(["text"], {"tokens": ids_BT, "segments": segments_BT})
        if len(distinct) == len(texts):
            return text_ND
        place = {text: i for i, text in enumerate(distinct)}
        return text_ND[[place[text] for text in texts]]

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits (float64 array_N)."""
        logits_N = self.head.run(["logits"], {"features": features_NF, "text": text_ND})[0]
        return cast("NDArray[np.float64]", logits_N).astype(np.float64)


def _network(files: Mapping[str, bytes], raw: Mapping[str, Any], num_columns: int) -> Texts:
    from faultcast.models import tokens  # noqa: PLC0415  a forest needs no tokenizer, nor its library

    config = sizes.read_config(raw)
    of_encoder = None
    if config.encoder != "small":
        of_encoder = sizes.read_encoder(_file(files, sizes.ENCODER_FILE))
        sizes.check_encoder(config, of_encoder)
    tokenizer = tokens.read_tokenizer(_file(files, tokenizer_file.FILE), config.vocabulary)
    empty = onnx_network.shapes(config, num_columns, of_encoder)
    contents = {READER: _file(files, READER), MODEL: _file(files, MODEL)}
    check_same(READER, read(READER, contents[READER]), onnx_network.reader(empty, config, of_encoder))
    check_same(MODEL, read(MODEL, contents[MODEL]), onnx_network.head(empty, config, num_columns))
    return Texts(_session(READER, contents[READER]), _session(MODEL, contents[MODEL]), tokenizer, config)


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise UnsafeArtifact(f"The model has no {name}, which serving needs; train it again")
    return files[name]


def _session(name: str, content: bytes) -> onnxruntime.InferenceSession:
    """One thread a call: a server runs its calls side by side. No arena: it would keep the largest batch's memory."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = False
    options.log_severity_level = _ERRORS
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _REFUSALS as error:
        first_line = str(error).strip().split("\n", 1)[0][:200]
        raise UnsafeArtifact(f"{name} cannot be run ({first_line}); train the model again") from error
