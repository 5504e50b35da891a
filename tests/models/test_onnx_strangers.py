"""What strangers may send as the graphs that serve: refused before the runtime sees them, within bounds.

Each case changes a good graph with ONNX's own library, digests corrected, and is loaded by `loading_strangers`.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

CASES = {}
MODEL, READER = "model.onnx", "reader.onnx"


def case(reason, kind="simple", name=MODEL):
    """A function that spoils a graph (changed in place), or returns other bytes; `reason` is found in the refusal."""

    def keep(function):
        CASES[function.__name__] = (function, kind, name, reason)
        return function

    return keep


def spoil(folder, function, name):
    content = (folder / name).read_bytes()
    model = onnx.ModelProto.FromString(content)
    content = function(model) or model.SerializeToString()
    (folder / name).write_bytes(content)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest))


def ensemble(model):
    (node,) = (node for node in model.graph.node if node.op_type == "TreeEnsemble")
    return {attribute.name: attribute for attribute in node.attribute}


def tensor(model, name):
    return next(one for one in model.graph.initializer if one.name == name)


def elsewhere(model, location):
    one = tensor(model, "intercept")
    one.ClearField("raw_data")
    one.data_location = TensorProto.EXTERNAL
    one.external_data.add(key="location", value=location)


def branch(op):
    """A graph in a graph, in front of ours."""
    inner = helper.make_graph([helper.make_node("Identity", ["features"], ["same"])], "inner", [], [])
    return helper.make_node(op, ["features"], ["looped"], body=inner)


# --- what reaches out of the file, or runs ----------------------------------------------------


@case("a tensor has the field 1[34]")
def data_at_an_absolute_path(model):
    elsewhere(model, "/etc/shadow")


@case("a tensor has the field 1[34]")
def data_outside_the_folder(model):
    elsewhere(model, "../../../etc/shadow")


@case("operator sets")
def operators_of_a_stranger(model):
    model.opset_import.add(domain="com.example.evil", version=1)


@case("the operator com.example.evil:Run is none")
def an_operator_of_a_stranger(model):
    model.graph.node.insert(0, helper.make_node("Run", ["features"], ["ran"], domain="com.example.evil"))


@case("the operator Loop is none")
def a_loop_without_end(model):
    model.graph.node.insert(0, branch("Loop"))


@case("the operator If is none")
def a_branch(model):
    model.graph.node.insert(0, branch("If"))


@case("is no number, list of numbers or tensor|has the field 6")
def a_graph_as_an_attribute(model):
    model.graph.node[0].attribute.append(branch("Loop").attribute[0])


@case("the model has the field 25")
def a_function(model):
    made = [helper.make_node("Add", ["x", "x"], ["y"])]
    model.functions.append(helper.make_function("", "Twice", ["x"], ["y"], made, model.opset_import))


@case("the model has the field 20")
def a_training_graph(model):
    model.training_info.add()


@case("the operator ConstantOfShape is none")
def a_tensor_of_a_named_size(model):
    model.graph.initializer.append(numpy_helper.from_array(np.array([1 << 40]), "size"))
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["size"], ["huge"]))


# --- what claims more than it brings ----------------------------------------------------------


@case("claims the shape")
def a_tensor_of_a_terabyte(model):
    tensor(model, "intercept").dims[:] = [1 << 20, 1 << 20]


@case("claims the shape")
def a_shape_whose_product_overflows(model):
    tensor(model, "intercept").dims[:] = [1 << 33, 1 << 31]


@case("claims the shape")
def a_negative_axis(model):
    tensor(model, "intercept").dims[:] = [-1, -1]


@case("is of type 8")
def texts_as_a_tensor(model):
    one = tensor(model, "intercept")
    one.data_type = TensorProto.STRING


@case("no ONNX file that training writes")
def cut_short(model):
    return model.SerializeToString()[:-100]


@case("are left")
def a_field_longer_than_the_file(model):
    return b"\x08\x0a" + b"\x3a\x80\x80\x80\x80\x80\x20"


@case("no ONNX file that training writes")
def a_number_without_end(model):
    return b"\x08" + b"\xff" * 1000


@case("more than 8192 parts")
def a_million_operators(model):
    model.ClearField("graph")
    return model.SerializeToString() + b"\x3a\xc0\x9a\x0c" + b"\x0a\x00" * 100_000


@case("more than 8192 parts")
def a_million_axes(model):
    one = tensor(model, "intercept")
    one.dims[:] = [1] * 100_000


@case("no ONNX file")
def no_protobuf_at_all(model):
    return b"\x80\x04\x95" + bytes(range(256)) * 4


@case("the graph has the field 15")
def a_sparse_tensor(model):
    model.graph.sparse_initializer.add()


@case("or twice")
def two_graphs(model):
    return model.SerializeToString() + b"\x3a\x00"


# --- what is allowed one by one, and is another graph -----------------------------------------


@case("expected .* found")
def sums_that_grow_without_bound(model):
    for i in range(6):
        shape = [1] * 7
        shape[i] = 512
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(shape), f"axis{i}"))
        before = "intercept" if i == 0 else f"grown{i - 1}"
        model.graph.node.insert(i, helper.make_node("Add", [before, f"axis{i}"], [f"grown{i}"]))


@case("which nothing before it makes")
def a_circle_of_operators(model):
    model.graph.node[0].input[0] = "logits"


@case("is no name or taken")
def a_name_made_twice(model):
    model.graph.node.append(model.graph.node[0])


@case("expected input features float32")
def inputs_of_another_width(model):
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 3


@case("an input has a tensor's name|goes in or out twice")
def an_input_that_is_a_tensor(model):
    model.graph.input.append(helper.make_tensor_value_info("intercept", TensorProto.DOUBLE, [1, 1]))


@case("expected", "hybrid", READER)
def one_layer_more(model):
    node = model.graph.node[-1]
    model.graph.node.append(helper.make_node("Tanh", [node.output[0]], ["again"]))


@case("expected tensor", "hybrid", READER)
def an_embedding_of_another_size(model):
    one = tensor(model, "encoder.token.weight")
    one.CopyFrom(numpy_helper.from_array(np.zeros((7, 16), dtype=np.float32), one.name))


@case("expected", "hybrid", READER)
def heads_that_are_split_otherwise(model):
    next(node for node in model.graph.node if node.op_type == "Transpose").attribute[0].ints[:] = [0, 1, 2, 3]


# --- trees that point outside themselves ------------------------------------------------------


@case("points outside itself")
def a_tree_that_goes_in_a_circle(model):
    found = ensemble(model)
    inner = next(i for i, leaf in enumerate(found["nodes_trueleafs"].ints) if not leaf)
    found["nodes_truenodeids"].ints[inner] = 0


@case("points outside itself")
def a_child_beyond_the_last(model):
    ensemble(model)["nodes_falsenodeids"].ints[0] = 1 << 40


@case("points outside itself")
def a_child_before_the_first(model):
    ensemble(model)["nodes_falsenodeids"].ints[0] = -1


@case("points outside itself")
def a_feature_that_is_far_away(model):
    ensemble(model)["nodes_featureids"].ints[0] = 1 << 30


@case("points outside itself")
def a_leaf_that_is_no_number(model):
    weights = ensemble(model)["leaf_weights"].t
    value = numpy_helper.to_array(weights).copy()
    value[0] = np.nan
    weights.CopyFrom(numpy_helper.from_array(value))


@case("points outside itself")
def a_leaf_of_another_target(model):
    ensemble(model)["leaf_targetids"].ints[0] = 1 << 20


@case("points outside itself")
def lists_of_other_lengths(model):
    del ensemble(model)["nodes_featureids"].ints[-1]


@case("points outside itself")
def a_root_that_is_a_child(model):
    ensemble(model)["tree_roots"].ints[1] = ensemble(model)["nodes_truenodeids"].ints[0]


@case("points outside itself")
def many_targets(model):
    ensemble(model)["n_targets"].i = 1 << 30


@pytest.fixture(scope="module")
def found(good, tmp_path_factory):
    """What became of each case."""
    base = tmp_path_factory.mktemp("graphs")
    lines = [f"good {kind}\t{good / kind}" for kind in ("simple", "hybrid")]
    for name, (function, kind, graph, _) in CASES.items():
        spoil(shutil.copytree(good / kind, base / name), function, graph)
        lines.append(f"{name}\t{base / name}")
    program = Path(__file__).with_name("loading_strangers.py")
    ended = subprocess.run(
        [sys.executable, program], input="\n".join(lines), capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_a_reason(found, name):
    assert found[name]["status"] == 0, "ended by a limit"
    said = found[name]["said"]
    assert said.startswith("UnsafeArtifact: "), said
    assert re.search(CASES[name][3], said), said


def test_good_graphs_are_let_in(found):
    assert {results["said"] for name, results in found.items() if name.startswith("good")} == {"loaded"}
