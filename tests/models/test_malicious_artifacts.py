"""What strangers may send as a model: nothing of it runs, each is refused with a reason, within bounds.

Each case changes a copy of a good model, digests included, as someone who can write the folder would; code in it
would make a file beside it. docs/artifact.md has the table.
"""

import hashlib
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from faultcast import models
from faultcast.errors import NotFound, UnsafeArtifact, UsageError
from faultcast.models import tokenizer_file, tokens

CASES = {}
FOREST, WEIGHTS, TOKENIZER = "forest.safetensors", "weights.safetensors", "tokenizer.json"


def case(reason, kind="simple"):
    """A function that spoils a copy of a model of a kind; `reason` is found in the refusal."""

    def keep(function):
        CASES[function.__name__] = (function, kind, reason)
        return function

    return keep


class Trap:
    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (open, (str(self.place), "w"))


def trap(folder):
    return pickle.dumps(Trap(folder.parent / f"{folder.name}.sprung"))


def edit(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def forge(folder, name, content):
    (folder / name).write_bytes(content)
    edit(folder, lambda m: m["files"].update({name: hashlib.sha256(content).hexdigest()}))


def with_header(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def safetensors_with(folder, change):
    """The forest's file with another header over the same bytes."""
    content = (folder / FOREST).read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    forge(folder, FOREST, with_header(header, content[8 + size :]))


def tokenizer_with(folder, change):
    found = json.loads((folder / TOKENIZER).read_text())
    change(found)
    forge(folder, TOKENIZER, json.dumps(found).encode())


def zipped(folder, write):
    """An archive in place of the folder: the good files, and what `write` adds."""
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)
        write(packed)
    return archive


# --- what runs code when it is read by its own library -------------------------------------------------------


@case(r"does not list: model\.pkl")
def a_forgotten_pickle(folder):
    (folder / "model.pkl").write_bytes(trap(folder))


@case("'model.pkl' is no file that a model may have")
def a_listed_pickle(folder):
    forge(folder, "model.pkl", trap(folder))


@case("announces a header")
def a_pickle_called_safetensors(folder):
    forge(folder, FOREST, trap(folder))


@case("is no JSON", "hybrid")
def a_pickle_called_json(folder):
    forge(folder, TOKENIZER, trap(folder))


@case("'model.joblib' is no file")
def a_joblib_dump(folder):
    forge(folder, "model.joblib", trap(folder))


@case("announces a header", "hybrid")
def a_torch_zip_called_safetensors(folder):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("archive/data.pkl", trap(folder))
        packed.writestr("archive/version", "3\n")
    forge(folder, WEIGHTS, content.getvalue())


@case(r"does not list: pytorch_model\.bin", "hybrid")
def a_torch_file_beside(folder):
    (folder / "pytorch_model.bin").write_bytes(trap(folder))


@case("announces a header")
def a_numpy_object_array(folder):
    content = io.BytesIO()
    np.save(content, np.array([Trap(folder.parent / f"{folder.name}.sprung")], dtype=object), allow_pickle=True)
    forge(folder, FOREST, content.getvalue())


@case("'config.yaml' is no file")
def yaml_tags(folder):
    sprung = folder.parent / f"{folder.name}.sprung"
    forge(folder, "config.yaml", f"!!python/object/apply:os.system ['touch {sprung}']".encode())


@case("is no JSON")
def a_manifest_in_yaml(folder):
    sprung = folder.parent / f"{folder.name}.sprung"
    (folder / "manifest.json").write_text(f"!!python/object/apply:os.system ['touch {sprung}']")


@case("model.onnx is no ONNX file that training writes")
def onnx_with_external_data(folder):
    forge(folder, "model.onnx", b"\x08\x07\x3a\x20j\x1e\n\x08location\x12\x12../../../etc/shadow")


@case("names code to import", "hybrid")
def a_configuration_that_names_code(folder):
    forge(folder, "encoder.json", b'{"auto_map": {"AutoModel": "evil--modeling.Evil"}}')


# --- safetensors -------------------------------------------------------------------------------------------------


@case("announces a header of 1099511627776 bytes")
def a_header_of_a_terabyte(folder):
    forge(folder, FOREST, (1 << 40).to_bytes(8, "little") + (folder / FOREST).read_bytes()[8:])


@case("nested too deeply")
def a_header_nested_without_end(folder):
    forge(folder, FOREST, with_header(b"[" * 900_000))


@case("lies at")
def tensors_that_overlap(folder):
    safetensors_with(folder, lambda h: h["leaves"].update(data_offsets=h["threshold"]["data_offsets"]))


@case("expected a dtype, a shape and two offsets")
def a_negative_offset(folder):
    safetensors_with(folder, lambda h: h["leaves"]["data_offsets"].__setitem__(0, -8))


@case("holds a number of 21 digits")
def an_offset_beyond_64_bits(folder):
    safetensors_with(folder, lambda h: h["leaves"]["data_offsets"].__setitem__(1, 10**20))


@case("lies at")
def a_shape_whose_product_overflows(folder):
    safetensors_with(folder, lambda h: h["leaves"].update(shape=[1 << 40, 1 << 40, 1 << 40]))


@case("its header describes")
def bytes_behind_the_last_tensor(folder):
    forge(folder, FOREST, (folder / FOREST).read_bytes() + b"PK\x03\x04 something else")


@case("twice")
def a_tensor_named_twice(folder):
    content = (folder / FOREST).read_bytes()
    size = int.from_bytes(content[:8], "little")
    text = content[8 : 8 + size].rstrip()
    forge(folder, FOREST, with_header(text[:-1] + b',"base":{}}', content[8 + size :]))


@case("expected a dtype, a shape and two offsets")
def a_dtype_of_no_size(folder):
    safetensors_with(folder, lambda h: h["leaves"].update(dtype="OBJECT"))


# --- trees, weights, numbers --------------------------------------------------------------------------------


def forest_with(folder, **changed):
    arrays = dict(safetensors.numpy.load((folder / FOREST).read_bytes()))
    for name, change in changed.items():
        arrays[name] = np.ascontiguousarray(change(arrays[name].copy()))
    with safetensors.safe_open(folder / FOREST, "numpy") as file:
        metadata = file.metadata()
    forge(folder, FOREST, safetensors.numpy.save(arrays, metadata=metadata))


@case("points outside itself")
def a_tree_that_goes_round_in_a_circle(folder):
    def circle(children):
        children[1, 0] = 0
        return children

    forest_with(folder, children=circle)


@case("points outside itself")
def a_tree_that_asks_for_a_far_feature(folder):
    forest_with(folder, feature=lambda one: np.full_like(one, 2**31 - 1))


@case("points outside itself")
def a_leaf_that_is_no_number(folder):
    forest_with(folder, leaves=lambda one: one * np.nan)


@case("out of bounds", "hybrid")
def a_network_of_a_billion_columns(folder):
    edit(folder, lambda m: m["config"].update(width=10**9, heads=1))


@case("does not fit the manifest's sizes", "hybrid")
def a_network_that_would_take_all_memory(folder):
    edit(folder, lambda m: m["config"].update(width=4096, layers=64, hidden=16384, vocabulary=1 << 17, heads=64))


# --- tokenizers -------------------------------------------------------------------------------------------------


@case("regular expression", "hybrid")
def a_regular_expression_that_never_ends(folder):
    bomb = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
    tokenizer_with(folder, lambda t: t["pre_tokenizer"].update(pretokenizers=[bomb]))


@case("numbers a token outside", "hybrid")
def a_token_numbered_in_the_billions(folder):
    tokenizer_with(folder, lambda t: t["model"]["vocab"].update(evil=4_000_000_000))


@case("tokens and .* merges, at most", "hybrid")
def a_vocabulary_of_half_a_million(folder):
    tokenizer_with(folder, lambda t: t["model"].update(vocab={f"w{i}": i for i in range(500_000)}))


@case("nested too deeply", "hybrid")
def a_tokenizer_nested_without_end(folder):
    forge(folder, TOKENIZER, b'{"model": ' + b"[" * 2_000_000)


@case("has the normalizer 'Replace'", "hybrid")
def a_normaliser_that_rewrites_text(folder):
    step = {"type": "Replace", "pattern": {"Regex": "(.*)*x"}, "content": "y" * 1000}
    tokenizer_with(folder, lambda t: t.update(normalizer=step))


# --- the manifest -------------------------------------------------------------------------------------------------


@case("nested too deeply")
def a_manifest_nested_without_end(folder):
    (folder / "manifest.json").write_text('{"config": ' + "[" * 1_000_000)


@case("holds a number of 1000000 digits")
def a_number_of_a_million_digits(folder):
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"seed": 1', '"seed": ' + "9" * 1_000_000))


@case("no finite number")
def a_calibration_that_is_no_number(folder):
    edit(folder, lambda m: m["calibration"].update(slope=float("nan")))


@case("no finite number")
def a_threshold_beyond_every_number(folder):
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"medium": 0.3', '"medium": 1e999'))


@case("'files' twice")
def a_manifest_that_says_files_twice(folder):
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.rstrip().removesuffix("}") + ', "files": {}}')


