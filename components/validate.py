"""Component `validate`: measure both models on later history and decide by rules."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output, OutputPath

from components.base import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def validate(
    repository: str,
    dataset: Input[Dataset],
    simple: Input[Model],
    hybrid: Input[Model],
    champion: str,  # noqa: ARG001 - who serves now: the step asks the registry, the cache's key needs it told
    evaluation: Output[Metrics],
    verdict: Output[Artifact],
    chosen: Output[Model],
    outcome: OutputPath(str),  # type: ignore[valid-type]
) -> None:
    """Measure both models on later history and decide by rules."""
    from faultcast.steps.judged import tell
    from faultcast.steps.validate import validate as step

    step(dataset.path, simple.path, hybrid.path, repository, evaluation.path, verdict.path, chosen.path)
    tell(verdict.path, outcome)
