"""Component `validate`: measure both models on later history and decide by rules."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output

from components.base import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def validate(
    repository: str,
    dataset: Input[Dataset],
    simple: Input[Model],
    hybrid: Input[Model],
    evaluation: Output[Metrics],
    verdict: Output[Artifact],
    chosen: Output[Model],
) -> None:
    """Measure both models on later history and decide by rules."""
    from faultcast.steps.validate import validate as step

    step(dataset.path, simple.path, hybrid.path, repository, evaluation.path, verdict.path, chosen.path)
