"""Who may speak to this server: one ASGI wrapper around everything that it serves.

A program on loopback is not private: every web page that the user visits can send requests to it,
directly (cross-site requests) or by pointing its own name at 127.0.0.1 (DNS rebinding). So each
request, websocket and mounted page passes the same checks before its body is read: a known Host,
no foreign Origin, the key where one is set. Being around the whole app, not on a list of paths, it
cannot forget a route. Headers that a proxy would add (`X-Forwarded-*`) count for nothing.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearth.config import Config
from hearth.errors import HearthError, NotAllowed, NotAuthorized
from hearth.serve.bodies import bounded_receive
from hearth.serve.keys import COOKIE, Keys
from hearth.serve.replies import error_response
from hearth.serve.strict_json import printable

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
WILDCARD_HOSTS = ("0.0.0.0", "::")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# Pages load nothing from elsewhere; NiceGUI compiles its templates in the page, hence the 'unsafe'
# ones. All other answers are data and may do nothing at all.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Check every request and websocket of an app, and put the security headers on its answers.

    Args:
        app: The app to guard.
        config: Host, allowed host names and key.
        local_token: Key of this user's own programs; it marks a caller as trusted with file paths
            (`scope["state"]["trusted"]`); `keyed` there is a holder of the API key.
        body_timeout_s: See `hearth.serve.limits.Patience`.
    """

    def __init__(
        self, app: ASGIApp, config: Config, local_token: str | None, body_timeout_s: float
    ) -> None:
        self._app = app
        self._body_timeout_s = body_timeout_s
        self._hosts = _allowed_hosts(config)
        self._keys = Keys(config, local_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with the reason why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            _check_origin(headers, scope)
            admission = self._keys.admit(headers, scope["path"])
            if scope["type"] == "http":
                receive = bounded_receive(receive, headers, self._body_timeout_s)
        except HearthError as error:
            await _refuse(error, headers, scope, receive, _with_headers(send))
            return
        state = scope.setdefault("state", {})
        state["trusted"], state["keyed"] = admission.trusted, admission.keyed
        await self._app(scope, receive, _with_headers(send, admission.new_session))

    def _check_host(self, headers: Headers) -> None:
        given = headers.getlist("host")
        if len(given) != 1 or _host_name(given[0]) not in self._hosts:
            raise NotAllowed(
                f"This server does not answer to the host name {printable(', '.join(given))!r}.",
                hint="Add it to HEARTH_ALLOWED_HOSTS if it is yours.",
            )


def _allowed_hosts(config: Config) -> frozenset[str]:
    bound = () if config.host in WILDCARD_HOSTS else (config.host,)
    return frozenset(name.lower() for name in (*LOOPBACK_NAMES, *bound, *config.allowed_hosts))


def _host_name(host: str) -> str | None:
    """Return the name in a Host header, without its port; None where it is malformed."""
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        if not bracket:
            return None
    else:
        name, colon, port = host.partition(":")
        rest = colon + port
    well_formed = not rest or (rest[0] == ":" and rest[1:].isdecimal())
    return name.lower() if well_formed else None


def _check_origin(headers: Headers, scope: Scope) -> None:
    """Refuse what another site's page sends; only a browser names an origin, and always does."""
    origins = headers.getlist("origin")
    if not origins and scope["type"] == "http":
        site = headers.get("sec-fetch-site", "none")
        if scope["method"] in SAFE_METHODS or site in ("none", "same-origin"):
            return
    own = headers["host"].lower()
    if len(origins) != 1 or origins[0].lower() not in (f"http://{own}", f"https://{own}"):
        raise NotAllowed("Requests from pages of another site are not answered.")


def _with_headers(send: Send, session: str | None = None) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            is_page = headers.get("content-type", "").startswith("text/html")
            headers.setdefault("content-security-policy", PAGE_POLICY if is_page else DATA_POLICY)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if session:
                cookie = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict"
                headers.append("set-cookie", cookie)
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
