"""What costs nothing must stay so: help, versions, typing errors."""

import subprocess
import sys

import pytest
from command_line import CommandLine

COMMANDS = (
    "run",
    "demo",
    "train",
    "pretrain",
    "label",
    "metrics",
    "score",
    "jit",
    "change",
    "watch",
    "serve",
    "report",
    "validate",
    "models",
    "promote",
    "rollback",
    "ingest",
    "consume",
    "forget",
    "key",
    "audit",
)
HEAVY = {"pandas", "numpy", "pyarrow", "rich", "kfp", "torch", "mlflow", "feast", "sklearn", "kserve", "pipelines"}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_nothing_heavy(command: str) -> None:
    program = "import sys; from faultcast.cli import main; main(sys.argv[1:])"
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program, *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in ended.stderr.splitlines() if "|" in line}
    assert imported & HEAVY == set()
    assert ended.stdout.startswith(f"usage: faultcast {command}".rstrip())
    assert all(name in ended.stdout for name in (COMMANDS if not command else ["--json", "--quiet"]))


def test_what_cannot_be_typed_is_explained(faultcast: CommandLine) -> None:
    for arguments in ((), ("rum",), ("run",), ("run", ".", "--seed", "seven")):
        ended = faultcast(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "usage: faultcast" in ended.err
        assert "Traceback" not in ended.err


def test_a_setting_of_the_wrong_kind_is_named(faultcast: CommandLine) -> None:
    faultcast.settings["FAULTCAST_PORT"] = "many"
    ended = faultcast("report")
    assert ended.code == 2
    assert "FAULTCAST_PORT='many': expected a value like 8080" in ended.err


def test_a_setting_out_of_range_is_told_its_range(faultcast: CommandLine) -> None:
    faultcast.settings["FAULTCAST_PORT"] = "99999"
    ended = faultcast("report")
    assert ended.code == 2
    assert "FAULTCAST_PORT='99999': expected a value from 0 to 65,535, such as 8080" in ended.err
