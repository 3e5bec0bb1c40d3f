"""R-01: a digest from a manifest never becomes a path out of the blob folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.errors import BadModelFile
from hearth.models.sources.blobs import blob_path
from hearth.models.sources.ollama import find_in_ollama
from support.stores import MODEL_LAYER, layer, put_in_ollama, write_manifest

GOOD = "ab" * 32

TRAVERSALS = [
    "",
    ".",
    "..",
    "/",
    "//",
    "~",
    "../",
    "../..",
    "../../../../etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "..\\..\\windows\\win.ini",
    "C:\\windows\\win.ini",
    "C:/windows/win.ini",
    "\\\\host\\share\\x",
    "%2e%2e%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%2fetc%2fpasswd",
    "..%252fetc",
    "..%c0%af..%c0%afetc",
    "....//....//etc/passwd",
    "..;/etc/passwd",
    "./../etc/passwd",
    "sha256-../../etc/passwd",
    "sha256:" + GOOD,
    "sha256-" + GOOD,
    "sha256:../../../etc/passwd",
    "sha512:" + GOOD,
    GOOD + "/../../etc/passwd",
    GOOD + "/..",
    GOOD + "/",
    "/" + GOOD,
    "../" + GOOD,
    "./" + GOOD,
    GOOD + "\n",
    "\n" + GOOD,
    GOOD + "\0",
    GOOD + "\0.gguf",
    GOOD[:32] + "\0" + GOOD[33:],
    GOOD + " ",
    " " + GOOD,
    GOOD + ".gguf",
    GOOD[:-1],
    GOOD + "a",
    GOOD.upper(),
    "g" * 64,
    "." * 64,
    "/" * 64,
    "../" * 21 + "a",
    ("../" * 22)[:64],
    "\u2024" * 2 + "/etc/passwd",  # one-dot leaders
    "\uff0e\uff0e\uff0fetc",  # full-width dots and slash
    "\u0430\u0431" * 32,  # Cyrillic letters that look like hexadecimal
    "\u0661" * 64,  # Arabic digits are digits to str.isdigit
    "\u202e" + GOOD[1:],
    "CON",
    "aux",
    "nul:" + GOOD,
    "$(reboot)",
    "`id`",
    "${HOME}/x",
    "*" * 64,
    "?" * 64,
    "a" * 100_000,
]


def test_the_corpus_is_large_enough() -> None:
    assert len(set(TRAVERSALS)) >= 50


@pytest.mark.parametrize("digest", TRAVERSALS, ids=lambda text: ascii(text[:40]))
def test_r01_only_a_digest_becomes_a_path(tmp_path: Path, digest: str) -> None:
    with pytest.raises(BadModelFile):
        blob_path(tmp_path, digest, prefix="sha256-")


@pytest.mark.parametrize("digest", [None, 7, b"ab" * 32, [GOOD], {"digest": GOOD}, True])
def test_r01_what_is_no_text_is_no_digest(tmp_path: Path, digest: object) -> None:
    with pytest.raises(BadModelFile):
        blob_path(tmp_path, digest)


def test_a_digest_names_a_file_in_the_folder(tmp_path: Path) -> None:
    assert blob_path(tmp_path, GOOD, prefix="sha256-") == tmp_path / f"sha256-{GOOD}"


def test_r01_a_blob_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    (blobs / GOOD).symlink_to("../secret")
    with pytest.raises(BadModelFile, match="leads out"):
        blob_path(blobs, GOOD)


@pytest.mark.parametrize("digest", TRAVERSALS, ids=lambda text: ascii(text[:40]))
def test_r01_d7_a_manifest_that_lies_hides_only_itself(tmp_path: Path, digest: str) -> None:
    put_in_ollama(tmp_path, b"GGUF good")
    evil = {"schemaVersion": 2, "layers": [layer(MODEL_LAYER, f"sha256:{digest}", 9)]}
    write_manifest(tmp_path / "manifests/registry.ollama.ai/library/evil/latest", evil)
    write_manifest(
        tmp_path / "manifests/registry.ollama.ai/library/listed/latest",
        {"manifests": [{"digest": f"sha256:{digest}", "runner": "llamacpp"}]},
    )
    assert [each.name for each in find_in_ollama(tmp_path)] == ["pico:latest"]