@case("at most 33554432 are read")
def a_manifest_of_forty_megabytes(folder):
    edit(folder, lambda m: m.update(name="n" * 40_000_000))


@case("not a model's manifest")
def a_manifest_of_other_types(folder):
    edit(folder, lambda m: m.update(files=[["a", "b"]], seed="7", training_window=["x", None]))


@case("seed is '7', expected int")
def a_seed_that_is_text(folder):
    edit(folder, lambda m: m.update(seed="7"))


@case("expected 0 <= medium <= high")
def bands_upside_down(folder):
    edit(folder, lambda m: m["bands"].update(medium=0.9, high=-1.0))


@case("is no file that a model may have")
def a_name_that_leads_out(folder):
    shutil.copy(folder / FOREST, folder.parent / f"{folder.name}.json")
    edit(folder, lambda m: m["files"].update({f"../{folder.name}.json": "0" * 64}))


@case("is no file that a model may have")
def a_name_with_a_line_break(folder):
    forge(folder, "a\n.json", b"{}")


# --- what lies in the folder -------------------------------------------------------------------------------------


@case("is a link or no ordinary file")
def a_link_to_a_file_elsewhere(folder):
    (folder / FOREST).rename(folder.parent / f"{folder.name}.elsewhere")
    (folder / FOREST).symlink_to(folder.parent / f"{folder.name}.elsewhere")


