"""The error tree. Every error says what was given, what is allowed, and what to type next.

    HearthError                     code              exit  http
     ├── InvalidRequest             invalid_request      2   400
     │    ├── UnsupportedField      unsupported_field    2   400
     │    └── ContextExceeded       context_length_exceeded 1 400
     ├── NotAuthorized              not_authorized       1   401
     ├── NotAllowed                 not_allowed          1   403
     ├── ModelNotFound              model_not_found      1   404
     ├── NotFound                   not_found            1   404
     ├── BadModelFile               bad_model_file       1   422
     │    ├── AdapterIncompatible   adapter_incompatible 1   422
     │    └── ModelOutputsNan       model_outputs_nan    1   422
     ├── ModelTooLarge              model_too_large      1   507
     ├── ModelInUse                 model_in_use         1   409
     ├── DiskFull                   disk_full            1   507
     ├── SourceError                source_error         1   502
     │    ├── AccessDenied          access_denied        1   403
     │    ├── AddressRefused        address_refused      1   403
     │    ├── Offline               offline              1   503
     │    └── ChecksumMismatch      checksum_mismatch    1   502
     ├── TemplateError              template_error       1   400
     │    ├── TemplateUnsafe        template_unsafe      1   422
     │    └── TemplateTimeout       template_timeout     1   422
     ├── EngineError                engine_error         1   500
     │    ├── EngineMissing         engine_missing       1   503
     │    ├── LoadFailed            load_failed          1   503
     │    ├── EngineCrashed         engine_crashed       1   503
     │    │    └── ModelFileChanged model_file_changed   1   503
     │    └── EngineTimeout         engine_timeout       1   503
     ├── QueueFull                  queue_full           1   503
     ├── RequestAborted             aborted              1   499
     ├── StoreError                 store_error          1   507
     ├── SetupError                 setup_error          1   500
     └── ServerError                server_error         1   502

`code` is stable and may be matched by programs; the sentence may change. Exit status 2 means that
the call was wrong, 1 that it failed. `retry_after_s` is set where trying again later helps.
"""

from __future__ import annotations

from typing import Any, ClassVar


class HearthError(Exception):
    """Base of all errors that Hearth raises on purpose.

    Args:
        message: What was given and what is allowed, in one or two plain sentences.
        hint: The next command to type or thing to do, if there is one.
        param: The field of a request that is at fault, if one is.
        http_status: Overrides the class's status where one case needs another.
        details: Figures behind the message, as plain data for programs.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    default_http_status: ClassVar[int] = 500
    retry_after_s: ClassVar[int | None] = None

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        param: str | None = None,
        http_status: int | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.param = param
        self.http_status = http_status or self.default_http_status
        self.details = details

    def as_data(self) -> dict[str, Any]:
        """Return the error as plain data, to cross a process border or an HTTP answer."""
        data = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "param": self.param,
            "http_status": self.http_status,
        }
        return data if self.details is None else data | {"details": self.details}

    @staticmethod
    def from_data(data: dict[str, Any]) -> HearthError:
        """Rebuild an error from `as_data`; an unknown code becomes an EngineError."""
        cls = _by_code().get(data.get("code", ""), EngineError)
        return cls(
            data.get("message") or "unknown error",
            hint=data.get("hint"),
            param=data.get("param"),
            http_status=data.get("http_status"),
            details=data.get("details"),
        )


class InvalidRequest(HearthError):
    """The request itself is wrong; sending it again unchanged cannot work."""

    code = "invalid_request"
    exit_code = 2
    default_http_status = 400


class UnsupportedField(InvalidRequest):
    """A field is unknown or not supported here; it is refused rather than ignored."""

    code = "unsupported_field"


class ContextExceeded(InvalidRequest):
    """The prompt does not fit into the context and no policy allows it to be cut."""

    code = "context_length_exceeded"
    exit_code = 1


class NotAuthorized(HearthError):
    """The server asks for a key, and none or a wrong one was sent."""

    code = "not_authorized"
    default_http_status = 401


class NotAllowed(HearthError):
    """The server refuses to speak to this caller: a foreign host name or web page."""

    code = "not_allowed"
    default_http_status = 403


class ModelNotFound(HearthError):
    """No model has this name or path."""

    code = "model_not_found"
    default_http_status = 404


class NotFound(HearthError):
    """A conversation, message or other object does not exist."""

    code = "not_found"
    default_http_status = 404


class BadModelFile(HearthError):
    """A file is not a model, is damaged, or claims something impossible."""

    code = "bad_model_file"
    default_http_status = 422


class AdapterIncompatible(BadModelFile):
    """An adapter was made for another model than the one it is put to."""

    code = "adapter_incompatible"


class ModelOutputsNan(BadModelFile):
    """A model computes numbers that are none: its weights are damaged."""

    code = "model_outputs_nan"


class ModelTooLarge(HearthError):
    """The model needs more memory than the machine can give."""

    code = "model_too_large"
    default_http_status = 507


class DiskFull(HearthError):
    """The disk has no room for what is to be written; what came before is kept."""

    code = "disk_full"
    default_http_status = 507


class SourceError(HearthError):
    """A place that models come from failed, or answered with something that cannot be used."""

    code = "source_error"
    default_http_status = 502


class AccessDenied(SourceError):
    """The place asks for a login, or for terms to be accepted first."""

    code = "access_denied"
    default_http_status = 403


class AddressRefused(SourceError):
    """An address is one that nothing is fetched from: not https, or inside this network."""

    code = "address_refused"
    default_http_status = 403


class Offline(SourceError):
    """The network may not be used (`HF_HUB_OFFLINE`), or there is none."""

    code = "offline"
    default_http_status = 503


class ChecksumMismatch(SourceError):
    """What arrived, twice, is not what the place says it holds; it was put aside."""

    code = "checksum_mismatch"
    default_http_status = 502


class ModelInUse(HearthError):
    """The model's files cannot be taken away while a program has them loaded."""

    code = "model_in_use"
    default_http_status = 409


