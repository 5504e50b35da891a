"""Component `report`: write what was found as one self-contained page."""

from kfp import dsl
from kfp.dsl import HTML, Artifact, Dataset, Input, Metrics, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def report(
    repository: str,
    history: Input[Dataset],
    labels: Input[Dataset],
    links: Input[Dataset],
    fixes: Input[Dataset],
    dataset: Input[Dataset],
    evaluation: Input[Metrics],
    verdict: Input[Artifact],
    registration: Input[Artifact],
    predictions: Input[Artifact],
    report: Output[HTML],
) -> None:
    """Write what was found as one self-contained page."""
    from faultcast.steps.report import report as step

    step(
        repository,
        history.path,
        labels.path,
        links.path,
        fixes.path,
        dataset.path,
        evaluation.path,
        verdict.path,
        registration.path,
        predictions.path,
        report.path,
    )