@case("is a link or no ordinary file")
def a_link_to_a_device(folder):
    (folder / FOREST).unlink()
    (folder / FOREST).symlink_to("/dev/zero")


@case("is a link or no ordinary file")
def a_pipe_that_nobody_writes(folder):
    (folder / FOREST).unlink()
    os.mkfifo(folder / FOREST)


@case("is a link or no ordinary file")
def a_manifest_that_is_a_pipe(folder):
    (folder / "manifest.json").unlink()
    os.mkfifo(folder / "manifest.json")


@case("is a link or no ordinary file")
def a_folder_called_like_a_file(folder):
    (folder / FOREST).unlink()
    (folder / FOREST).mkdir()


@case(r"does not list: \.hidden")
def a_hidden_file(folder):
    (folder / ".hidden").write_bytes(trap(folder))


@case(r"does not list: FOREST\.safetensors, Manifest\.json")
def names_in_other_letters(folder):
    shutil.copy(folder / FOREST, folder / "FOREST.safetensors")
    shutil.copy(folder / "manifest.json", folder / "Manifest.json")


@case("more than 64 files")
def more_files_than_a_model_has(folder):
    for i in range(200):
        (folder / f"{i}.json").write_text("{}")


@case("has 5000000000 bytes, at most")
def a_sparse_file_of_gigabytes(folder):
    os.truncate(folder / FOREST, 5_000_000_000)


# --- archives ---------------------------------------------------------------------------------------------------


@case("is no file that a model may have")
def an_archive_that_writes_elsewhere(folder):
    return zipped(folder, lambda z: z.writestr(f"../{folder.name}.sprung", "slipped"))


@case("is no file that a model may have")
def an_archive_with_an_absolute_path(folder):
    return zipped(folder, lambda z: z.writestr(f"{folder.parent}/{folder.name}.sprung", "slipped"))


@case("is no file that a model may have")
def an_archive_with_a_windows_path(folder):
    return zipped(folder, lambda z: z.writestr("..\\evil.json", "{}"))


@case("is a link or no ordinary file")
def an_archive_with_a_link(folder):
    link = zipfile.ZipInfo("link.json")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    return zipped(folder, lambda z: z.writestr(link, "/etc/passwd"))


