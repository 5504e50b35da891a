"""Component `assemble`: join features with the labels known by then, and split them by time."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def assemble(
    store: Input[Artifact],
    features: Input[Dataset],
    as_of: int,
    dataset: Output[Dataset],
) -> None:
    """Join features with the labels known by then, and split them by time."""
    from faultcast.steps.assemble import assemble as step

    step(store.path, features.path, dataset.path, as_of)
