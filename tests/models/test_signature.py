"""Who made a model: signed where it is trained, refused where keys are trusted and none of them signed."""

import json
import logging

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from test_artifact import edit_manifest

from faultcast import models, settings
from faultcast.adapters.registry import Registry, folder_digest
from faultcast.errors import UnsafeArtifact, UsageError
from faultcast.models import artifact, signature

OURS, THEIRS = b"\x01" * 32, b"\x02" * 32
TRUSTED = (signature.public_key(OURS),)


def test_a_signed_model_is_let_in_and_signing_twice_changes_nothing(simple):
    artifact.sign(simple, OURS)
    once = folder_digest(simple)
    artifact.sign(simple, OURS)
    assert folder_digest(simple) == once
    assert models.load(simple, TRUSTED).name == models.load(simple).name
    models.pack(simple, simple.parent / "signed.zip")
    assert models.load(models.unpack(simple.parent / "signed.zip", simple.parent / "again", TRUSTED), TRUSTED)


def test_unsigned_or_signed_by_others_or_changed_it_is_refused(simple):
    with pytest.raises(UnsafeArtifact, match="is not signed"):
        models.load(simple, TRUSTED)
    artifact.sign(simple, THEIRS)
    with pytest.raises(UnsafeArtifact, match="none of the 1 that are trusted"):
        models.load(simple, TRUSTED)
    forged = json.loads((simple / "manifest.sig").read_text()) | {"key": TRUSTED[0].hex()}
    (simple / "manifest.sig").write_text(json.dumps(forged))
    with pytest.raises(UnsafeArtifact, match="does not belong to this manifest"):
        models.load(simple, TRUSTED)
    artifact.sign(simple, OURS)
    edit_manifest(simple, lambda m: m.update(name="another"))
    with pytest.raises(UnsafeArtifact, match="changed after signing"):
        models.load(simple, TRUSTED)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"algorithm": "none"}', '{"algorithm": "Ed25519", "key": "x"}', " " * 2000]
)
def test_what_is_no_signature_is_refused(simple, content):
    (simple / "manifest.sig").write_text(content)
    with pytest.raises(UnsafeArtifact, match=r"manifest\.sig|not signed"):
        models.load(simple, TRUSTED)


def test_a_key_is_read_from_pem_or_digits_and_never_told(tmp_path):
    key = Ed25519PrivateKey.from_private_bytes(OURS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (pem, OURS.hex().encode(), OURS.hex().encode() + b"\n"):
        (tmp_path / "key").write_bytes(content)
        assert signature.private_key(tmp_path / "key") == OURS
    (tmp_path / "key").write_text(OURS.hex()[:-1])
    with pytest.raises(UsageError, match="found no Ed25519 private key") as caught:
        signature.private_key(tmp_path / "key")
    assert OURS.hex()[:16] not in str(caught.value)
    with pytest.raises(UsageError, match="No such file"):
        signature.private_key(tmp_path / "none")
    with pytest.raises(UsageError, match="expected 64 hexadecimal digits"):
        signature.public_keys("abc")
    assert signature.public_keys(f"{TRUSTED[0].hex()}, {TRUSTED[0].hex()}") == TRUSTED * 2


def test_the_registry_signs_what_it_takes_and_serves_only_what_is_trusted(simple, tmp_path, monkeypatch, caplog):
    (tmp_path / "key").write_text(OURS.hex())
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    unsigned = Registry.of(settings.load())
    unsigned.register("faultcast-signed", simple, {}, "champion", verdict="PASS")
    monkeypatch.setenv("FAULTCAST_TRUSTED_KEYS", TRUSTED[0].hex())
    with pytest.raises(UnsafeArtifact, match="is not signed"):
        Registry.of(settings.load()).champion("faultcast-signed")
    monkeypatch.setenv("FAULTCAST_SIGNING_KEY_FILE", str(tmp_path / "key"))
    with caplog.at_level(logging.DEBUG):
        registry = Registry.of(settings.load())
        version = registry.register("faultcast-signed", simple, {}, "champion", verdict="PASS")
    champion = registry.champion("faultcast-signed")
    assert champion.version == version == "2"
    assert models.load(champion.folder, TRUSTED)
    with pytest.raises(UnsafeArtifact, match="is not signed"):
        registry.rollback("faultcast-signed")  # to a model that nobody signed
    assert registry.champion("faultcast-signed").version == "2"
    assert OURS.hex() not in caplog.text