@case("-fold is unpacked")
def an_archive_that_grows(folder):
    return zipped(folder, lambda z: z.writestr("bomb.json", b" " * 300_000_000))


@case("at most 1073741824 are unpacked")
def an_archive_that_announces_gigabytes(folder):
    archive = zipped(folder, lambda z: z.writestr("bomb.json", b"{}"))
    content = bytearray(archive.read_bytes())
    entry = content.rfind(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (4_000_000_000).to_bytes(4, "little")
    archive.write_bytes(content)
    return archive


@case("two entries of one name")
def an_archive_with_a_name_twice(folder):
    return zipped(folder, lambda z: z.writestr("MANIFEST.json", "{}"))


@case("is no file that a model may have")
def an_archive_in_an_archive(folder):
    return zipped(folder, lambda z: z.writestr("inner.zip", b"PK\x05\x06" + b"\0" * 18))


@case("is encrypted")
def an_archive_with_a_password(folder):
    archive = zipped(folder, lambda z: z.writestr("secret.json", "{}"))
    content = bytearray(archive.read_bytes())
    entry = content.rfind(b"PK\x01\x02")
    content[entry + 8] |= 1
    archive.write_bytes(content)
    return archive


@case("holds 203 entries")
def an_archive_of_many_files(folder):
    return zipped(folder, lambda z: [z.writestr(f"{i}.json", "{}") for i in range(200)])


@case("is no archive that can be read")
def an_archive_cut_short(folder):
    archive = zipped(folder, lambda z: None)
    archive.write_bytes(archive.read_bytes()[:-30])
    return archive


@pytest.fixture(scope="module")
def found(good, tmp_path_factory):
    """What became of each case: all are loaded by one program, each in a fork of its own."""
    base = tmp_path_factory.mktemp("strangers")
    lines = [f"good {kind}\t{good / kind}" for kind in ("simple", "hybrid")]
    for name, (spoil, kind, _) in CASES.items():
        shutil.copytree(good / kind, base / name)
        lines.append(f"{name}\t{spoil(base / name) or base / name}")
    program = Path(__file__).with_name("loading_strangers.py")
    ended = subprocess.run(
        [sys.executable, program], input="\n".join(lines), capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout), base


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_it_runs_and_it_is_refused_with_a_reason(found, name):
    results, base = found
    assert results[name]["status"] == 0, "ended by a limit"
    said = results[name]["said"]
    assert said.startswith(("UnsafeArtifact: ", "ContractMismatch: ")), said
    assert re.search(CASES[name][2], said), said
    assert not list(base.glob("*.sprung"))


def test_the_limits_let_good_models_in(found):
    assert {results["said"] for name, results in found[0].items() if name.startswith("good")} == {"loaded"}


def test_without_refusal_the_traps_would_spring(tmp_path):
    """The check above can fail: the libraries that strangers hope for do run what they sent."""
    (tmp_path / "model").mkdir()
    pickle.loads(trap(tmp_path / "model"))
    assert (tmp_path / "model.sprung").exists()


def test_a_hard_link_is_read_as_what_it_holds(simple, tmp_path):
    """It cannot be told from a file, and its digest says what it holds."""
    os.link(simple / FOREST, tmp_path / "other name")
    models.load(simple)


def test_our_own_tokenizer_is_let_in(changes):
    ours = tokens.fit_tokenizer(list(changes["text"]), 400)
    tokenizer_file.check(json.loads(ours.to_str()))


def test_packed_and_unpacked_it_is_the_same_model(simple, changes, tmp_path):
    models.pack(simple, tmp_path / "one.zip")
    models.pack(simple, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    folder = models.unpack(tmp_path / "one.zip", tmp_path / "unpacked")
    assert np.array_equal(models.load(folder).risk(changes), models.load(simple).risk(changes))
    with pytest.raises(UsageError, match="exists already"):
        models.unpack(tmp_path / "one.zip", folder)
    with pytest.raises(NotFound, match="expected a packed model"):
        models.unpack(tmp_path / "none.zip", tmp_path / "more")
    os.truncate(simple / FOREST, 100)
    with pytest.raises(UnsafeArtifact, match="changed after training"):
        models.pack(simple, tmp_path / "three.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.zip", "simple", "two.zip", "unpacked"]
