"""Spellings of models: where to look for one, in a form that can be typed.

    starter                                     the model that the extra `starter` installs
    hf:owner/repository[:file-or-quant][@revision]
    ollama:[host/][namespace/]name[:tag]
    lmstudio:publisher/repository[/file]
    https://host/path/file.gguf
    ./file.gguf, /models/file.gguf, ~/folder    a path
    anything else                               a name of the library

A reference is checked here, once, so that no part of it can lead out of the folder or the host that
it names. Rules of the parts: huggingface_hub's validate_repo_id, Ollama's types/model/name.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from hearth.errors import InvalidRequest
from hearth.models.labels import plain
from hearth.models.sources.packages import STARTER_NAME

MAX_CHARS = 2048

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}", re.ASCII)
_OLLAMA_HOST = r"(?:[A-Za-z0-9_][\w.:-]{0,349}/)?"
_OLLAMA_NAME = re.compile(
    rf"(?:{_OLLAMA_HOST}[A-Za-z0-9_][\w-]{{0,79}}/)?[A-Za-z0-9_][\w.-]{{0,79}}", re.ASCII
)
_OLLAMA_TAG = re.compile(r"[A-Za-z0-9_][\w.-]{0,79}", re.ASCII)
_PATH = re.compile(r"[/\\~]|\.{1,2}([/\\]|$)|[A-Za-z]:[/\\]")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ReferenceKind(StrEnum):
    """What a reference names."""

    STARTER = "starter"
    HUB = "hub"
    OLLAMA = "ollama"
    LM_STUDIO = "lm studio"
    URL = "url"
    PATH = "path"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A model as somebody spelled it.

    Args:
        text: The spelling.
        name: The repository of a hub or LM Studio model, an Ollama model without its tag, an
            address, a path, or a name of the library.
        file: A file of the repository, or a quantization ("Q4_K_M", loosely "Q4"); None: the best.
        revision: Branch, tag or commit of a hub model; None: its main branch.
        tag: Tag of an Ollama model; None elsewhere.
    """

    kind: ReferenceKind
    text: str
    name: str
    file: str | None = None
    revision: str | None = None
    tag: str | None = None

    @staticmethod
    def parse(text: str) -> Reference:
        """Read a spelling.

        Raises:
            InvalidRequest: It has a known beginning and a part that is not allowed.
        """
        if not text or len(text) > MAX_CHARS or not text.isprintable():
            raise _refused(text, f"1 to {MAX_CHARS:,} printable characters are allowed")
        if text == STARTER_NAME:
            return Reference(kind=ReferenceKind.STARTER, text=text, name=text)
        scheme, _, rest = text.partition(":")
        if scheme == "hf":
            return _hub(text, rest)
        if scheme == "ollama":
            return _ollama(text, rest)
        if scheme == "lmstudio":
            return _lm_studio(text, rest)
        if rest.startswith("//"):
            return _url(text)
        kind = ReferenceKind.PATH if _PATH.match(text) else ReferenceKind.LIBRARY
        return Reference(kind=kind, text=text, name=text)

    @property
    def is_remote(self) -> bool:
        """True when the model can be fetched from where it names."""
        return self.kind in (ReferenceKind.HUB, ReferenceKind.URL)

    def __str__(self) -> str:
        """Return the spelling."""
        return self.text


def _hub(text: str, rest: str) -> Reference:
    rest, _, revision = rest.partition("@")
    repository, _, file = rest.partition(":")
    if not _REPOSITORY.fullmatch(repository) or "--" in repository or ".." in repository:
        raise _refused(text, "the form is hf:owner/repository[:file-or-quantization][@revision]")
    if file:
        _check_file(text, file)
    if "@" in text and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise _refused(text, "a revision is a branch, a tag or a commit")
    return Reference(
        kind=ReferenceKind.HUB,
        text=text,
        name=repository,
        file=file or None,
        revision=revision or None,
    )


def _ollama(text: str, rest: str) -> Reference:
    front, slash, last = rest.rpartition("/")
    model, _, tag = last.partition(":")
    name = f"{front}{slash}{model}"
    if not _OLLAMA_NAME.fullmatch(name) or not _OLLAMA_TAG.fullmatch(tag or "latest"):
        raise _refused(text, "the form is ollama:name[:tag]")
    if ".." in rest:
        raise _refused(text, "two dots in a row are not allowed")
    return Reference(kind=ReferenceKind.OLLAMA, text=text, name=name, tag=tag or "latest")


def _lm_studio(text: str, rest: str) -> Reference:
    parts = rest.split("/", 2)
    repository = "/".join(parts[:2])
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise _refused(text, "the form is lmstudio:publisher/repository[/file]")
    if len(parts) > 2:
        _check_file(text, parts[2])
    file = parts[2] if len(parts) > 2 else None
    return Reference(kind=ReferenceKind.LM_STUDIO, text=text, name=repository, file=file)


def _url(text: str) -> Reference:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or "\\" in text or parts.username or parts.password:
        raise _refused(text, "an address has the form https://host/path, without a user in it")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise _refused(text, "only https:// is allowed, and http:// to this machine itself")
    return Reference(kind=ReferenceKind.URL, text=text, name=text)


def _check_file(text: str, file: str) -> None:
    """Refuse a file that would not stay inside its repository's folder."""
    if "\\" in file or ":" in file or any(part in ("", ".", "..") for part in file.split("/")):
        raise _refused(text, "a file is a path inside its repository")


def _refused(text: str, allowed: str) -> InvalidRequest:
    return InvalidRequest(
        f"{plain(text)!r} does not name a model: {allowed}.",
        param="model",
        hint="For example starter, hf:Qwen/Qwen3-0.6B-GGUF:Q8_0, ollama:llama3.2:1b, ./file.gguf; "
        "`hearth models list` shows what is here.",
    )
