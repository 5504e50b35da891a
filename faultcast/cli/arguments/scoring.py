"""What asks a model: `score`, `jit`, `change`, `watch`, `serve`; and what shows its answers: `report`."""

from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add, repository

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _score(commands)
    _jit(commands)
    _change(commands)
    _watch(commands)
    _serve(commands)
    _report(commands)


def _score(commands: "Commands") -> None:
    parser = add(
        commands,
        "score",
        "scoring",
        "score changes with the registered champion, reasons included",
        "Needs an earlier `faultcast run` on the same repository.",
    )
    repository(parser)
    parser.add_argument(
        "revision", metavar="REV | A..B", nargs="?", default="HEAD", help="one commit or a range (default: HEAD)"
    )


def _jit(commands: "Commands") -> None:
    parser = add(
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


def _change(commands: "Commands") -> None:
    parser = add(
        commands,
        "change",
        "scoring",
        "write a change as the model server wants it, to send with curl",
        "Prints a KServe V1 request body; with --v2 one of the Open Inference Protocol.",
    )
    repository(parser)
    parser.add_argument("revision", metavar="REV", nargs="?", default="HEAD", help="the commit (default: HEAD)")
    parser.add_argument("--v2", action="store_true", help="body for /v2/models/faultcast/infer")


def _watch(commands: "Commands") -> None:
    parser = add(
        commands,
        "watch",
        "watching",
        "follow a repository and show new commits with their risk as they arrive",
        "Without --url the champion of the last run scores here, in this process. Ends with Ctrl-C.",
    )
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="which one (default: the last run's; with --url: where you are)"
    )
    parser.add_argument("--url", help="ask a running gateway instead, such as http://127.0.0.1:8080")
    parser.add_argument("--branch", metavar="REV", default="HEAD", help="what to follow (default: HEAD)")
    parser.add_argument("--last", type=int, default=10, metavar="N", help="commits to begin with (default: 10)")
    parser.add_argument("--interval", type=float, default=5.0, metavar="SECONDS", help="how often to look (default: 5)")
    parser.add_argument("--once", action="store_true", help="show the last commits and end")


def _serve(commands: "Commands") -> None:
    parser = add(
        commands,
        "serve",
        "serving",
        "serve a repository's models over HTTP: predictions, feedback, metrics, a page, and KServe's V1 and V2",
        "Listens on loopback unless told otherwise. A promotion reaches the running server.",
    )
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="whose models (default: the repository of the last run)"
    )
    parser.add_argument(
        "--models",
        metavar="ALIASES",
        default="champion",
        help="champion, challenger and shadow, separated by commas (default: champion); a shadow answers nobody",
    )
    parser.add_argument(
        "--split",
        metavar="SHARES",
        default="",
        help="percentages of those that answer, such as 90/10; sticky by change",
    )
    parser.add_argument("--host", default=None, help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=None, help="port to listen on (default: 8080)")


def _report(commands: "Commands") -> None:
    parser = add(commands, "report", "reporting", "open what the last run wrote")
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="whose report (default: the repository of the last run)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print where it is")
