"""Stage `label`: history -> fixes, links to the changes that induced what they fix, labels."""

from pathlib import Path

from faultcast import progress, settings
from faultcast.adapters import label_tables
from faultcast.adapters.places import repo_id
from faultcast.adapters.trackers.issues import load
from faultcast.history import store
from faultcast.labels import label as label_history
from faultcast.steps import corrected


def label(
    repository: str,
    history: str,
    labels: str,
    links: str,
    fixes: str,
    as_of: int,
    ripening_days: float,
    issues: str = "",
) -> None:
    """Label what was known at `as_of`; `ripening_days` 0 lets the history choose, `issues` names sources to label by:
    collected trackers, and ``feedback``, what people decided about predictions.
    """
    with progress.stage("label", unit="commits") as stage:
        now = settings.load()
        trackers, votes = corrected.split(issues)
        told = load(now.home.resolve(), trackers)
        decided = corrected.decided(votes, now, repo_id(repository), as_of)
        traced_back = label_history(store.HistoryFile(Path(history)), as_of, ripening_days, issues=told)
        found = corrected.merged(traced_back, decided)
        label_tables.write(found, repo_id(repository), labels=Path(labels), links=Path(links), fixes=Path(fixes))
        inducing = {known.commit for known in traced_back.labels if known.is_inducing}
        traced = len({link.fix for link in found.links})
        stage.found(
            f"{len(found.fixes):,} fixes, {traced:,} traced to {len(inducing):,} inducing commits; "
            f"a change counts as clean after {found.ripening_days:g} days"
        )
        if decided:
            stage.found(f"{len(decided):,} changes are labelled as people decided")
        if trackers:
            stage.found(f"{found.issues_used:,} of {len(told):,} issues and pull requests are named by commits")
