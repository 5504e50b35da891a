"""A pre-trained encoder of kind `hybrid`: BERT or RoBERTa (CodeBERT, GraphCodeBERT, UniXcoder …), read by transformers.

It is read once, when training begins, from a local folder or the Hugging Face hub, from safetensors alone and
without remote code. The artifact then carries all of it: sizes in `encoder.json`, weights among the others,
`tokenizer.json`. Of a configuration only the fields of `_FIELDS` are ever used, each checked, so that neither a folder
nor an artifact can name code to be run.

Legend of the shape suffixes: B changes of a batch, T tokens, D width.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from torch import Tensor, nn

from faultcast.errors import FaultcastError, Unavailable, UsageError
from faultcast.models.sizes import read_sizes
from faultcast.models.text import SEGMENTS

FOLDER_PREFIX = "folder:"
_EXECUTABLE = (".bin", ".pt", ".pth", ".pkl", ".ckpt")


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What was read: sizes (`encoder.json`), the network, its tokenizer and the ids of its special tokens."""

    sizes: dict[str, Any]
    encoder: nn.Module
    tokenizer: Tokenizer
    start_token: int
    hidden_token: int


class PretrainedEncoder(nn.Module):
    """Tokens and segments -> x_BTD. What a line is (added, deleted, …) is added to its tokens, from zero on."""

    def __init__(self, body: nn.Module, width: int) -> None:
        super().__init__()
        self.body = body
        self.segment = nn.Embedding(SEGMENTS, width)
        nn.init.zeros_(self.segment.weight)

    def forward(self, tokens_BT: Tensor, segments_BT: Tensor, kept_BSD: Tensor | None) -> Tensor:
        x_BTD = self.body.get_input_embeddings()(tokens_BT) + self.segment(segments_BT)  # type: ignore[operator]
        if kept_BSD is not None:
            x_BTD = x_BTD * kept_BSD[:, None, 0]
        read: Tensor = self.body(inputs_embeds=x_BTD, attention_mask=(segments_BT > 0).long()).last_hidden_state
        return read if kept_BSD is None else read * kept_BSD[:, None, 1]


def build(sizes: Mapping[str, Any]) -> PretrainedEncoder:
    """An encoder of checked sizes, weights still to be loaded. Its own dropout is off: ours is drawn by row."""
    from transformers import AutoConfig, AutoModel  # noqa: PLC0415  a second that the small encoder need not pay

    config = AutoConfig.for_model(**sizes, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    body = AutoModel.from_config(config, add_pooling_layer=False, attn_implementation="sdpa", trust_remote_code=False)
    return PretrainedEncoder(body.float(), sizes["hidden_size"])


def fetch(encoder: str, revision: str = "main") -> Pretrained:
    """Read a pre-trained encoder.

    Args:
        encoder: "folder:PATH" (a local folder in Hugging Face's layout), or a name on the hub ("owner/name").
        revision: branch, tag or commit on the hub; pin a commit for runs that can be repeated.

    Raises:
        UsageError: there is no such folder, or its weights are in no safetensors file.
        UnsafeArtifact: the encoder is of another architecture than `KINDS`, or its sizes are out of bounds.
        Unavailable: the hub, or that name or revision on it, cannot be reached.
    """
    local = encoder.startswith(FOLDER_PREFIX)
    place = encoder.removeprefix(FOLDER_PREFIX)
    if local:
        _check_folder(Path(place))
    from transformers import AutoModel, AutoTokenizer, PretrainedConfig  # noqa: PLC0415

    common = {"revision": "main" if local else revision, "local_files_only": local, "trust_remote_code": False}
    try:
        raw, _ = PretrainedConfig.get_config_dict(place, **common)
        sizes = read_sizes(raw)
        body = build(sizes).body
        loaded = AutoModel.from_pretrained(
            place,
            config=body.config,
            use_safetensors=True,
            add_pooling_layer=False,
            attn_implementation="sdpa",
            **common,
        )
        words = AutoTokenizer.from_pretrained(place, use_fast=True, **common)
        tokenizer = Tokenizer.from_str(words.backend_tokenizer.to_str())
    except (OSError, ValueError, AttributeError, KeyError) as error:
        raise _refused(encoder, error, local=local) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoder_ = PretrainedEncoder(loaded.float(), sizes["hidden_size"])
    unknown = words.unk_token_id if words.mask_token_id is None else words.mask_token_id
    start = -1 if words.cls_token_id is None else words.cls_token_id
    return Pretrained(sizes, encoder_, tokenizer, start, 0 if unknown is None else unknown)


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise UsageError(f"{folder} is no encoder's folder: it has no config.json")
    if any(folder.glob("*.safetensors")):
        return
    found = sorted(path.name for path in folder.iterdir() if path.suffix in _EXECUTABLE)
    told = f"{', '.join(found)}, which can run code when it is read" if found else "no weights"
    raise UsageError(f"{folder} has {told}; expected model.safetensors. Convert it, or name another encoder")


def _refused(encoder: str, error: Exception, *, local: bool) -> FaultcastError:
    first_line = str(error).strip().split("\n", 1)[0][:300]
    if local:
        return UsageError(f"{encoder} cannot be read as an encoder with its tokenizer: {first_line}")
    return Unavailable(
        f"The encoder {encoder!r} cannot be had from the Hugging Face hub: {first_line} Use one on disk "
        f"(encoder {FOLDER_PREFIX}PATH), or the one that needs no network (encoder small)"
    )
