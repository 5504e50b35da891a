"""Component `mine`: read the history of a repository up to a revision."""

from kfp import dsl
from kfp.dsl import Dataset, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def mine(
    repository: str,
    revision: str,
    history: Output[Dataset],
) -> None:
    """Read the history of a repository up to a revision."""
    from faultcast.steps.mine import mine as step

    step(repository, revision, history.path)
