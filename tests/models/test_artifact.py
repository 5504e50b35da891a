"""A model's folder: what is loaded, and what is refused before anything of it runs."""

import hashlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from faultcast import models
from faultcast.errors import ContractMismatch, NotFound, UnsafeArtifact
from faultcast.features import catalogue


def edit_manifest(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def forge(folder, name, content):
    """Replace a file *and* its digest, as someone who can write the folder would."""
    (folder / name).write_bytes(content)
    edit_manifest(folder, lambda m: m["files"].update({name: hashlib.sha256(content).hexdigest()}))


def test_the_same_risk_twice_and_for_one_change_alone(simple, hybrid_folder, changes):
    for folder in (simple, hybrid_folder):
        model = models.load(folder)
        risk = model.risk(changes)
        assert risk.dtype == np.float64
        assert risk.shape == (120,)
        assert np.all((risk >= 0) & (risk <= 1))
        assert np.array_equal(models.load(folder).risk(changes), risk)
        assert model.risk(changes[7:8])[0] == pytest.approx(risk[7], abs=1e-6)
        assert len(model.risk(changes[:0])) == 0
        assert model.normaliser.typical["lines_added"] == float(np.median(changes["lines_added"]))


def test_a_change_without_text_and_with_missing_measures_still_gets_a_risk(hybrid_folder, changes):
    bare = changes.drop(columns="text").astype({"cognitive": "Float64"})
    bare.loc[:, "cognitive"] = None
    assert np.all(np.isfinite(models.load(hybrid_folder).risk(bare)))


def test_loading_a_hybrid_imports_no_compiler_and_draws_no_weights(hybrid_folder):
    program = (
        "import sys, torch; from pathlib import Path; from faultcast import models; torch.manual_seed(3); "
        "before = torch.random.get_rng_state(); models.load(Path(sys.argv[1])); "
        "print('torch._dynamo' in sys.modules, bool((torch.random.get_rng_state() == before).all()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(hybrid_folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(NotFound, match="train one first"):
        models.load(tmp_path)


def test_a_forgotten_pickle_is_refused_and_never_opened(simple, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    (simple / "model.pkl").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UnsafeArtifact, match=r"does not list: model\.pkl"):
        models.load(simple)
    forge(simple, "model.pkl", pickle.dumps(Trap()))  # listed it is refused all the same
    with pytest.raises(UnsafeArtifact, match="no file that a model may have"):
        models.load(simple)
    assert not (tmp_path / "sprung").exists()


def test_one_changed_byte_is_noticed(simple, hybrid_folder):
    for path in (
        simple / "forest.safetensors",
        hybrid_folder / "weights.safetensors",
        hybrid_folder / "tokenizer.json",
    ):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(UnsafeArtifact, match="changed after training"):
            models.load(path.parent)


def test_links_and_ways_out_of_the_folder_are_refused(simple, tmp_path):
    (simple / "forest.safetensors").rename(tmp_path / "elsewhere.safetensors")
    (simple / "forest.safetensors").symlink_to(tmp_path / "elsewhere.safetensors")
    with pytest.raises(UnsafeArtifact, match="link"):
        models.load(simple)
    (simple / "forest.safetensors").unlink()
    edit_manifest(simple, lambda m: m.update(files={"../elsewhere.safetensors": "0"} | m["files"]))
    with pytest.raises(UnsafeArtifact, match="no file that a model may have"):
        models.load(simple)


def test_an_absent_file_is_told_by_name(simple):
    (simple / "forest.safetensors").unlink()
    with pytest.raises(UnsafeArtifact, match=r"forest\.safetensors is listed in the manifest but absent"):
        models.load(simple)


def test_an_oversized_header_is_refused_before_it_is_parsed(hybrid_folder):
    content = (hybrid_folder / "weights.safetensors").read_bytes()
    forge(hybrid_folder, "weights.safetensors", (1 << 40).to_bytes(8, "little") + content[8:])
    with pytest.raises(UnsafeArtifact, match="announces a header of 1099511627776 bytes"):
        models.load(hybrid_folder)


def test_sizes_beyond_reason_are_refused_before_memory_is_taken(hybrid_folder):
    edit_manifest(hybrid_folder, lambda m: m["config"].update(width=10**9))
    with pytest.raises(UnsafeArtifact, match="out of bounds"):
        models.load(hybrid_folder)
    edit_manifest(hybrid_folder, lambda m: m["config"].update(width=32))
    with pytest.raises(UnsafeArtifact, match="does not fit the manifest's sizes"):
        models.load(hybrid_folder)


def test_a_broken_tokenizer_or_manifest_is_no_crash(hybrid_folder):
    forge(hybrid_folder, "tokenizer.json", b"{}")
    with pytest.raises(UnsafeArtifact, match="no tokenizer"):
        models.load(hybrid_folder)
    edit_manifest(hybrid_folder, lambda m: m.pop("bands"))
    with pytest.raises(UnsafeArtifact, match="bands"):
        models.load(hybrid_folder)
    (hybrid_folder / "manifest.json").write_text("[")
    with pytest.raises(UnsafeArtifact, match=r"manifest\.json is no JSON"):
        models.load(hybrid_folder)


def test_a_model_of_an_earlier_format_asks_to_be_trained_again(simple):
    edit_manifest(simple, lambda m: m.update(format=1, files={"forest.skops": "0" * 64}))
    with pytest.raises(ContractMismatch, match=r"format 1 and kind 'simple'; this version reads format 4"):
        models.load(simple)


def test_other_features_are_told_by_name(simple):
    def swap(manifest):
        manifest["features"][:2] = manifest["features"][1::-1]

    def rename(manifest):
        swap(manifest)
        manifest["features"][4][0] = "sub_systems"
        manifest["features"][7][2] = "nats"

    edit_manifest(simple, swap)
    with pytest.raises(ContractMismatch, match="lines_deleted stands where lines_added belongs"):
        models.load(simple)
    edit_manifest(simple, rename)
    with pytest.raises(ContractMismatch, match="sub_systems is unknown here; subsystems is new; entropy was") as caught:
        models.load(simple)
    assert "lines_added" not in str(caught.value)


def test_the_manifest_carries_the_catalogue(simple):
    manifest = json.loads((simple / "manifest.json").read_text())
    assert [name for name, _, _ in manifest["features"]] == list(catalogue.NAMES)
    assert manifest["fingerprint"] == catalogue.fingerprint()


def test_changes_without_a_feature_are_refused_by_name(simple, changes):
    with pytest.raises(ContractMismatch, match="entropy, hour"):
        models.load(simple).risk(changes.drop(columns=["hour", "entropy"]))
    with pytest.raises(ContractMismatch, match="files holds something that is no number"):
        models.load(simple).risk(changes.assign(files="many"))
