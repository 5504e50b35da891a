"""A full disk: a small file system of its own, in a mount namespace of its own."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import PROGRAM, CommandLine, states
from story import Story

NAMESPACES = (["unshare", "--mount"], ["unshare", "--mount", "--user", "--map-root-user"])


def own_mounts(folder: Path) -> list[str]:
    """The command that may mount here, if there is one: for root, or where users may have namespaces."""
    trial = f"mount -t tmpfs -o size=4k tmpfs {shlex.quote(str(folder))}"
    for command in NAMESPACES if shutil.which("unshare") else ():
        if subprocess.run([*command, "sh", "-c", trial], capture_output=True, check=False).returncode == 0:
            return command
    pytest.skip("nobody may mount a small file system here")


def test_a_full_disk_is_named_and_the_next_run_goes_on(faultcast: CommandLine, story: Story, tmp_path: Path) -> None:
    """The first sizes end in the very first file, in a stage's table, in a library's database; the last one suffices."""
    story.commit("the only commit", files={"a.py": "x = 1\n"})
    faultcast.home.mkdir()
    namespace = own_mounts(faultcast.home)
    home, repository, program = (shlex.quote(str(path)) for path in (faultcast.home, story.path, PROGRAM))
    sizes = ("4k", "40k", "700k", "100m")
    script = [f"mount -t tmpfs -o size={sizes[0]} tmpfs {home} || exit 99"]
    for size in sizes:
        script.append(f"mount -o remount,size={size} {home}")
        script.append(f"{program} run {repository} --json > {size}.json 2> {size}.err; echo $?")
    ended = subprocess.run(
        [*namespace, "sh", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=faultcast.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    told = {size: (tmp_path / f"{size}.err").read_text() for size in sizes}
    assert ended.stdout.split() == ["7", "7", "7", "4"], told
    for size in sizes[:3]:
        error = json.loads((tmp_path / f"{size}.json").read_text())["error"]
        assert error["type"] in {"OutOfSpace", "RunFailed"}
        assert "The disk is full" in error["message"]
        assert "Free some space and run again" in error["message"]
        assert "Traceback" not in told[size]
    found = json.loads((tmp_path / "100m.json").read_text())
    assert states(found)["mine"] == "cached", "what was finished before is kept"
    assert found["dataset"]["insufficient"]["found"] == 0
