"""What both pipelines do: from a repository at a revision to a model that serves, ranked changes and a report.

The same definition runs on a laptop (`pipelines.local`) and on Kubeflow (`pipelines/compiled/`). A model that passes
every gate is registered and deployed, one that does not is archived; ranking and report follow either way. Where a
repository is too small, `assemble` says so in its dataset and the later stages do what is left to do.
"""

from typing import Any, NamedTuple

from kfp import dsl

from components.archive import archive
from components.assemble import assemble
from components.deploy import deploy
from components.describe import describe
from components.label import label
from components.materialize import materialize
from components.mine import mine
from components.register import register
from components.report import report
from components.score import score
from components.train import train
from components.train_on_nodes import train_on_nodes
from components.validate import validate
from pipelines.resources import mount, place

PASS = "PASS"  # noqa: S105 - `records.Outcome.PASS`, as a condition in the compiled pipeline compares it


class Learning(NamedTuple):
    """What both pipelines hand on; values or KFP's placeholders for them."""

    repository: Any
    revision: Any
    as_of: Any
    champion: Any
    ripening_days: Any
    issues: Any
    seed: Any
    launcher: Any
    shared_volume: Any
    pipeline_image: Any
    training_image: Any


def learn(asked: Learning) -> None:
    """The tasks, and what they hand on."""
    repository, small = asked.repository, asked.pipeline_image
    history = place(mine(repository=repository, revision=asked.revision), "mine", small).outputs["history"]
    labelled = place(
        label(
            repository=repository, history=history, as_of=asked.as_of, ripening_days=asked.ripening_days,
            issues=asked.issues,
        ),
        "label", small,
    ).outputs  # fmt: skip
    features = place(describe(repository=repository, history=history), "describe", small).outputs["features"]
    stored = place(
        materialize(repository=repository, features=features, labels=labelled["labels"]), "materialize", small
    )
    assembled = place(assemble(store=stored.outputs["store"], features=features, as_of=asked.as_of), "assemble", small)
    dataset = assembled.outputs["dataset"]
    simple, hybrid = _train(asked, dataset)
    validated = place(
        validate(repository=repository, dataset=dataset, simple=simple, hybrid=hybrid, champion=asked.champion),
        "validate", asked.training_image,
    ).outputs  # fmt: skip
    registration = _decide(asked, validated)
    scored = place(
        score(repository=repository, dataset=dataset, registration=registration, chosen=validated["chosen"]),
        "score", asked.training_image,
    )  # fmt: skip
    place(
        report(
            repository=repository, history=history, labels=labelled["labels"], links=labelled["links"],
            fixes=labelled["fixes"], dataset=dataset, registration=registration,
            predictions=scored.outputs["predictions"], evaluation=validated["evaluation"],
            verdict=validated["verdict"],
        ),
        "report", small,
    )  # fmt: skip


def _train(asked: Learning, dataset: Any) -> tuple[Any, Any]:
    """Both models; the hybrid in a pod of its own, or on nodes of the cluster."""
    image = asked.training_image
    simple = place(train(model="simple", dataset=dataset, seed=asked.seed), "train simple", image)
    with dsl.If(asked.launcher != "trainjob", "in one pod"):
        here = place(train(model="hybrid", dataset=dataset, seed=asked.seed), "train hybrid", image)
        here.after(simple)  # on one machine both want every core; on a cluster the minute is not missed
    with dsl.Else("on nodes"):
        there = place(
            train_on_nodes(
                model="hybrid", dataset=dataset, seed=asked.seed, image=image, shared_volume=asked.shared_volume
            ),
            "train hybrid on nodes", image,
        )  # fmt: skip
        mount(there, asked.shared_volume)
    return simple.outputs["artifact"], dsl.OneOf(here.outputs["artifact"], there.outputs["artifact"])


def _decide(asked: Learning, validated: Any) -> Any:
    """Passed: register and deploy. Else: archive. Returns what serves from now on."""
    decided = {name: validated[name] for name in ("chosen", "evaluation", "verdict")}
    image = asked.pipeline_image
    with dsl.If(validated["outcome"] == PASS, "passed"):
        registered = place(register(repository=asked.repository, **decided), "register", image)
        promoted = {
            "chosen": validated["chosen"],
            "verdict": validated["verdict"],
            "registration": registered.outputs["registration"],
        }
        with dsl.If(asked.shared_volume == "", "without a volume"):
            _always(place(deploy(**promoted), "deploy", image))
        with dsl.Else("with the model servers' volume"):
            mount(_always(place(deploy(**promoted), "deploy to volume", image)), asked.shared_volume)
    with dsl.Else("refused"):
        archived = place(archive(repository=asked.repository, **decided), "archive", image)
    return dsl.OneOf(registered.outputs["registration"], archived.outputs["registration"])


def _always(task: dsl.PipelineTask) -> dsl.PipelineTask:
    """What serves may have been changed by other hands since the same run: never taken from the cache."""
    return task.set_caching_options(enable_caching=False)
