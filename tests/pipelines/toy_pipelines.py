"""A toy pipeline of thin components, for the runner's tests: real tasks, tiny work.

Its steps tell progress as real steps do. What a task does is steered by files in the folder `control`, so that the
arguments, and with them the cache's keys, stay the same between runs.
"""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Output


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
