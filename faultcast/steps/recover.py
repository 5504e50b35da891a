"""After a demo: how much of the planted truth labels and risks recovered, over changes the model never saw."""

from pathlib import Path

from faultcast import dataset as data, models
from faultcast.adapters import label_tables
from faultcast.adapters.runs import Run
from faultcast.demo import Recovery, Truth, recovery
from faultcast.models.baseline import fit_baseline
from faultcast.steps.small import marked


def recover(truth: Truth, run: Run) -> Recovery:
    """Compare what a run found with what was planted; risks are those of the test split."""
    fixes = {fix.commit for fix in label_tables.read_fixes(run.artifact("label/fixes"))}
    links = [(link.fix, link.inducing) for link in label_tables.read_links(run.artifact("label/links"))]
    table, _ = data.read(run.artifact("assemble/dataset") / "dataset.parquet")
    chosen: Path = run.artifact("validate/chosen")
    model = fit_baseline(table) if marked(chosen) else models.load(chosen)
    later = table[table["split"] == "test"] if (table["split"] == "test").any() else table
    risks = dict(zip(later["commit"], (float(risk) for risk in model.risk(later)), strict=True))
    return recovery(truth, fixes, links, risks)
