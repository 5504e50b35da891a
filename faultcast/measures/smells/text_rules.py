"""The rules of what shows in the text, by smell and language.

Every repetition is bounded, so that a hostile file takes no longer than its length allows.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple


class Rule(NamedTuple):
    """Look for `pattern` if one of `needles` stands in the text; `accept` may refuse a match."""

    smell: str
    languages: tuple[str, ...]
    needles: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    in_comment: bool = False
    accept: Callable[[re.Match[bytes]], bool] | None = None


def _rule(
    smell: str,
    languages: str,
    needles: str,
    pattern: bytes,
    *,
    in_comment: bool = False,
    accept: Callable[[re.Match[bytes]], bool] | None = None,
) -> Rule:
    compiled = re.compile(pattern, re.MULTILINE)
    return Rule(smell, tuple(languages.split()), tuple(needles.encode().split(b"~")), compiled, in_comment, accept)


_SURELY_SECRET_BYTES = 20  # a shorter value of words with dots or dashes between them is a name


def _is_loose(match: re.Match[bytes]) -> bool:
    """``typeof x == "string"`` converts nothing."""
    return b"typeof" not in match.string[max(0, match.start() - 60) : match.start()].rpartition(b"\n")[2]


def _is_secret(match: re.Match[bytes]) -> bool:
    """A value that looks like a secret: not a name, a placeholder, a template, a path or a sentence."""
    value = match["value"]
    if re.search(
        rb"[\s${}<>*\[\]()]|secret|passw|key|token|\.\.\.|^(?:https?|file|arn):|^[./]|^(?:env|var|x{3,}|\*+)",
        value,
        re.IGNORECASE,
    ):
        return False
    if len(value) < _SURELY_SECRET_BYTES and re.fullmatch(rb"[a-z\d]+(?:[._-][a-z\d]+)+", value):
        return False
    return not re.fullmatch(rb"-{0,2}[A-Za-z]+(?:[_.\-: /][A-Za-z]+)*[?:=.]?|[A-Z_\d]+|[a-z]+[A-Z]\w*", value)


def _is_ingress(match: re.Match[bytes]) -> bool:
    """Outgoing traffic and routes go everywhere as a rule; coming in from everywhere is another matter."""
    before = match.string[max(0, match.start() - 600) : match.start()]
    line = before[before.rfind(b"\n") + 1 :]
    if b"destination" in line or b"egress" in line or b"route" in line:
        return False
    return before.rfind(b"ingress") > max(before.rfind(b"egress"), before.rfind(b"\n}"))


ALL_LANGUAGES: Final = "python java javascript typescript go c cpp csharp rust ruby hcl"
_SQL = rb"(?:SELECT\b[^\"'`\n]{1,300}\bFROM\b|INSERT INTO\b|UPDATE\b[^\"'`\n]{1,100}\bSET\b|DELETE FROM\b)"
_SQL_WORDS = "SELECT ~INSERT INTO~UPDATE ~DELETE FROM"
_WORDS_OF_KEYS = "assword~asswd~ASSW~ecret~ECRET~_key~_KEY~piKey~ssKey~teKey~oken~OKEN"
_SECRET = (
    rb"(?:[pP]ass(?:word|wd)|PASSW(?:OR)?D|[sS]ecret|SECRET|(?i:api_?key|access_?key|auth_?token|private_?key))"
    rb"(?:[_-]?(?i:key|token|value)|\d{1,3}){0,2}[\"']?\]?(?::\s?[&\w]{1,20})?\s{0,20}(?:=>|:=|=|:)\s{0,20}[bru]?"
    rb"(?P<quote>[\"'])(?P<value>[^\"'\n]{6,200})(?P=quote)"
)

RULES: Final[tuple[Rule, ...]] = (
    # --- comments ---
    _rule(
        "admitted_debt",
        ALL_LANGUAGES,
        "TODO~FIXME~HACK~XXX",
        rb"\b(?:TODO|FIXME|HACK|XXX)\b(?!\.[a-z])",
        in_comment=True,
    ),
    _rule(
        "suppressed_warning",
        "python",
        "noqa~type: ignore~pylint:~nosec~no cover",
        rb"#\s{0,5}(?:noqa|type: ignore|pylint: ?disable|nosec|pragma: no cover)",
        in_comment=True,
    ),
    _rule(
        "suppressed_warning",
        "javascript typescript",
        "eslint-disable~@ts-~istanbul ignore",
        rb"eslint-disable|@ts-(?:ignore|expect-error|nocheck)|istanbul ignore",
        in_comment=True,
    ),
    _rule("suppressed_warning", "go", "nolint~#nosec", rb"//\s?nolint|#nosec", in_comment=True),
    _rule("suppressed_warning", "c cpp", "NOLINT~cppcheck-suppress", rb"NOLINT|cppcheck-suppress", in_comment=True),
    _rule("suppressed_warning", "ruby", "rubocop:", rb"rubocop:(?:disable|todo)", in_comment=True),
    _rule(
        "suppressed_warning",
        "hcl",
        "tflint-ignore~tfsec:ignore~checkov:skip~trivy:ignore",
        rb"tflint-ignore|tfsec:ignore|checkov:skip|trivy:ignore",
        in_comment=True,
    ),
    # --- comparisons, errors, leftovers ---
    _rule("loose_comparison", "python", "= None", rb"[!=]= None\b"),
    _rule(
        "loose_comparison",
        "javascript typescript",
        " == ~ != ",
        rb"(?<![=!<>])[!=]=(?![=>])\s{0,5}(?!null\b|undefined\b|[=\s])",
        accept=_is_loose,
    ),
    _rule("ignored_error", "go", "_ = ~_ := ", rb"(?<!var )\b_\s?:?=\s(?:[\w.]{0,80}\w)\("),
    _rule("chained_error", "go", "%w", rb"%w"),
    _rule(
        "skipped_test",
        "python",
        "mark.skip~.skip(~@unittest.skip~@skip",
        rb"@(?:pytest\.)?mark\.skip\b|\b(?:pytest|self)\.skip(?:Test)?\(|@(?:unittest\.)?skip\b",
    ),
    _rule("skipped_test", "java", "@Disabled~@Ignore", rb"@(?:Disabled|Ignore)\b(?!\w)"),
    _rule(
        "skipped_test",
        "javascript typescript",
        ".skip(~xit(~xdescribe(",
        rb"\b(?:it|test|describe)\.skip\(|\bx(?:it|describe)\(",
    ),
    _rule("skipped_test", "go", ".Skip", rb"\b[tb]\.Skip(?:f|Now)?\("),
    _rule("skipped_test", "csharp", "Skip = ~[Ignore", rb"\[(?:Fact|Theory)\(Skip = |\[Ignore\b"),
    _rule("skipped_test", "rust", "#[ignore", rb"#\[ignore\b"),
    _rule("skipped_test", "ruby", "skip~xit~pending", rb"^\s{1,40}(?:skip|xit|pending)\b(?=[ (\n]|\Z)(?!\s{0,5}[=.])"),
    _rule(
        "fixed_sleep", "javascript typescript", "setTimeout(", rb"\bsetTimeout\(\s{0,5}(?:resolve|res|r|done)\s{0,5},"
    ),
    _rule("global_state", "ruby", "$", rb"^\s{0,40}\$(?!std)[a-z]\w{0,60}\s?(?:\|\||&&|[-+*/])?=(?![=~])"),
    # --- danger ---
    _rule("shell_command", "python", "shell=True", rb"\bshell=True\b"),
    _rule("shell_command", "go", "exec.Command", rb"\bexec\.Command(?:Context)?\([^\n]{0,80}\"(?:/bin/)?(?:ba|z)?sh\""),
    _rule("shell_command", "ruby", "system", rb"\bsystem[( ]\s{0,5}\"[^\"\n]{0,200}#\{"),
    _rule("weak_hash", "java", "MD5~SHA", rb"getInstance\(\s{0,5}\"(?:MD5|SHA-?1)\""),
    _rule("weak_hash", "javascript typescript", "createHash(", rb"createHash\(\s{0,5}[\"'](?:md5|sha1)[\"']"),
    _rule("weak_hash", "ruby", "Digest::", rb"\bDigest::(?:MD5|SHA1)\b"),
    _rule(
        "built_sql",
        "python",
        _SQL_WORDS,
        rb"\b[rb]?f\"{1,3}\s{0,20}"
        + _SQL
        + rb"[^\"\n]{0,300}\{|[\"']"
        + _SQL
        + rb"[^\"'\n]{0,300}[\"']\s{0,20}(?:\+|%|\.format\()",
    ),
    _rule(
        "built_sql",
        "java csharp javascript typescript go ruby",
        _SQL_WORDS,
        rb"[\"']" + _SQL + rb"[^\"'\n]{0,300}[\"'] {0,20}\+ {0,20}[\w(]",
    ),
    _rule("built_sql", "javascript typescript", _SQL_WORDS, rb"`\s{0,20}" + _SQL + rb"[^`]{0,500}\$\{"),
    _rule("built_sql", "csharp", _SQL_WORDS, rb"\$@?\"\s{0,20}" + _SQL + rb"[^\"\n]{0,300}\{"),
    _rule("built_sql", "ruby", _SQL_WORDS, rb"\"" + _SQL + rb"[^\"\n]{0,300}#\{"),
    _rule("built_sql", "go", _SQL_WORDS, rb"Sprintf\(\s{0,5}[\"`]\s{0,20}" + _SQL + rb"[^\"`]{0,300}%[sdv]"),
    _rule("hard_coded_secret", ALL_LANGUAGES, _WORDS_OF_KEYS, _SECRET, accept=_is_secret),
    # --- infrastructure ---
    _rule("open_to_world", "hcl", "0.0.0.0/0~::/0", rb"\"(?:0\.0\.0\.0/0|::/0)\"", accept=_is_ingress),
    _rule("open_to_world", "hcl", "publicly_accessible", rb"\bpublicly_accessible\s{0,20}=\s{0,20}true\b"),
    _rule("open_to_world", "hcl", '"public-read', rb"\bacl\s{0,20}=\s{0,20}\"public-read"),
    _rule(
        "open_to_world",
        "hcl",
        "block_public_~restrict_public_",
        rb"\b(?:block_public_\w{1,10}|restrict_public_buckets)\s{0,20}=\s{0,20}false\b",
    ),
    _rule("wildcard_permission", "hcl", '"*"', rb"\b[aA]ctions?\"?\s{0,20}[=:]\s{0,20}\[?\s{0,20}\"\*\""),
    _rule(
        "no_encryption",
        "hcl",
        "ncrypt~key_rotation",
        rb"^\s{0,40}\w{0,40}?(?:encrypt(?:ed|ion\w{0,30})|key_rotation(?:_enabled)?)\s{0,20}=\s{0,20}"
        rb"(?:false\b|\"(?i:none|disabled)\")",
    ),
    _rule(
        "plain_http",
        "hcl",
        'http://~"HTTP"',
        rb"\"http://(?!localhost|127\.|169\.254\.|\$)|\bprotocol\s{0,20}=\s{0,20}\"HTTP\"",
    ),
    _rule(
        "no_logging",
        "hcl",
        "log~monitoring",
        rb"^\s{0,40}(?:\w{0,40}_)?(?:logging|logs?|monitoring)(?:_\w{1,30})?\s{0,20}=\s{0,20}false\b",
    ),
    _rule(
        "protected_resource",
        "hcl",
        "prevent_destroy~_protection",
        rb"\b(?:prevent_destroy|deletion_protection\w{0,20}|enable_deletion_protection)\s{0,20}=\s{0,20}true\b",
    ),
    _rule(
        "stated_assumption",
        "hcl",
        "validation~condition",
        rb"^\s{0,40}(?:validation|precondition|postcondition)\s{0,20}\{",
    ),
)
