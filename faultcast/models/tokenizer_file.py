"""What is checked of `tokenizer.json` before the library builds a tokenizer from it.

A tokenizer is a program in a small language: regular expressions, replacements, steps. Only the steps that byte-pair
and word-piece tokenizers are made of are let in, and no regular expression but our own: one of a stranger's can take
longer than the universe on one line of code.
"""

from typing import Any

from faultcast.errors import UnsafeArtifact

FILE = "tokenizer.json"
WORD = r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|."
"""How our own tokenizer splits words."""
_PATTERNS = ({"Regex": WORD},)
_MOST_TOKENS = 1 << 18
_MOST_MERGES = 1 << 19
_LONGEST_TOKEN = 512
_MODELS = {"BPE", "WordPiece", "WordLevel"}
_STEPS = {
    "Sequence", "WhitespaceSplit", "Whitespace", "Punctuation", "Digits", "ByteLevel", "BertPreTokenizer", "Split",
    "BertNormalizer", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip",
    "BertProcessing", "RobertaProcessing", "TemplateProcessing", "WordPiece", "BPEDecoder", "Fuse", "Metaspace",
}  # fmt: skip
_PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_NESTED = ("pretokenizers", "normalizers", "processors", "decoders")


def check(found: Any) -> None:
    """Refuse a tokenizer that is no ordinary one.

    Args:
        found: the file's value, read by `strict_json`.

    Raises:
        UnsafeArtifact: names what was found.
    """
    model = found.get("model") if isinstance(found, dict) else None
    if not isinstance(model, dict) or model.get("type") not in _MODELS:
        kind = model.get("type") if isinstance(model, dict) else None
        raise UnsafeArtifact(f"{FILE} is no tokenizer of kind {', '.join(sorted(_MODELS))}, found {str(kind)[:40]!r}")
    _check_tokens(model, found.get("added_tokens") or [])
    for part in _PARTS:
        if found.get(part) is not None:
            _check_step(part, found[part])


def _check_tokens(model: dict[str, Any], added: Any) -> None:
    vocabulary, merges = model.get("vocab"), model.get("merges", [])
    if not isinstance(vocabulary, dict) or not isinstance(merges, list) or not isinstance(added, list):
        raise UnsafeArtifact(f"{FILE} has no vocabulary; fetch or train the model again")
    if len(vocabulary) + len(added) > _MOST_TOKENS or len(merges) > _MOST_MERGES:
        raise UnsafeArtifact(
            f"{FILE} has {len(vocabulary) + len(added)} tokens and {len(merges)} merges, at most {_MOST_TOKENS} and "
            f"{_MOST_MERGES} are read"
        )
    longest = max(map(len, vocabulary), default=0)
    if longest > _LONGEST_TOKEN:
        raise UnsafeArtifact(f"{FILE} has a token of {longest} characters, at most {_LONGEST_TOKEN} are read")
    ids = vocabulary.values()
    if not all(type(number) is int and 0 <= number < _MOST_TOKENS for number in ids):
        raise UnsafeArtifact(f"{FILE} numbers a token outside 0..{_MOST_TOKENS - 1}")


def _check_step(part: str, step: Any, depth: int = 0) -> None:
    kind = step.get("type") if isinstance(step, dict) else None
    if kind not in _STEPS or depth > 2:
        raise UnsafeArtifact(f"{FILE} has the {part} {str(kind)[:40]!r}, expected one of {', '.join(sorted(_STEPS))}")
    if "pattern" in step and step["pattern"] not in _PATTERNS:
        raise UnsafeArtifact(
            f"{FILE} has the regular expression {str(step['pattern'])[:80]}, and only our own is run: it could take "
            "for ever on one line"
        )
    for name in _NESTED:
        for inner in step.get(name) or []:
            _check_step(part, inner, depth + 1)
