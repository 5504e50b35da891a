"""``python -m pipelines.compile [--output DIR] [--check]``: write what a Kubeflow installation runs.

For each pipeline two files, committed and compared by a test: ``<name>.yaml``, the plain intermediate
representation with its platform settings (for ``kfp run create`` and the UI), and ``<name>.kubernetes.yaml``, the
same as `Pipeline` and `PipelineVersion` objects (for ``kubectl apply -n NAMESPACE -f``).
"""

import argparse
import difflib
import re
import sys
import tempfile
from pathlib import Path

from kfp import compiler
from kfp.compiler.compiler_utils import KubernetesManifestOptions

from pipelines.retraining import retraining
from pipelines.training import training

PIPELINES = {"training": training, "retraining": retraining}
VERSION = "0.1.0"
COMPILED = Path(__file__).parent / "compiled"


def compile_all(output: Path) -> list[Path]:
    """Write both files of every pipeline; the same bytes every time."""
    output.mkdir(parents=True, exist_ok=True)
    written = []
    for name, pipeline in PIPELINES.items():
        plain, objects = output / f"{name}.yaml", output / f"{name}.kubernetes.yaml"
        compiler.Compiler().compile(pipeline, str(plain))
        compiler.Compiler().compile(
            pipeline,
            str(objects),
            kubernetes_manifest_format=True,
            kubernetes_manifest_options=KubernetesManifestOptions(
                pipeline_name=pipeline.name,
                pipeline_version_name=f"{pipeline.name}-{VERSION.replace('.', '-')}",
                pipeline_version_display_name=f"{pipeline.name} {VERSION}",
                include_pipeline_manifest=True,
            ),
        )
        written += [plain, objects]
    return written


def stale(committed: Path) -> str:
    """Return the difference between the committed files and what would be written; empty when there is none.

    The line that names the installed kfp release is not compared: any release that the project allows may have
    written the files.
    """
    differences: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for fresh in compile_all(Path(folder)):
            old = committed / fresh.name
            before = _comparable(old.read_text("utf-8")) if old.exists() else []
            after = _comparable(fresh.read_text("utf-8"))
            differences += difflib.unified_diff(before, after, f"committed/{fresh.name}", f"compiled/{fresh.name}")
    return "".join(differences)


def _comparable(text: str) -> list[str]:
    return re.sub(r"(?m)^( *sdkVersion: kfp-).*$", r"\1any", text).splitlines(keepends=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipelines.compile", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--output", type=Path, default=COMPILED, help="folder to write to (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 with the difference when stale")
    options = parser.parse_args(arguments)
    if not options.check:
        for path in compile_all(options.output):
            print(path)  # noqa: T201 - the result of the command
        return 0
    difference = stale(options.output)
    sys.stdout.write(difference)
    if difference:
        sys.stderr.write("The compiled pipelines are stale; run: python -m pipelines.compile\n")
    return 1 if difference else 0


if __name__ == "__main__":
    raise SystemExit(main())
