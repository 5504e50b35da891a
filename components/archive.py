"""Component `archive`: keep a model that was refused, with the reasons."""

from kfp import dsl
from kfp.dsl import Artifact, Input, Metrics, Model, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def archive(
    repository: str,
    chosen: Input[Model],
    evaluation: Input[Metrics],
    verdict: Input[Artifact],
    registration: Output[Artifact],
) -> None:
    """Keep a model that was refused, with the reasons."""
    from faultcast.steps.archive import archive as step

    step(repository, chosen.path, evaluation.path, verdict.path, registration.path)
