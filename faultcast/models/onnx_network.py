"""Kind `hybrid` as two ONNX graphs, so that one text, read once, serves any features beside it.

    reader   tokens_BT, segments_BT -> text_BD     the encoder, pooled by kind of line
    model    features_NF, text_ND   -> logits_N    the gate and the two heads

Built from the weights' arrays, operator by operator as `network`, `encoders` and (for pre-trained encoders) BERT
(Devlin et al. 2019) and RoBERTa (Liu et al. 2019) are defined: no exporter traces code. Batch and length are free.
What an encoder's implementation does otherwise is found out by the proof that every export has to pass (`onnx_export`).

Legend of the shape suffixes: B changes of a batch, N changes, T tokens, D width, H heads, d width of a head, K kinds
of lines, F feature columns.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.models.onnx_graph import Attribute, Graph, Node, Port
from faultcast.models.sizes import NetworkConfig
from faultcast.models.text import ADDED, DELETED, MESSAGE, SEGMENTS

Weights = Mapping[str, NDArray[np.float32]]
"""By the names that the network's file has."""
_FLOAT, _WHOLE = np.dtype(np.float32), np.dtype(np.int64)
_FAR, _LOW = -1e9, -1e4
"""What silences a padding token in attention, and in a maximum."""
_NORM_EPSILON = 1e-5


def reader(weights: Weights, config: NetworkConfig, of_encoder: Mapping[str, Any] | None) -> Graph:
    """The graph that reads texts; `of_encoder` holds a pre-trained encoder's sizes."""
    wires = _Wires(weights)
    wires.add("Greater", "segments", wires.whole("nothing", 0), out="known_BT")
    wires.add("Unsqueeze", "known_BT", wires.whole("axes_11", [1, 2]), out="known_B11T")
    wires.add("Where", "known_B11T", wires.number("near", 0.0), wires.number("far", _FAR), out="far_B11T")
    wires.add("Shape", "tokens", out="length", start=1, end=2)
    x_BTD = _small(wires, config) if of_encoder is None else _pretrained(wires, config, of_encoder)
    _pool(wires, x_BTD)
    whole = {name: Port(_WHOLE, ("B", "T")) for name in ("tokens", "segments")}
    return wires.graph(whole, {"text": Port(_FLOAT, ("B", config.width))})


def head(weights: Weights, config: NetworkConfig, num_columns: int) -> Graph:
    """The graph that weighs features and text."""
    wires = _Wires(weights)
    first_ND = wires.add("Gelu", wires.linear("features", "table_in"))
    table_ND = wires.add("Gelu", wires.linear(first_ND, "table_out"))
    both_NE = wires.add("Concat", "text", table_ND, axis=1)
    gate_ND = wires.add("Sigmoid", wires.linear(both_NE, "gate"))
    gated_ND = wires.add("Mul", gate_ND, "text")
    logits_N1 = wires.add("Add", wires.linear(gated_ND, "head_text"), wires.linear(table_ND, "head_table"))
    wires.add("Squeeze", logits_N1, wires.whole("last_axis", [1]), out="logits")
    given = {"features": Port(_FLOAT, ("N", num_columns)), "text": Port(_FLOAT, ("N", config.width))}
    return wires.graph(given, {"logits": Port(_FLOAT, ("N",))})


def shapes(config: NetworkConfig, num_columns: int, of_encoder: Mapping[str, Any] | None) -> Weights:
    """Weights of the right shapes that take no memory: what a graph is built from only to be compared."""
    D = config.width
    found: dict[str, tuple[int, ...]] = {}
    for name, (out, into) in {
        "pool": (D, 4 * D), "table_in": (D, num_columns), "table_out": (D, D), "gate": (D, 2 * D),
        "head_text": (1, D), "head_table": (1, D),
    }.items():  # fmt: skip
        found |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
    found["encoder.segment.weight"] = (SEGMENTS, D)
    found |= _small_shapes(config) if of_encoder is None else _pretrained_shapes(config, of_encoder)
    return {name: np.broadcast_to(np.float32(0), shape) for name, shape in found.items()}


# --- the small encoder ------------------------------------------------------------------------


def _small(wires: "_Wires", config: NetworkConfig) -> str:
    words_BTD = wires.add("Gather", wires.weight("encoder.token.weight"), "tokens")
    x_BTD = wires.add("Add", words_BTD, _positions(wires, wires.weights["encoder.position.weight"]))
    x_BTD = wires.add("Add", x_BTD, wires.add("Gather", wires.weight("encoder.segment.weight"), "segments"))
    for i in range(config.layers):
        layer = f"encoder.layers.{i}"
        normed_BTD = wires.norm(x_BTD, f"{layer}.norm_attention", _NORM_EPSILON)
        qkv = np.split(wires.weights[f"{layer}.qkv.weight"], 3)
        mixed_BTD = _attend(wires, normed_BTD, [(part, None) for part in qkv], config, layer)
        x_BTD = wires.add("Add", x_BTD, wires.linear(mixed_BTD, f"{layer}.out"))
        up_BTH = wires.add(
            "Gelu", wires.linear(wires.norm(x_BTD, f"{layer}.norm_forward", _NORM_EPSILON), f"{layer}.up")
        )
        x_BTD = wires.add("Add", x_BTD, wires.linear(up_BTH, f"{layer}.down"))
    return wires.norm(x_BTD, "encoder.norm", _NORM_EPSILON)


