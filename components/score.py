"""Component `score`: rank the recent changes by risk, with reasons."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Model, Output

from components.base import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def score(
    repository: str,
    dataset: Input[Dataset],
    registration: Input[Artifact],
    chosen: Input[Model],
    predictions: Output[Artifact],
) -> None:
    """Rank the recent changes by risk, with reasons."""
    from faultcast.steps.score import score as step

    step(repository, dataset.path, registration.path, chosen.path, predictions.path)
