"""What people type for a model, and what they may not."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.models.sources import Reference, ReferenceKind

KINDS = ReferenceKind


@pytest.mark.parametrize(
    ("text", "kind", "name", "file", "revision", "tag"),
    [
        ("starter", KINDS.STARTER, "starter", None, None, None),
        ("hf:a/b", KINDS.HUB, "a/b", None, None, None),
        ("hf:a/b:Q4", KINDS.HUB, "a/b", "Q4", None, None),
        ("hf:a/b:x/y-Q4_0.gguf@v1.0", KINDS.HUB, "a/b", "x/y-Q4_0.gguf", "v1.0", None),
        ("hf:a/b@refs/pr/1", KINDS.HUB, "a/b", None, "refs/pr/1", None),
        ("hf:Qwen/Qwen3-0.6B_x.y", KINDS.HUB, "Qwen/Qwen3-0.6B_x.y", None, None, None),
        ("ollama:llama3.2", KINDS.OLLAMA, "llama3.2", None, None, "latest"),
        ("ollama:llama3.2:1b", KINDS.OLLAMA, "llama3.2", None, None, "1b"),
        ("ollama:me/mine:v2", KINDS.OLLAMA, "me/mine", None, None, "v2"),
        ("ollama:hf.co/a/b:Q4_0", KINDS.OLLAMA, "hf.co/a/b", None, None, "Q4_0"),
        ("ollama:host:5000/a/b:t", KINDS.OLLAMA, "host:5000/a/b", None, None, "t"),
        ("lmstudio:a/b", KINDS.LM_STUDIO, "a/b", None, None, None),
        ("lmstudio:a/b/c.gguf", KINDS.LM_STUDIO, "a/b", "c.gguf", None, None),
        ("https://h.example/x.gguf", KINDS.URL, "https://h.example/x.gguf", None, None, None),
        ("http://127.0.0.1:8/x.gguf", KINDS.URL, "http://127.0.0.1:8/x.gguf", None, None, None),
        ("./a.gguf", KINDS.PATH, "./a.gguf", None, None, None),
        ("../a", KINDS.PATH, "../a", None, None, None),
        ("/m/a.gguf", KINDS.PATH, "/m/a.gguf", None, None, None),
        ("~/a.gguf", KINDS.PATH, "~/a.gguf", None, None, None),
        ("C:\\m\\a.gguf", KINDS.PATH, "C:\\m\\a.gguf", None, None, None),
        ("org/Big Model.Q4_0", KINDS.LIBRARY, "org/Big Model.Q4_0", None, None, None),
        ("llama3.2:1b", KINDS.LIBRARY, "llama3.2:1b", None, None, None),
        ("a.gguf", KINDS.LIBRARY, "a.gguf", None, None, None),
    ],
)
def test_spellings(
    text: str,
    kind: ReferenceKind,
    name: str,
    file: str | None,
    revision: str | None,
    tag: str | None,
) -> None:
    found = Reference.parse(text)
    assert (found.kind, found.name, found.file) == (kind, name, file)
    assert (found.revision, found.tag, str(found)) == (revision, tag, text)
    assert found.is_remote == (kind in (KINDS.HUB, KINDS.URL))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\nb",
        "a\0b",
        "x" * 3000,
        "hf:",
        "hf:alone",
        "hf:a/b/c",
        "hf:../b",
        "hf:a/..",
        "hf:a--b/c",
        "hf:a/b@",
        "hf:a/b@../../x",
        "hf:a/b@/etc",
        "hf:a/b:../../etc/passwd",
        "hf:a/b:/etc/passwd",
        "hf:a/b:x\\..\\y",
        "hf:a/b:x//y",
        "hf:a/b:./y",
        "hf:ä/b",
        "ollama:",
        "ollama:../x",
        "ollama:a/../b",
        "ollama:a:b:c",
        "ollama:a/b/c/d",
        "ollama:a:../x",
        "lmstudio:a",
        "lmstudio:../b",
        "lmstudio:a/b/../c",
        "http://example.org/x.gguf",
        "http://169.254.169.254/x",
        "https://",
        "https://user:secret@h/x",
        "https://h\\@evil/x",
        "https://[::1/x",
        "ftp://h/x",
        "file:///etc/passwd",
    ],
)
def test_what_leads_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Reference.parse(text)
    assert caught.value.hint
    assert caught.value.param == "model"
    assert len(caught.value.message) < 400
    assert caught.value.message.isprintable()
