"""Component `materialize`: put features and labels into the feature store, offline and online."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def materialize(
    repository: str,
    features: Input[Dataset],
    labels: Input[Dataset],
    store: Output[Artifact],
) -> None:
    """Put features and labels into the feature store, offline and online."""
    from faultcast.steps.materialize import materialize as step

    step(repository, features.path, labels.path, store.path)
