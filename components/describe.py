"""Component `describe`: describe every change by what was known before it."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def describe(
    repository: str,
    history: Input[Dataset],
    features: Output[Dataset],
    past: Output[Artifact],
) -> None:
    """Describe every change by what was known before it."""
    from faultcast.steps.describe import describe as step

    step(repository, history.path, features.path, past.path)
