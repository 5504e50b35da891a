"""The training pipeline: from a repository at a revision to a registered model, ranked changes and a report.

The same definition runs on a laptop (`pipelines.local`) and on Kubeflow (`pipelines/compiled/`). Every task always
runs: where a repository is too small, `assemble` says so in its dataset and the later stages do what is left to do.
"""

from kfp import dsl

from components.assemble import assemble
from components.base import IMAGE, TRAINING_IMAGE
from components.describe import describe
from components.label import label
from components.materialize import materialize
from components.mine import mine
from components.register import register
from components.report import report
from components.score import score
from components.train import train
from components.validate import validate
from pipelines.resources import place


@dsl.pipeline(name="faultcast-training", description="Learns which changes to a repository introduce faults.")
def training(
    repository: str,
    revision: str,
    as_of: int,
    ripening_days: float = 0.0,
    issues: str = "",
    seed: int = 7,
    pipeline_image: str = IMAGE,
    training_image: str = TRAINING_IMAGE,
) -> None:
    """`repository` is a path or a URL, `revision` a full commit id, `as_of` an instant in unix seconds,
    `issues` the collected tracker tables to label by (``github:owner/name@digest``; empty: none).

    Images are parameters, so that one compiled pipeline serves every registry; name them by digest, because
    Kubeflow's cache, too, takes an unchanged name for an unchanged program.
    """
    mined = place(mine(repository=repository, revision=revision), "mine", pipeline_image)
    history = mined.outputs["history"]
    labelled = place(
        label(repository=repository, history=history, as_of=as_of, ripening_days=ripening_days, issues=issues),
        "label",
        pipeline_image,
    )
    described = place(describe(repository=repository, history=history), "describe", pipeline_image)
    features = described.outputs["features"]
    stored = place(
        materialize(repository=repository, features=features, labels=labelled.outputs["labels"]),
        "materialize",
        pipeline_image,
    )
    assembled = place(
        assemble(store=stored.outputs["store"], features=features, as_of=as_of),
        "assemble",
        pipeline_image,
    )
    dataset = assembled.outputs["dataset"]
    simple = place(train(model="simple", dataset=dataset, seed=seed), "train simple", training_image)
    hybrid = place(train(model="hybrid", dataset=dataset, seed=seed), "train hybrid", training_image)
    hybrid.after(simple)  # on one machine both want every core; on a cluster the minute is not missed
    validated = place(
        validate(
            repository=repository,
            dataset=dataset,
            simple=simple.outputs["artifact"],
            hybrid=hybrid.outputs["artifact"],
        ),
        "validate",
        training_image,
    )
    decided = {name: validated.outputs[name] for name in ("evaluation", "verdict")}
    chosen = validated.outputs["chosen"]
    registered = place(register(repository=repository, chosen=chosen, **decided), "register", pipeline_image)
    registration = registered.outputs["registration"]
    scored = place(
        score(repository=repository, dataset=dataset, registration=registration, chosen=chosen),
        "score",
        training_image,
    )
    place(
        report(
            repository=repository,
            history=history,
            labels=labelled.outputs["labels"],
            links=labelled.outputs["links"],
            fixes=labelled.outputs["fixes"],
            dataset=dataset,
            registration=registration,
            predictions=scored.outputs["predictions"],
            **decided,
        ),
        "report",
        pipeline_image,
    )
