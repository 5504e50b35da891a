"""Text of a change -> token ids and what kind of line each token stands in.

N texts, T tokens, bounded by `max_tokens`: the message first (at most a third), then the diff.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from faultcast.errors import UnsafeArtifact
from faultcast.models.text import MESSAGE, marked_lines
from faultcast.models.tokenizer_file import FILE, WORD

PAD, UNKNOWN = "[PAD]", "[UNK]"
_MAX_DIFF_A_TOKEN = 8  # characters of diff worth tokenising, per token of the window


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """N texts: ids and segments (int32 array_NT, zeros behind the end) and the tokens of each (at least 1)."""

    ids_NT: NDArray[np.int32]  # noqa: N815
    segments_NT: NDArray[np.int32]  # noqa: N815
    lengths_N: NDArray[np.int64]  # noqa: N815

    def __len__(self) -> int:
        return len(self.lengths_N)


def fit_tokenizer(texts: list[str], vocabulary: int) -> Tokenizer:
    """Byte-pair encoding (Sennrich et al. 2016) over words split at camelCase, digits and punctuation."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(WORD), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=3,
        special_tokens=[PAD, UNKNOWN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((line for text in texts for line, _ in marked_lines(text, 1500)), trainer)
    return tokenizer


def read_tokenizer(content: bytes, vocabulary: int) -> Tokenizer:
    """A tokenizer from its JSON.

    Raises:
        UnsafeArtifact: it is none, or knows more tokens than the network.
    """
    try:
        tokenizer = Tokenizer.from_str(content.decode("utf-8"))
    except Exception as error:  # nothing narrower: the Rust side raises plain Exception for malformed content
        raise UnsafeArtifact(f"{FILE} is no tokenizer ({error}); fetch or train the model again") from error
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= vocabulary:
        raise UnsafeArtifact(f"{FILE} names token {highest}, the network knows {vocabulary}; train the model again")
    return tokenizer


def encode(tokenizer: Tokenizer, texts: list[str], max_tokens: int, start_token: int = -1) -> Tokens:
    """Tokens of each text; `start_token` (-1: none) stands before it.

    A text without any token gets one padding token marked as message.
    """
    split = [marked_lines(text, max_tokens * _MAX_DIFF_A_TOKEN) for text in texts]
    # One list a text of (line, segment): lines are encoded one by one, so a segment needs no offsets.
    lines = [line for of_one in split for line, _ in of_one]
    encoded = iter(tokenizer.encode_batch_fast(lines, add_special_tokens=False))
    read = Tokens(
        np.zeros((len(texts), max_tokens), dtype=np.int32),
        np.zeros((len(texts), max_tokens), dtype=np.int32),
        np.ones(len(texts), dtype=np.int64),
    )
    for i, of_one in enumerate(split):
        ids, segments = _join([(next(encoded).ids, segment) for _, segment in of_one], max_tokens, start_token)
        read.lengths_N[i] = len(ids)
        read.ids_NT[i, : len(ids)], read.segments_NT[i, : len(ids)] = ids, segments
    return read


def _join(lines: list[tuple[list[int], int]], max_tokens: int, start_token: int) -> tuple[list[int], list[int]]:
    ids: list[int] = [start_token] if start_token >= 0 else []
    segments = [MESSAGE] * len(ids)
    for token_ids, segment in lines:
        room = (max_tokens // 3 if segment == MESSAGE else max_tokens) - len(ids)
        ids += token_ids[: max(0, room)]
        segments += [segment] * (len(ids) - len(segments))
    return ids or [0], segments or [MESSAGE]