def _small_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    D, hidden = config.width, config.hidden
    found: dict[str, tuple[int, ...]] = {
        "encoder.token.weight": (config.vocabulary, D), "encoder.position.weight": (config.max_tokens, D),
        "encoder.norm.weight": (D,), "encoder.norm.bias": (D,),
    }  # fmt: skip
    for i in range(config.layers):
        layer = f"encoder.layers.{i}"
        found |= {f"{layer}.{norm}.{part}": (D,) for norm in ("norm_attention", "norm_forward")
                  for part in ("weight", "bias")}  # fmt: skip
        found |= {f"{layer}.qkv.weight": (3 * D, D), f"{layer}.out.weight": (D, D), f"{layer}.out.bias": (D,),
                  f"{layer}.up.weight": (hidden, D), f"{layer}.up.bias": (hidden,),
                  f"{layer}.down.weight": (D, hidden), f"{layer}.down.bias": (D,)}  # fmt: skip
    return found


# --- a pre-trained encoder --------------------------------------------------------------------

_BODY = "encoder.body"


def _pretrained(wires: "_Wires", config: NetworkConfig, sizes: Mapping[str, Any]) -> str:
    epsilon = float(sizes["layer_norm_eps"])
    place = f"{_BODY}.embeddings"
    # RoBERTa counts positions from behind the padding token on; of the two kinds of sentences, texts are the first.
    first = sizes["pad_token_id"] + 1 if sizes["model_type"] == "roberta" else 0
    positions_TD = wires.weights[f"{place}.position_embeddings.weight"][first:]
    positions_TD = positions_TD + wires.weights[f"{place}.token_type_embeddings.weight"][:1]
    words_BTD = wires.add("Gather", wires.weight(f"{place}.word_embeddings.weight"), "tokens")
    x_BTD = wires.add("Add", words_BTD, wires.add("Gather", wires.weight("encoder.segment.weight"), "segments"))
    x_BTD = wires.norm(wires.add("Add", x_BTD, _positions(wires, positions_TD)), f"{place}.LayerNorm", epsilon)
    for i in range(config.layers):
        layer = f"{_BODY}.encoder.layer.{i}"
        qkv = [
            tuple(wires.weights[f"{layer}.attention.self.{part}.{kind}"] for kind in ("weight", "bias"))
            for part in ("query", "key", "value")
        ]
        mixed_BTD = _attend(wires, x_BTD, [(weight, bias) for weight, bias in qkv], config, layer)
        said_BTD = wires.linear(mixed_BTD, f"{layer}.attention.output.dense")
        x_BTD = wires.norm(wires.add("Add", x_BTD, said_BTD), f"{layer}.attention.output.LayerNorm", epsilon)
        up_BTH = _activated(wires, wires.linear(x_BTD, f"{layer}.intermediate.dense"), str(sizes["hidden_act"]))
        down_BTD = wires.linear(up_BTH, f"{layer}.output.dense")
        x_BTD = wires.norm(wires.add("Add", x_BTD, down_BTD), f"{layer}.output.LayerNorm", epsilon)
    return x_BTD


def _activated(wires: "_Wires", x: str, kind: str) -> str:
    if kind != "gelu_new":
        return wires.add({"gelu": "Gelu", "relu": "Relu"}[kind], x)
    # 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), Hendrycks and Gimpel 2016
    cubed = wires.add("Mul", wires.add("Mul", x, x), x)
    inner = wires.add("Add", x, wires.add("Mul", cubed, wires.number("gelu_cubic", 0.044715)))
    rising = wires.add("Tanh", wires.add("Mul", inner, wires.number("gelu_scale", (2 / np.pi) ** 0.5)))
    return wires.add(
        "Mul", wires.add("Add", rising, wires.number("one", 1.0)), wires.add("Mul", x, wires.number("half", 0.5))
    )


def _pretrained_shapes(config: NetworkConfig, sizes: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    D, hidden = config.width, int(sizes["intermediate_size"])
    place = f"{_BODY}.embeddings"
    found: dict[str, tuple[int, ...]] = {
        f"{place}.word_embeddings.weight": (int(sizes["vocab_size"]), D),
        f"{place}.position_embeddings.weight": (int(sizes["max_position_embeddings"]), D),
        f"{place}.token_type_embeddings.weight": (int(sizes["type_vocab_size"]), D),
    }
    norms = [f"{place}.LayerNorm"]
    for i in range(config.layers):
        layer = f"{_BODY}.encoder.layer.{i}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        square = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        for name, (out, into) in {
            **dict.fromkeys((*square, f"{layer}.attention.output.dense"), (D, D)),
            f"{layer}.intermediate.dense": (hidden, D),
            f"{layer}.output.dense": (D, hidden),
        }.items():
            found |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
    return found | {f"{name}.{part}": (D,) for name in norms for part in ("weight", "bias")}


