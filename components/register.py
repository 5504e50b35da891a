"""Component `register`: register the chosen model if the verdict allows it."""

from kfp import dsl
from kfp.dsl import Artifact, Input, Metrics, Model, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def register(
    repository: str,
    chosen: Input[Model],
    evaluation: Input[Metrics],
    verdict: Input[Artifact],
    registration: Output[Artifact],
) -> None:
    """Register the chosen model if the verdict allows it."""
    from faultcast.steps.register import register as step

    step(repository, chosen.path, evaluation.path, verdict.path, registration.path)
