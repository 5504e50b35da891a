"""What can be typed. No import here costs anything: ``--help`` must answer in under 0.3 s."""

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from faultcast import __version__

_EPILOG = """\
Start with `faultcast run PATH` on a repository of yours, or `faultcast demo` to see it at work.
State lives in one folder, .faultcast or $FAULTCAST_HOME; it is safe to delete.
Exit codes: 0 done, 1 a stage failed, 2 wrong usage, 3 repository unreadable, 4 too few samples for a
model, 5 model refused, 6 nothing found, 7 disk full, 8 another system is away, 9 no model passed, 10 too risky,
130 interrupted.
"""


def build() -> argparse.ArgumentParser:
    """Return the parser; a parsed command line has its function in `command`."""
    parser = argparse.ArgumentParser(
        prog="faultcast",
        description="Forecasts faults in code: how risky the next change is, why, and where.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"faultcast {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _run(commands)
    _demo(commands)
    _label(commands)
    _metrics(commands)
    _score(commands)
    _jit(commands)
    _change(commands)
    _serve(commands)
    _report(commands)
    _ingest(commands)
    _forget(commands)
    _consume(commands)
    return parser


if TYPE_CHECKING:
    from typing import TypeAlias

    _Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  the only name it has


def _add(commands: "_Commands", name: str, module: str, help_text: str, details: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=f"{help_text[0].upper()}{help_text[1:]}. {details}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_later(module, name))
    parser.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser


def _later(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """The command's function, imported when it is called."""

    def call(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"faultcast.cli.{module}"), name)(options))

    return call


def _repository(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repository", metavar="REPO", help="path of a git repository, bare or not, or an https URL")


def _run(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "run",
        "training",
        "learn from a repository's history and rank its newest changes",
        "The repository is only read. A second run reuses what has not changed; an interrupted one resumes.",
    )
    _repository(parser)
    parser.add_argument("--revision", default="HEAD", help="learn the history up to here (default: HEAD)")
    parser.add_argument(
        "--save-history", default="", metavar="STATE", help="a folder or s3://BUCKET/PREFIX for `faultcast jit`"
    )
    _issues(parser)
    _learning(parser)


def _ripening(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ripening-days",
        type=float,
        default=None,
        metavar="DAYS",
        help="days after which a change without a known fault counts as clean (default: chosen from the history)",
    )


def _issues(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--issues",
        metavar="SOURCES",
        help="collected issues to label by: github:owner/name, jira:KEY, several by commas, or none "
        "(default: those of the repository's own address, if `faultcast ingest` collected them)",
    )


def _learning(parser: argparse.ArgumentParser) -> None:
    _ripening(parser)
    parser.add_argument("--seed", type=int, default=None, help="seed of everything random (default: 7)")


def _demo(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "demo",
        "training",
        "write a repository with planted faults, then do the same on it and tell how well the truth was found",
    )
    parser.add_argument("--commits", type=int, default=1600, help="how many commits to write (default: 1600)")
    parser.add_argument("--noise", type=float, default=0.3, help="how misleading the history is, 0..1 (default: 0.3)")
    parser.set_defaults(issues="none")  # its history has no tracker
    _learning(parser)


def _label(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "label",
        "labelling",
        "tell which changes introduced faults that were fixed, as known on a day",
        "Reads the history only; trains nothing.",
    )
    _repository(parser)
    parser.add_argument("--revision", default="HEAD", help="label the history up to here (default: HEAD)")
    parser.add_argument(
        "--as-of", metavar="DATE", help="what was known then: an ISO day or instant, UTC (default: the revision's date)"
    )
    parser.add_argument(
        "--variant",
        choices=("b", "ag", "ma", "recent", "ours"),
        default="ours",
        help="how to trace fixes back; docs/labels.md tells them apart (default: ours, which `run` uses)",
    )
    parser.add_argument(
        "--newest", type=int, default=20, metavar="N", help="inducing changes to show, newest first (default: 20)"
    )
    _issues(parser)
    _ripening(parser)


def _metrics(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "metrics",
        "mining",
        "write the 14 change metrics of Kamei et al. 2013 for a whole history",
        "Reads no patches, so it takes about as long as `git log --numstat`. One row a change, merges left out.",
    )
    _repository(parser)
    parser.add_argument("--revision", default="HEAD", help="describe the history up to here (default: HEAD)")
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="a .parquet or .csv file (default: CSV on stdout; with --json a summary alone)",
    )


def _score(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "score",
        "scoring",
        "score changes with the registered champion, reasons included",
        "Needs an earlier `faultcast run` on the same repository.",
    )
    _repository(parser)
    parser.add_argument(
        "revision", metavar="REV | A..B", nargs="?", default="HEAD", help="one commit or a range (default: HEAD)"
    )


def _jit(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "jit",
        "scoring",
        "score one commit from a saved state, without mining the history again",
        "Run it inside a clone. `faultcast run REPO --save-history STATE` saves a state.",
    )
    parser.add_argument("--commit", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    parser.add_argument(
        "--history", metavar="STATE", help="a folder or s3://BUCKET/PREFIX (default: where the last run here left it)"
    )
    parser.add_argument("--repository", default=".", metavar="REPO", help="the clone (default: where you are)")
    parser.add_argument(
        "--fail-above", type=float, metavar="RISK", help="end with exit code 10 if the risk (0..1) is above"
    )


def _change(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "change",
        "scoring",
        "write a change as the model server wants it, to send with curl",
        "Prints a KServe V1 request body; with --v2 one of the Open Inference Protocol.",
    )
    _repository(parser)
    parser.add_argument("revision", metavar="REV", nargs="?", default="HEAD", help="the commit (default: HEAD)")
    parser.add_argument("--v2", action="store_true", help="body for /v2/models/faultcast/infer")


def _serve(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "serve",
        "serving",
        "serve the champion over HTTP, as KServe does (V1 and V2 protocols)",
        "Listens on loopback unless told otherwise.",
    )
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="whose champion (default: the repository of the last run)"
    )
    parser.add_argument("--host", default=None, help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=None, help="port to listen on (default: 8080)")


def _report(commands: "_Commands") -> None:
    parser = _add(commands, "report", "reporting", "open what the last run wrote")
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="whose report (default: the repository of the last run)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print where it is")


def _ingest(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "ingest",
        "ingesting",
        "clone repositories and collect issues, pull requests, reviews and check runs",
        "Rate limits are obeyed. A second call asks only for what changed; an interrupted one resumes.\n"
        "Tokens come from the environment: GITHUB_TOKEN and so on, see docs/ingest.md.",
    )
    parser.add_argument(
        "--repositories", required=True, metavar="A,B", help="owner/name, several by commas; a Jira or SonarQube key"
    )
    parser.add_argument("--days", type=float, default=30.0, help="collect what changed in so many days (default: 30)")
    parser.add_argument(
        "--provider",
        choices=("github", "gitlab", "bitbucket", "jira", "sonarqube", "sarif"),
        default="github",
        help="where they are (default: github); sarif: files of static analysis",
    )
    parser.add_argument(
        "--pipeline-type",
        choices=("local", "kafka", "kinesis"),
        default="local",
        help="where it goes: into tables of the state folder (local), or as events to the topic raw-code",
    )
    parser.add_argument("--no-clone", action="store_true", help="collect only; a private repository is cloned by you")


def _consume(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "consume",
        "ingesting",
        "check the events that `ingest` published and keep them in tables",
        "Reads the topic raw-code; valid events go to validated-*, others to dead-letters with the reason.\n"
        "Killed at any instant, the next call loses nothing and keeps nothing twice; see docs/ingest.md.",
    )
    parser.add_argument(
        "--pipeline-type",
        choices=("kafka", "kinesis"),
        default="kafka",
        help="where events come from (default: kafka; without FAULTCAST_KAFKA_BROKERS the embedded broker)",
    )
    parser.add_argument("--follow", action="store_true", help="wait for more until interrupted")
    parser.add_argument(
        "--from-start", action="store_true", help="read the topic from its beginning; what is known is not kept twice"
    )


def _forget(commands: "_Commands") -> None:
    parser = _add(
        commands,
        "forget",
        "forgetting",
        "erase an author from the state folder, now and whenever they are read again",
        "What runs make again is removed, what trackers told is rewritten; docs/privacy.md says what is stored.",
    )
    parser.add_argument("author", metavar="AUTHOR", help="a name, an e-mail address, a tracker's login or a pseudonym")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed or rewritten")
