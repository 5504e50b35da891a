"""The pipeline for schedules. Apart, because KFP takes half a second to build each, and `faultcast run` needs one."""

from kfp import dsl

from components.base import IMAGE, TRAINING_IMAGE
from components.tip import tip
from pipelines.learning import Learning, learn
from pipelines.resources import place


@dsl.pipeline(name="faultcast-retraining", description="The same on the newest commit of a branch, for schedules.")
def retraining(
    repository: str,
    branch: str = "HEAD",
    ripening_days: float = 0.0,
    issues: str = "",
    seed: int = 7,
    launcher: str = "",
    shared_volume: str = "",
    pipeline_image: str = IMAGE,
    training_image: str = TRAINING_IMAGE,
) -> None:
    """As `training`, but its first task looks up revision, date and champion, each time anew."""
    found = place(tip(repository=repository, branch=branch), "tip", pipeline_image)
    found.set_caching_options(enable_caching=False)
    learn(
        Learning(
            repository, found.outputs["revision"], found.outputs["as_of"], found.outputs["champion"], ripening_days,
            issues, seed, launcher, shared_volume, pipeline_image, training_image,
        )
    )  # fmt: skip
