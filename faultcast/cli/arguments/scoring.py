"""What asks a model: `score`, `jit`, `change`, `serve`; and what shows its answers: `report`."""

from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add, repository

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _score(commands)
    _jit(commands)
    _change(commands)
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


def _serve(commands: "Commands") -> None:
    parser = add(
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


def _report(commands: "Commands") -> None:
    parser = add(commands, "report", "reporting", "open what the last run wrote")
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="whose report (default: the repository of the last run)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print where it is")
