"""What serves says what was learnt: graphs of every kind against the arrays and the network that they come from."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from faultcast import models
from faultcast.errors import ExportMismatch, UnsafeArtifact
from faultcast.models import blend, forest, hybrid, linear, onnx_export, onnx_network, onnx_runtime, onnx_trees, sizes
from faultcast.models.normaliser import fit_normaliser, values_of
from faultcast.models.onnx_graph import OPERATORS
from faultcast.models.onnx_read import read
from faultcast.models.onnx_write import write


@pytest.fixture(scope="module")
def fitted(changes):
    """(input columns, members by name) of small ensembles of each sort."""
    values = values_of(changes)
    columns = fit_normaliser(values).apply(values)
    label = changes["label"]
    regression = LogisticRegression(max_iter=500).fit(columns, label)
    return columns, {
        "forest": forest.of_classifier(RandomForestClassifier(20, random_state=0).fit(columns, label)),
        "extra": forest.of_classifier(ExtraTreesClassifier(20, random_state=0).fit(columns, label)),
        "boosted": forest.of_boosted(
            HistGradientBoostingClassifier(max_iter=30, min_samples_leaf=5, random_state=0).fit(columns, label)
        ),
        "linear": linear.Linear(regression.coef_[0].astype(np.float64), float(regression.intercept_[0])),
    }


def ran(scorer, columns):
    """Logits of the graph in the runtime that serves."""
    content = write(onnx_trees.graph_of(scorer, columns.shape[1]), "model")
    onnx_trees.check("model.onnx", read("model.onnx", content), columns.shape[1])
    return onnx_runtime.Table(onnx_runtime._session("model.onnx", content)).logits(columns, columns[:, :0])


def on_the_edge(columns, member):
    """Rows in which every value stands on a threshold of its feature, or on the next float32 to either side."""
    rng = np.random.default_rng(7)
    rows = columns.copy()
    for feature in range(columns.shape[1]):
        edges = member.threshold_M[member.feature_M == feature]
        if len(edges):
            chosen = rng.choice(edges, len(rows))
            rows[:, feature] = np.choose(
                rng.integers(0, 3, len(rows)),
                [chosen, np.nextafter(chosen, np.float32(np.inf)), np.nextafter(chosen, np.float32(-np.inf))],
            )
    return rows


@pytest.mark.parametrize("name", ["forest", "extra", "boosted", "linear"])
def test_a_member_alone_says_the_same(fitted, name):
    columns, members = fitted
    expected = members[name].logits(columns, columns[:, :0])
    np.testing.assert_allclose(ran(members[name], columns), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["forest", "extra", "boosted"])
def test_a_value_on_a_threshold_takes_the_branch_that_it_took(fitted, name):
    columns, members = fitted
    rows = on_the_edge(columns, members[name])
    np.testing.assert_allclose(ran(members[name], rows), members[name].logits(rows, rows[:, :0]), rtol=0, atol=1e-12)


def test_a_missing_value_goes_where_the_tree_sends_it(fitted):
    columns, members = fitted
    rows = np.where(np.random.default_rng(1).random(columns.shape) < 0.3, np.float32(np.nan), columns)
    for name in ("forest", "boosted"):
        member = members[name]
        flipped = replace(member, missing_left_M=np.arange(len(member.threshold_M)) % 2 == 0)
        expected = flipped.logits(rows, rows[:, :0])
        np.testing.assert_allclose(ran(flipped, rows), expected, rtol=0, atol=1e-12)


def test_a_blend_is_one_operator(fitted):
    columns, members = fitted
    names = tuple(members)
    mixed = blend.Blend(names, tuple(members.values()), (3.0, 2.0, 0.5, 0.25), -1.5)
    graph = onnx_trees.graph_of(mixed, columns.shape[1])
    assert [node.op for node in graph.nodes].count("TreeEnsemble") == 1
    np.testing.assert_allclose(ran(mixed, columns), mixed.logits(columns, columns[:, :0]), rtol=0, atol=1e-12)


def test_trees_of_one_leaf_count_as_the_number_that_they_are(fitted):
    columns, members = fitted
    leaf = forest.of_classifier(RandomForestClassifier(3, random_state=0).fit(columns, [0, *[1] * (len(columns) - 1)]))
    stumps = replace(members["forest"])
    for scorer in (leaf, stumps):
        np.testing.assert_allclose(ran(scorer, columns), scorer.logits(columns, columns[:, :0]), rtol=0, atol=1e-12)
    alone = replace(
        leaf,
        roots_R=np.array([-1, -2], dtype=np.int32), feature_M=leaf.feature_M[:0], threshold_M=leaf.threshold_M[:0],
        children_M2=leaf.children_M2[:0], missing_left_M=leaf.missing_left_M[:0], leaves_L=np.array([0.25, 0.5]),
    )  # fmt: skip
    np.testing.assert_allclose(ran(alone, columns), alone.logits(columns, columns[:, :0]), rtol=0, atol=1e-12)


def test_a_graph_read_back_is_the_graph_that_was_written(good):
    for path in sorted(good.glob("*/*.onnx")):
        content = path.read_bytes()
        graph = read(path.name, content)
        assert write(graph, path.stem) == content
        theirs = onnx.load_from_string(content)
        onnx.checker.check_model(theirs, full_check=True)
        assert [node.op_type for node in theirs.graph.node] == [node.op for node in graph.nodes]
        assert {(node.domain, node.op) for node in graph.nodes} <= OPERATORS


@pytest.mark.parametrize("kind", ["simple", "hybrid"])
def test_a_served_model_says_the_risks_of_the_learnt_one(good, changes, kind):
    learnt, served = models.load(good / kind), onnx_runtime.load(good / kind)
    assert served.manifest.export["rows"] == len(changes)
    assert served.manifest.export["largest_difference"] <= onnx_export.MOST
    limit = 1e-12 if kind == "simple" else 1e-6
    np.testing.assert_allclose(served.risk(changes), learnt.risk(changes), rtol=0, atol=limit)
    one_by_one = [float(served.risk(changes.iloc[i : i + 1])[0]) for i in range(20)]
    np.testing.assert_allclose(one_by_one, learnt.risk(changes.head(20)), rtol=0, atol=limit)


def test_texts_of_any_length_are_read_alike(good):
    learnt, served = models.load(good / "hybrid"), onnx_runtime.load(good / "hybrid")
    texts = ["", "a", "fix " * 200, "Fix it\n\n<file> a.py\n+x = 1\n-y = 2", "x\n\n<file> b.py\n" + "+z = 3\n" * 300]
    np.testing.assert_allclose(served.read(texts), learnt.read(texts), rtol=0, atol=2e-6)
    np.testing.assert_array_equal(served.read([texts[3]])[0], served.read([texts[3], texts[3]])[1])


def test_what_serves_otherwise_is_not_exported(good, changes, monkeypatch):
    """The proof can fail: with one leaf of the graph moved, nothing is written."""
    manifest, files = models.artifact.read_files(good / "simple")
    learnt = {name: content for name, content in files.items() if not name.endswith(".onnx")}
    graph_of = onnx_trees.graph_of

    def crooked(scorer, num_columns):
        moved = scorer.leaves_L.copy()
        moved[0] += 0.5
        return graph_of(replace(scorer, leaves_L=moved), num_columns)

    monkeypatch.setattr(onnx_trees, "graph_of", crooked)
    with pytest.raises(ExportMismatch, match="expected at most 1e-05; nothing was exported"):
        onnx_export.exported(manifest, learnt, values_of(changes), list(changes["text"]))


def test_a_model_without_its_graph_does_not_serve(simple):
    manifest, files = models.artifact.read_files(simple)
    (simple / "model.onnx").unlink()
    kept = {name: content for name, content in files.items() if not name.endswith(".onnx")}
    models.artifact.write(simple, manifest, kept)
    models.load(simple)
    with pytest.raises(UnsafeArtifact, match=r"no model\.onnx, which serving needs"):
        onnx_runtime.load(simple)


def test_shapes_name_every_weight_of_the_network(good):
    """What a stranger's graph is compared with has the sizes of the network itself, at no cost of memory."""
    config = models.load(good / "hybrid").manifest.config
    network = models.load(good / "hybrid").scorer
    assert isinstance(network, hybrid.Hybrid)
    weights = {name: tuple(weight.shape) for name, weight in network.network.state_dict().items()}
    columns = network.network.table_in.in_features
    found = onnx_network.shapes(sizes.read_config(config), columns, None)
    assert {name: weight.shape for name, weight in found.items()} == weights
    assert all(max(weight.strides) == 0 for weight in found.values())
