"""The last lines of `faultcast run`, for a terminal of 100 columns."""

import shlex
import textwrap
from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size

from faultcast.report import words
from faultcast.report.inputs import ReportInputs

_MOST_CHANGES = 10
_MOST_REASONS = 3


def text_summary(inputs: ReportInputs, report_path: str, *, width: int = 100) -> list[str]:
    """Lines of plain text, none wider than `width` cells: what was found, how good it is, what next."""
    width = max(width, 60)
    sections = [
        ("Labels", _wrapped(words.labels_sentence(inputs), width)),
        ("Quality", _quality(inputs, width)),
        ("Riskiest recent changes" if inputs.has_model else "Largest recent changes", _changes(inputs, width)),
        ("Next", _next(inputs, report_path)),
    ]
    lines = _wrapped(f"{words.plain(inputs.repository, 60)}: {words.headline(inputs)}", width, indent="")
    if inputs.notice:
        lines += ["", *_wrapped(inputs.notice, width, indent="")]
    for title, body in sections:
        lines += ["", title, *body]
    return [_fit(line.replace("\u00a0", " "), width) for line in lines]


def _quality(inputs: ReportInputs, width: int) -> list[str]:
    if not inputs.evaluation or inputs.entry.get("auc") is None:
        return _wrapped(words.insufficient(inputs), width)
    chosen = inputs.evaluation.get("chosen")
    rows = [("", "AUC", "95 % interval", "average precision", "met in riskiest 20 %")]
    entries = {**inputs.evaluation["models"], "lines_added": inputs.baseline}
    for name, entry in entries.items():
        low, high = entry.get("auc_interval") or (None, None)
        interval = f"{words.number(low, 2)} to {words.number(high, 2)}"
        label = words.model_name(name) + (" *" if name == chosen else "")
        precision = words.number(entry.get("average_precision"), 3)
        met = words.percent(entry.get("recall_at", {}).get("20"))
        rows.append((label, words.number(entry.get("auc"), 3), interval, precision, met))
    sizes = [max(cell_len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  " + _row(row, sizes) for row in rows]
    judged = words.counted(inputs.entry["n"], "later change")
    lines.append(f"  * chosen; judged on {judged}, {inputs.entry['positives']:,} of them inducing")
    return lines + _verdict(inputs.verdict, width)


def _verdict(verdict: Mapping[str, Any] | None, width: int) -> list[str]:
    if not verdict:
        return []
    lines = _wrapped(f"Verdict {verdict['outcome']}: {words.OUTCOME_WORDS[verdict['outcome']]}.", width)
    for reason in verdict["reasons"]:
        if reason["outcome"] != "PASS":
            lines += _wrapped(f"{reason['outcome']}: {words.plain(reason['text'], 400)}", width, indent="    ")
    return lines


def _changes(inputs: ReportInputs, width: int) -> list[str]:
    found = list(inputs.predictions.get("changes", []))[:_MOST_CHANGES]
    lines = [] if inputs.has_model else _wrapped("Ranked by lines added alone: a baseline, not a forecast.", width)
    if inputs.is_general:
        lines = _wrapped(words.GENERAL, width)
    for rank, change in enumerate(found, start=1):
        risk = f"{100 * change['risk']:>4.0f} %  {change.get('band') or '':<6}  " if inputs.has_model else ""
        head = (
            f"  {rank:>2}  {risk}{words.plain(change['commit'], 9).rstrip('…')}  {words.day(change['committed_at'])}  "
        )
        lines.append(head + _fit(words.plain(change["subject"], 200) or "(no subject)", width - cell_len(head)))
        reasons = [words.plain(reason["text"], 160) for reason in change.get("reasons", [])[:_MOST_REASONS]]
        if reasons:
            lines += _wrapped("; ".join(reasons), width, indent=" " * 6)
    return lines or ["  none"]


def _next(inputs: ReportInputs, report_path: str) -> list[str]:
    where = shlex.quote(words.plain(inputs.location, 300))
    steps = [
        ("faultcast report", f"open {report_path}"),
        (f"faultcast score {where} HEAD", "one change, with its reasons"),
    ]
    if inputs.has_model:
        steps.append(("faultcast serve", "the model server, on loopback"))
    size = min(48, max(cell_len(command) for command, _ in steps))
    return [f"  {command}{' ' * max(2, size + 2 - cell_len(command))}{text}" for command, text in steps]


def _row(cells: tuple[str, ...], sizes: list[int]) -> str:
    """The first cell to the left, numbers to the right."""
    padded = [" " * (size - cell_len(cell)) for cell, size in zip(cells, sizes, strict=True)]
    return "   ".join([cells[0] + padded[0], *(pad + cell for cell, pad in zip(cells[1:], padded[1:], strict=True))])


def _wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _fit(line: str, width: int) -> str:
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"
