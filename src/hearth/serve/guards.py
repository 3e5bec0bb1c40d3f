"""Who may speak to this server: one ASGI wrapper around everything that it serves.

A program on loopback is not private: every web page that the user visits can send requests to it,
directly (cross-site requests) or by pointing its own name at 127.0.0.1 (DNS rebinding). So each
request, websocket and mounted page passes the same checks before its body is read: a known Host,
no foreign Origin, the key where one is set. Being around the whole app, not on a list of paths, it
cannot forget a route.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearth.config import Config
from hearth.errors import HearthError, NotAllowed, NotAuthorized, SetupError
from hearth.serve.bodies import bounded_receive
from hearth.serve.replies import error_response
from hearth.serve.strict_json import printable

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
MIN_KEY_BYTES = 16
COOKIE = "hearth_session"
OPEN_PATHS = ("/health",)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# NiceGUI compiles its templates in the page, hence 'unsafe-eval'; nothing comes from elsewhere.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind to can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_exposure(config: Config) -> None:
    """Refuse to serve other machines without a key that cannot be guessed.

    Raises:
        SetupError: The host is not loopback, and the key is missing or too short.
    """
    key = config.api_key.get_secret_value() if config.api_key else ""
    if is_loopback(config.host) or len(key.encode()) >= MIN_KEY_BYTES:
        return
    given = f"a key of {len(key.encode())} bytes" if key else "no key"
    raise SetupError(
        f"The host {config.host!r} lets other machines reach this server, and there is {given}; "
        f"at least {MIN_KEY_BYTES} bytes are needed.",
        hint=f"export HEARTH_API_KEY={secrets.token_urlsafe(24)}",
    )


class Guard:
    """Check every request and websocket of an app, and put the security headers on its answers.

    Args:
        app: The app to guard.
        config: Host, allowed host names and key.
        local_token: Second key, known to this user's own programs; it marks a caller as trusted
            with file paths (`scope["state"]["trusted"]`).
    """

    def __init__(self, app: ASGIApp, config: Config, local_token: str | None = None) -> None:
        self._app = app
        self._hosts = _allowed_hosts(config)
        self._key = config.api_key.get_secret_value() if config.api_key else None
        self._local_token = local_token
        self._session = secrets.token_urlsafe(32)  # a browser's proof, valid until the next start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with the reason why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        extra = dict(SECURITY_HEADERS)
        guarded_send = _with_headers(send, extra)
        try:
            self._check_host(headers)
            self._check_origin(headers, scope)
            self._check_key(headers, scope, extra)
            if scope["type"] == "http":
                receive = bounded_receive(receive, headers)
        except HearthError as error:
            await _refuse(error, headers, scope, receive, guarded_send)
            return
        await self._app(scope, receive, guarded_send)

    def _check_host(self, headers: Headers) -> None:
        given = headers.getlist("host")
        if len(given) == 1 and _host_name(given[0]) in self._hosts:
            return
        raise NotAllowed(
            f"This server does not answer to the host name {printable(', '.join(given))!r}.",
            hint="Add it to HEARTH_ALLOWED_HOSTS if it is yours.",
        )

    def _check_origin(self, headers: Headers, scope: Scope) -> None:
        origins = headers.getlist("origin")
        if not origins and scope["type"] == "http" and _is_same_site(headers, scope["method"]):
            return
        own = headers["host"].lower()
        if len(origins) == 1 and origins[0].lower() in (f"http://{own}", f"https://{own}"):
            return
        raise NotAllowed("Requests from pages of another site are not answered.")

    def _check_key(self, headers: Headers, scope: Scope, extra: dict[str, str]) -> None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        scheme, given = scheme.lower(), given.strip()
        if scheme == "bearer" and _same(given, self._local_token):
            scope.setdefault("state", {})["trusted"] = True
            return
        if self._key is None or scope["path"] in OPEN_PATHS:
            return
        if scheme == "bearer" and _same(given, self._key):
            return
        if scheme == "basic" and _same(_basic_password(given), self._key):
            extra["set-cookie"] = f"{COOKIE}={self._session}; Path=/; HttpOnly; SameSite=Strict"
            return
        if _same(_read_cookie(headers), self._session):
            return
        raise NotAuthorized(
            "This server asks for a key, and "
            + ("a wrong one was sent." if given else "none was sent."),
            hint="Send it as `Authorization: Bearer KEY`.",
        )


def _allowed_hosts(config: Config) -> frozenset[str]:
    bound = () if config.host in ("0.0.0.0", "::") else (config.host,)
    names: Iterable[str] = (*LOOPBACK_NAMES, *bound, *config.allowed_hosts)
    return frozenset(name.lower().strip("[]") for name in names)


def _host_name(host: str) -> str | None:
    """Return the name in a Host header; None where it is not one."""
    if host.startswith("["):
        name, _, port = host[1:].partition("]")
        port = port.removeprefix(":") if port.startswith(":") else port and "invalid"
    else:
        name, colon, port = host.partition(":")
        port = port if port or not colon else "invalid"
    return name.lower() if not port or port.isdecimal() else None


def _is_same_site(headers: Headers, method: str) -> bool:
    """Judge a request without Origin: browsers tell by Sec-Fetch-Site, programs send neither."""
    return method in SAFE_METHODS or headers.get("sec-fetch-site", "none") in (
        "none",
        "same-origin",
    )


def _same(given: str | None, expected: str | None) -> bool:
    if not given or not expected:
        return False
    return hmac.compare_digest(given.encode(), expected.encode())


def _basic_password(given: str) -> str | None:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _read_cookie(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _with_headers(send: Send, extra: dict[str, str]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in extra.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


async def _refuse(
    error: HearthError, headers: Headers, scope: Scope, receive: Receive, send: Send
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:100]})
        return
    response = error_response(error, scope["path"])
    if isinstance(error, NotAuthorized):
        browser = "text/html" in headers.get("accept", "")
        response.headers["www-authenticate"] = 'Basic realm="Hearth"' if browser else "Bearer"
    await response(scope, receive, send)
