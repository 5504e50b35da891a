"""Component `train`: train one model, `simple` or `hybrid`."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output

from components.base import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def train(
    model: str,
    dataset: Input[Dataset],
    seed: int,
    artifact: Output[Model],
) -> None:
    """Train one model, `simple` or `hybrid`."""
    from faultcast.steps.train import train as step

    step(model, dataset.path, artifact.path, seed)
