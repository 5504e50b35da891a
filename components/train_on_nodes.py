"""Component `train_on_nodes`: train one model on several nodes, by a TrainJob of Kubeflow Trainer."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output

from components.base import TRAINING_IMAGE


@dsl.component(base_image=TRAINING_IMAGE, install_kfp_package=False)
def train_on_nodes(
    model: str,
    dataset: Input[Dataset],
    seed: int,
    image: str,
    shared_volume: str,
    artifact: Output[Model],
) -> None:
    """Train one model on several nodes, by a TrainJob of Kubeflow Trainer."""
    from faultcast.steps.train_on_nodes import train_on_nodes as step

    step(model, dataset.path, artifact.path, seed, image, shared_volume)