class TemplateError(HearthError):
    """The model's chat template refused or failed on this conversation."""

    code = "template_error"
    default_http_status = 400


class TemplateUnsafe(TemplateError):
    """The model's chat template reaches for something that templates must not reach."""

    code = "template_unsafe"
    default_http_status = 422


class TemplateTimeout(TemplateError):
    """The model's chat template ran over its time, memory or output limit."""

    code = "template_timeout"
    default_http_status = 422


class EngineError(HearthError):
    """The engine failed in a way that has no better name."""

    code = "engine_error"


class EngineMissing(EngineError):
    """The native engine is not installed, or cannot be loaded here."""

    code = "engine_missing"
    default_http_status = 503


class LoadFailed(EngineError):
    """A model could not be loaded."""

    code = "load_failed"
    default_http_status = 503


class EngineCrashed(EngineError):
    """The worker process died; this request is lost, the next one gets a fresh worker."""

    code = "engine_crashed"
    default_http_status = 503
    retry_after_s = 1


class ModelFileChanged(EngineCrashed):
    """A model's file was cut or replaced while it was in use, so that its worker died."""

    code = "model_file_changed"


class EngineTimeout(EngineError):
    """The worker process did not answer within its deadline."""

    code = "engine_timeout"
    default_http_status = 503
    retry_after_s = 1


class QueueFull(HearthError):
    """As many requests wait as are allowed to."""

    code = "queue_full"
    default_http_status = 503
    retry_after_s = 2


class RequestAborted(HearthError):
    """The request was given up before it ended."""

    code = "aborted"
    default_http_status = 499


class StoreError(HearthError):
    """Data could not be written or read: a full disk, a missing permission, a newer schema."""

    code = "store_error"
    default_http_status = 507


class SetupError(HearthError):
    """Something on this machine must be put right first: a port, a lock, a permission."""

    code = "setup_error"


class ControlFailed(HearthError):
    """An evaluator failed its own test, so that it prints no score."""

    code = "control_failed"
    default_http_status = 422


class ServerError(HearthError):
    """A running Hearth server could not be reached or answered with something unexpected."""

    code = "server_error"
    default_http_status = 502


def _by_code() -> dict[str, type[HearthError]]:
    found: dict[str, type[HearthError]] = {}
    waiting: list[type[HearthError]] = [HearthError]
    while waiting:
        cls = waiting.pop()
        found[cls.code] = cls
        waiting += cls.__subclasses__()
    return found
