"""Component `label`: find fix commits and the commits that introduced what they fixed."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Output

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def label(
    repository: str,
    history: Input[Dataset],
    as_of: int,
    ripening_days: float,
    issues: str,
    labels: Output[Dataset],
    links: Output[Dataset],
    fixes: Output[Dataset],
) -> None:
    """Find fix commits and the commits that introduced what they fixed."""
    from faultcast.steps.label import label as step

    step(repository, history.path, labels.path, links.path, fixes.path, as_of, ripening_days, issues)
