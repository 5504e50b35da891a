"""A toy pipeline of thin components, for the runner's tests: real tasks, tiny work.

Its steps tell progress as real steps do. What a task does is steered by files in the folder `control`, so that the
arguments, and with them the cache's keys, stay the same between runs.
"""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Output, OutputPath


@dsl.component(base_image="toy-python", install_kfp_package=False)
def first(control: str, number: int, days: float, table: Output[Dataset]) -> None:
    from toy_steps import first as step

    step(control, number, days, table.path)


@dsl.component(base_image="toy-python", install_kfp_package=False)
def second(control: str, table: Input[Dataset], metrics: Output[Metrics], folder: Output[Artifact]) -> None:
    from toy_steps import second as step

    step(control, table.path, metrics.path, folder.path)


@dsl.component(base_image="toy-python", install_kfp_package=False)
def third(control: str, folder: Input[Artifact], page: Output[Artifact]) -> None:
    from toy_steps import third as step

    step(control, folder.path, page.path)


@dsl.pipeline(name="toy")
def toy(control: str, number: int, image: str, days: float = 0.5) -> None:
    one = first(control=control, number=number, days=days)
    one.set_container_image(image)
    one.set_memory_limit("1Gi")
    two = second(control=control, table=one.outputs["table"])
    two.set_container_image(image)
    two.set_display_name("second half")
    three = third(control=control, folder=two.outputs["folder"])
    three.set_container_image(image)


@dsl.component(base_image="toy-python", install_kfp_package=False)
def judge(control: str, wanted: str, verdict: Output[Artifact], outcome: OutputPath(str)) -> None:
    from toy_steps import write

    write(control, "judge", verdict.path, wanted)
    write(control, "", outcome, wanted)


@dsl.component(base_image="toy-python", install_kfp_package=False)
def accept(control: str, verdict: Input[Artifact], answer: Output[Artifact]) -> None:
    from toy_steps import write

    write(control, "accept", answer.path, "accepted")


@dsl.component(base_image="toy-python", install_kfp_package=False)
def refuse(control: str, verdict: Input[Artifact], answer: Output[Artifact]) -> None:
    from toy_steps import write

    write(control, "refuse", answer.path, "refused")


@dsl.component(base_image="toy-python", install_kfp_package=False)
def serve(control: str, answer: Input[Artifact], served: Output[Artifact]) -> None:
    from toy_steps import write

    write(control, "serve", served.path, "")


@dsl.component(base_image="toy-python", install_kfp_package=False)
def tell(control: str, answer: Input[Artifact], told: Output[Artifact]) -> None:
    from toy_steps import copy

    copy(control, "tell", answer.path, told.path)


@dsl.pipeline(name="fork")
def fork(control: str, wanted: str, aside: str, image: str) -> None:
    judged = judge(control=control, wanted=wanted).set_container_image(image)
    with dsl.If(judged.outputs["outcome"] == "PASS"):
        accepted = accept(control=control, verdict=judged.outputs["verdict"]).set_container_image(image)
        with dsl.If(aside == ""):
            served = serve(control=control, answer=accepted.outputs["answer"]).set_container_image(image)
            served.set_caching_options(enable_caching=False)
    with dsl.Else():
        refused = refuse(control=control, verdict=judged.outputs["verdict"]).set_container_image(image)
    answer = dsl.OneOf(accepted.outputs["answer"], refused.outputs["answer"])
    tell(control=control, answer=answer).set_container_image(image)
