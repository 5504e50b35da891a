"""The training pipeline: learns from a repository as it was at a revision."""

from kfp import dsl

from components.base import IMAGE, TRAINING_IMAGE
from pipelines.learning import Learning, learn


@dsl.pipeline(name="faultcast-training", description="Learns which changes to a repository introduce faults.")
def training(
    repository: str,
    revision: str,
    as_of: int,
    champion: str = "",
    ripening_days: float = 0.0,
    issues: str = "",
    seed: int = 7,
    launcher: str = "",
    shared_volume: str = "",
    pipeline_image: str = IMAGE,
    training_image: str = TRAINING_IMAGE,
) -> None:
    """`repository` is a path or a URL, `revision` a full commit id, `as_of` an instant in unix seconds,
    `issues` the collected tracker tables to label by (``github:owner/name@digest``; empty: none), `champion`
    anything that changes when another model serves (`faultcast.steps.standing`). With the `launcher` ``trainjob`` the
    hybrid is trained on nodes that share `shared_volume`, a claim; a model server that reads it gets its model there.

    Images are parameters, so that one compiled pipeline serves every registry; name them by digest, because
    Kubeflow's cache, too, takes an unchanged name for an unchanged program.
    """
    learn(
        Learning(
            repository, revision, as_of, champion, ripening_days, issues, seed, launcher, shared_volume,
            pipeline_image, training_image,
        )
    )  # fmt: skip
