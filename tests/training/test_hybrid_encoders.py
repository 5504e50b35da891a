"""Encoders by configuration: a folder in Hugging Face's layout becomes part of an artifact that needs nothing else."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
import torch
from synthetic_changes import make_changes, write_dataset
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

from faultcast import models
from faultcast.errors import UnsafeArtifact, UsageError
from faultcast.models import encoders_pretrained, sizes
from faultcast.models.tokens import fit_tokenizer
from faultcast.training.hybrid import Options, train_hybrid
from faultcast.training.rows import read_training_data

SIZES = {
    "vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
    "max_position_embeddings": 40, "pad_token_id": 0,
}  # fmt: skip
OPTIONS = Options(max_tokens=64, epochs=1, encoder_learning_rate=1e-3)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    torch.set_num_threads(1)  # so small a network is slower on more
    path = tmp_path_factory.mktemp("encoders") / "dataset.parquet"
    return path, write_dataset(make_changes(400), path)


def write_encoder(folder, data, config, body):
    """An encoder as its makers publish it, with random weights."""
    tokenizer = fit_tokenizer(list(data[1]["text"]), 300)
    tokenizer.add_special_tokens(["<s>", "</s>", "<mask>"])
    words = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token="<s>", mask_token="<mask>", pad_token="[PAD]", unk_token="[UNK]"
    )
    words.save_pretrained(folder)
    torch.manual_seed(1)
    body(config(**SIZES)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def roberta(data, tmp_path_factory):
    return write_encoder(tmp_path_factory.mktemp("roberta"), data, RobertaConfig, RobertaModel)


def train(data, output, encoder, **options):
    train_hybrid(read_training_data(data[0]), output, 1, options=replace(OPTIONS, encoder=encoder, **options))
    return models.load(output)


def body_of(folder, prefix):
    found = safetensors.numpy.load_file(folder)
    return {name.removeprefix(prefix): weight for name, weight in found.items() if name.startswith(prefix)}


def test_a_folder_becomes_a_model_of_its_own(data, roberta, tmp_path):
    elsewhere = shutil.copytree(roberta, tmp_path / "encoder")
    test = data[1].tail(50)
    risk = train(data, tmp_path / "hybrid", f"folder:{elsewhere}").risk(test)
    assert {path.name for path in (tmp_path / "hybrid").iterdir()} == {
        "manifest.json", "weights.safetensors", "tokenizer.json", "encoder.json", "reference.json", "model.onnx",
        "reader.onnx",
    }  # fmt: skip
    config = json.loads((tmp_path / "hybrid" / "manifest.json").read_text())["config"]
    assert (config["encoder"], config["width"], config["max_tokens"]) == ("roberta", 16, 39)  # 40 less its padding
    shutil.rmtree(elsewhere)  # the artifact carries all of it
    np.testing.assert_array_equal(models.load(tmp_path / "hybrid").risk(test), risk)
    assert not np.allclose(models.load(tmp_path / "hybrid").risk(test.assign(text="another text")), risk)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_encoder_stays_as_it_is(data, roberta, tmp_path, frozen):
    train(data, tmp_path, f"folder:{roberta}", frozen=frozen)
    before, after = (
        body_of(roberta / "model.safetensors", ""),
        body_of(tmp_path / "weights.safetensors", "encoder.body."),
    )
    same = [np.array_equal(after[name], before[name]) for name in after]
    assert all(same) if frozen else not all(same)


def test_bert_is_read_too(data, tmp_path):
    folder = write_encoder(tmp_path / "bert", data, BertConfig, BertModel)
    fetched = encoders_pretrained.fetch(f"folder:{folder}")
    assert fetched.sizes["model_type"] == "bert"
    assert fetched.tokenizer.id_to_token(fetched.start_token) == "<s>"
    assert sizes.longest(fetched.sizes) == 40


def test_weights_that_can_run_code_are_refused(data, roberta, tmp_path):
    folder = shutil.copytree(roberta, tmp_path / "encoder")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"pytorch_model\.bin, which can run code.*expected model\.safetensors"):
        train(data, tmp_path / "hybrid", f"folder:{folder}")
    with pytest.raises(UsageError, match=r"no config\.json"):
        train(data, tmp_path / "hybrid", f"folder:{tmp_path / 'nowhere'}")


def test_code_of_a_folder_is_never_run(data, roberta, tmp_path):
    folder = shutil.copytree(roberta, tmp_path / "encoder")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    config = json.loads((folder / "config.json").read_text())
    evil = {"auto_map": {"AutoModel": "evil.Evil", "AutoConfig": "evil.Evil", "AutoTokenizer": "evil.Evil"}}
    (folder / "config.json").write_text(json.dumps({**config, **evil}))
    encoders_pretrained.fetch(f"folder:{folder}")
    (folder / "config.json").write_text(json.dumps({**config, **evil, "model_type": "evil"}))
    with pytest.raises(UnsafeArtifact, match="architecture 'evil'"):
        encoders_pretrained.fetch(f"folder:{folder}")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("hidden_size", 10**9), ("num_hidden_layers", 10**6), ("vocab_size", "many"), ("hidden_act", "evil")],
)
def test_sizes_out_of_bounds_are_refused(field, value):
    raw = {"model_type": "bert", "type_vocab_size": 2, "layer_norm_eps": 1e-12, **SIZES, field: value}
    with pytest.raises(UnsafeArtifact, match=field):
        sizes.read_sizes(raw)


def test_an_artifact_that_asks_for_more_than_it_brings_is_refused(data, roberta, tmp_path):
    train(data, tmp_path, f"folder:{roberta}")
    path = tmp_path / "encoder.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "intermediate_size": 1 << 14}))
    with pytest.raises(UnsafeArtifact, match="SHA-256"):
        models.load(tmp_path)
    sizes = json.loads(path.read_text())
    files = {name: (tmp_path / name).read_bytes() for name in ("weights.safetensors", "tokenizer.json", "encoder.json")}
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert sizes["intermediate_size"] == 1 << 14
    from faultcast.models.hybrid import from_files

    with pytest.raises(UnsafeArtifact, match="does not fit"):
        from_files(files, manifest["config"], len(manifest["normaliser"]["columns"]))


def test_without_a_network_a_name_on_the_hub_says_what_to_do(tmp_path):
    """In a process of its own: transformers reads once whether it may ask the network."""
    asked = "from faultcast.models.encoders_pretrained import fetch; fetch('microsoft/codebert-base', '3b0952f')"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("faultcast.errors.Unavailable: The encoder 'microsoft/codebert-base' cannot be had")
    assert "encoder folder:PATH" in last
