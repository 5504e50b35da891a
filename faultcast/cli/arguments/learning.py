"""What learns: `run`, `demo`, `train`, `pretrain`."""

from typing import TYPE_CHECKING

from faultcast.cli.arguments.shared import add, issues, learning, repository

if TYPE_CHECKING:
    from faultcast.cli.arguments.shared import Commands


def register(commands: "Commands") -> None:
    """Add these commands."""
    _run(commands)
    _demo(commands)
    _train(commands)
    _pretrain(commands)


def _run(commands: "Commands") -> None:
    parser = add(
        commands,
        "run",
        "training",
        "learn from a repository's history and rank its newest changes",
        "The repository is only read. A second run reuses what has not changed; an interrupted one resumes.",
    )
    repository(parser)
    parser.add_argument("--revision", default="HEAD", help="learn the history up to here (default: HEAD)")
    parser.add_argument(
        "--save-history", default="", metavar="STATE", help="a folder or s3://BUCKET/PREFIX for `faultcast jit`"
    )
    issues(parser)
    learning(parser)


def _demo(commands: "Commands") -> None:
    parser = add(
        commands,
        "demo",
        "training",
        "write a repository with planted faults, then do the same on it and tell how well the truth was found",
    )
    parser.add_argument("--commits", type=int, default=1600, help="how many commits to write (default: 1600)")
    parser.add_argument("--noise", type=float, default=0.3, help="how misleading the history is, 0..1 (default: 0.3)")
    parser.set_defaults(issues="none")  # its history has no tracker
    learning(parser)


def _train(commands: "Commands") -> None:
    parser = add(
        commands,
        "train",
        "fitting",
        "train models from the data set of the last run, and tell their figures on validation data",
        "Every training is logged in MLflow; nothing is registered. An interrupted one resumes.",
    )
    parser.add_argument(
        "repository", metavar="REPO", nargs="?", help="whose data set (default: the repository of the last run)"
    )
    parser.add_argument("--dataset", metavar="FILE", help="a dataset.parquet to learn from instead")
    parser.add_argument(
        "--model",
        choices=("simple", "hybrid", "both", "incremental"),
        default="both",
        help="what to train (default: both simple and hybrid, and say which would serve)",
    )
    parser.add_argument("--tune", action="store_true", help="search for hyper-parameters first, in time order")
    parser.add_argument(
        "--trials", type=int, default=20, metavar="N", help="trials of the search, earlier ones included (default: 20)"
    )
    parser.add_argument(
        "--launcher",
        choices=("process", "torchrun", "trainjob"),
        help="where: this process, processes of this machine, nodes of a cluster (default: by the kind)",
    )
    parser.add_argument("--num-workers", type=int, metavar="N", help="processes of the hybrid's training (default: 2)")
    parser.add_argument(
        "--options", metavar="JSON", help="hyper-parameters of the kind: a JSON object or a file that holds one"
    )
    parser.add_argument("--output", metavar="FOLDER", help="where the artifacts go (default: below the state folder)")
    parser.add_argument("--seed", type=int, default=None, help="seed of everything random (default: 7)")


def _pretrain(commands: "Commands") -> None:
    parser = add(
        commands,
        "pretrain",
        "pretraining",
        "learn one model across repositories, for those whose history is too small",
        "Learns from the data sets of their last runs (`faultcast run`), and tells how well each repository is "
        "forecast by a model that has never seen it.",
    )
    parser.add_argument("repositories", metavar="REPO", nargs="+", help="at least three paths or https URLs")
    parser.add_argument("--output", required=True, metavar="PLACE", help="a new folder, or an archive NAME.zip")