# --- what both have ---------------------------------------------------------------------------


def _positions(wires: "_Wires", table_PD: NDArray[np.float32]) -> str:
    start, axis = wires.whole("start", [0]), wires.whole("first_axis", [0])
    return wires.add("Slice", wires.keep("positions", table_PD), start, "length", axis)


def _attend(
    wires: "_Wires",
    x_BTD: str,
    qkv: list[tuple[NDArray[np.float32], NDArray[np.float32] | None]],
    config: NetworkConfig,
    layer: str,
) -> str:
    """Each token's mean of the known tokens' values, weighed by how well they answer it (Vaswani et al. 2017)."""
    d = config.width // config.heads
    split = wires.whole("split_heads", [0, 0, config.heads, d])
    heads = []
    for part, (weight_DD, bias_D), order in zip("qkv", qkv, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True):
        scale = np.float32(d**-0.5 if part == "q" else 1.0)
        part_BTD = wires.add("MatMul", x_BTD, wires.keep(f"{layer}.{part}", (weight_DD * scale).T))
        if bias_D is not None:
            part_BTD = wires.add("Add", part_BTD, wires.keep(f"{layer}.{part}.bias", bias_D * scale))
        heads.append(wires.add("Transpose", wires.add("Reshape", part_BTD, split), perm=order))
    scores_BHTT = wires.add("Add", wires.add("MatMul", heads[0], heads[1]), "far_B11T")
    mixed_BHTd = wires.add("MatMul", wires.add("Softmax", scores_BHTT, axis=-1), heads[2])
    mixed_BTHd = wires.add("Transpose", mixed_BHTd, perm=(0, 2, 1, 3))
    return wires.add("Reshape", mixed_BTHd, wires.whole("join_heads", [0, 0, config.width]))


def _pool(wires: "_Wires", x_BTD: str) -> None:
    """Means of the message's, the added and the deleted lines' tokens, and the maximum of all."""
    kinds_1K1 = wires.keep("kinds", np.array([[[MESSAGE], [ADDED], [DELETED]]], dtype=np.int64))
    one_axis = wires.whole("middle_axis", [1])
    segments_B1T = wires.add("Unsqueeze", "segments", one_axis)
    chosen_BKT = wires.add("Cast", wires.add("Equal", segments_B1T, kinds_1K1), to=1)
    counts_BK1 = wires.add("ReduceSum", chosen_BKT, wires.whole("last_axis", [2]), keepdims=1)
    counts_BK1 = wires.add("Clip", counts_BK1, wires.number("one", 1.0))
    means_BKD = wires.add("Div", wires.add("MatMul", chosen_BKT, x_BTD), counts_BK1)
    means_BE = wires.add("Reshape", means_BKD, wires.whole("join_kinds", [0, -1]))
    known_BT1 = wires.add("Unsqueeze", "known_BT", wires.whole("last_axis", [2]))
    seen_BTD = wires.add("Where", known_BT1, x_BTD, wires.number("low", _LOW))
    most_BD = wires.add("ReduceMax", seen_BTD, one_axis, keepdims=0)
    wires.add("Tanh", wires.linear(wires.add("Concat", means_BE, most_BD, axis=1), "pool"), out="text")


class _Wires:
    """A graph that grows: each call adds an operator and returns the name of what it makes."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._nodes: list[Node] = []
        self._tensors: dict[str, NDArray[Any]] = {}

    def add(self, op: str, *inputs: str, out: str = "", **attributes: Attribute) -> str:
        name = out or f"{op.lower()}{len(self._nodes)}"
        self._nodes.append(Node(op, inputs, (name,), attributes))
        return name

    def keep(self, name: str, value: NDArray[Any]) -> str:
        self._tensors.setdefault(name, value)
        return name

    def number(self, name: str, value: float) -> str:
        return self.keep(name, np.array(value, dtype=np.float32))

    def whole(self, name: str, value: int | list[int]) -> str:
        return self.keep(name, np.array(value, dtype=np.int64))

    def weight(self, name: str) -> str:
        return self.keep(name, self.weights[name])

    def linear(self, x: str, name: str) -> str:
        product = self.add("MatMul", x, self.keep(f"{name}.weight", self.weights[f"{name}.weight"].T))
        return self.add("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x: str, name: str, epsilon: float) -> str:
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=float(np.float32(epsilon)))

    def graph(self, inputs: dict[str, Port], outputs: dict[str, Port]) -> Graph:
        return Graph(tuple(self._nodes), self._tensors, inputs, outputs)
