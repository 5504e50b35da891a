"""Component `tip`: look up the newest commit of a branch, its date, and who serves now."""

from kfp import dsl
from kfp.dsl import OutputPath

from components.base import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def tip(
    repository: str,
    branch: str,
    revision: OutputPath(str),  # type: ignore[valid-type]
    as_of: OutputPath(int),  # type: ignore[valid-type]
    champion: OutputPath(str),  # type: ignore[valid-type]
) -> None:
    """Look up the newest commit of a branch, its date, and who serves now."""
    from faultcast.steps.tip import tip as step

    step(repository, branch, revision, as_of, champion)
