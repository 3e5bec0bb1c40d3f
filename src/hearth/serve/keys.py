"""Keys: who is asked for one, what counts as one, and why none may be short."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers

from hearth.config import Config
from hearth.errors import NotAuthorized, SetupError

MIN_KEY_BYTES = 16
COOKIE = "hearth_session"
OPEN_PATHS = ("/health",)


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
    given = f"the key has {len(key.encode())} bytes" if key else "no key is set"
    raise SetupError(
        f"The host {config.host!r} lets other machines reach this server, and {given}; "
        f"a key of at least {MIN_KEY_BYTES} bytes is needed.",
        hint=f"export HEARTH_API_KEY={secrets.token_urlsafe(24)}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a caller has proven.

    Args:
        trusted: The caller is a program of this user, and may name files.
        keyed: The caller holds the API key.
        new_session: Cookie to give to a browser that has just sent the key.
    """

    trusted: bool = False
    keyed: bool = False
    new_session: str | None = None


class Keys:
    """The keys of one server.

    Programs send `Authorization: Bearer KEY`. A browser asks its user for the key as a password
    (Basic) and gets a session cookie, since not every browser sends a password with a websocket.
    A key in an address is never looked at: addresses end up in histories and logs.

    Args:
        config: Has the key, if one is asked for.
        local_token: Key of this user's own programs, new at each start.
    """

    def __init__(self, config: Config, local_token: str | None) -> None:
        self._key = config.api_key.get_secret_value() if config.api_key else None
        self._local_token = local_token
        self._session = secrets.token_urlsafe(32)

    def admit(self, headers: Headers, path: str) -> Admission:
        """Judge a request by its headers.

        Raises:
            NotAuthorized: A key is asked for, and no right one came.
        """
        scheme, _, given = headers.get("authorization", "").partition(" ")
        scheme, given = scheme.lower(), given.strip()
        if scheme == "bearer" and _same(given, self._local_token):
            return Admission(trusted=True)
        if self._key is None or path in OPEN_PATHS:
            return Admission()
        if scheme == "bearer" and _same(given, self._key):
            return Admission(keyed=True)
        if scheme == "basic" and _same(_password(given), self._key):
            return Admission(keyed=True, new_session=self._session)
        if _same(_session_of(headers), self._session):
            return Admission(keyed=True)
        raise NotAuthorized(
            f"This server asks for a key, and {'a wrong one' if given else 'none'} was sent.",
            hint="Send it as `Authorization: Bearer KEY`.",
        )


def _same(given: str | None, expected: str | None) -> bool:
    """Compare in constant time; nothing equals a key that is not set."""
    if not given or not expected:
        return False
    return hmac.compare_digest(given.encode(), expected.encode())


def _password(given: str) -> str | None:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return None


def _session_of(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None
