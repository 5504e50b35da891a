"""Component `register`: the model that passed becomes the champion."""

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
    """The model that passed becomes the champion."""
    from faultcast.steps.register import register as step

    step(repository, chosen.path, evaluation.path, verdict.path, registration.path)
