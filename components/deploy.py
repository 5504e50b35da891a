"""Component `deploy`: let the model that was registered serve."""

from kfp import dsl
from kfp.dsl import Artifact, Input, Model, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def deploy(
    chosen: Input[Model],
    verdict: Input[Artifact],
    registration: Input[Artifact],
    deployment: Output[Artifact],
) -> None:
    """Let the model that was registered serve."""
    from faultcast.steps.deploy import deploy as step

    step(chosen.path, verdict.path, registration.path, deployment.path)
