"""Which addresses models are fetched from, checked at every hop.

Whoever answers for a model may send its reader elsewhere, and a reader inside a home network can
reach what the answerer cannot: a router, a printer, a program on this machine. So only https to
public addresses is followed, the hub's client only to hub hosts, each redirect is judged like the
first address, and a name is looked up once: the connection goes to the very address that was
judged, so that a second look-up cannot answer differently.

What a person types is trusted further, by its host alone: a mirror in one's own network, and plain
http where the host is this machine.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx

from hearth.errors import AddressRefused, SourceError
from hearth.models.labels import plain

MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S = 10.0

_HUB_DOMAINS = ("huggingface.co", "hf.co")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What may be reached on behalf of one address that a person typed.

    Args:
        host: Host of that address, in lower case; empty to trust none.
        domains: Domains that redirects must stay in, besides `host`; None: any public one.
    """

    host: str
    domains: tuple[str, ...] | None = None

    @classmethod
    def of_url(cls, url: str, *, is_trusted: bool = True) -> Reach:
        """Return what may be reached on behalf of an address.

        Args:
            url: The address.
            is_trusted: False when it came over the network, and not from a person at this machine:
                then not even its own host may lie inside this network.
        """
        return cls(host=_host(_split(url)) if is_trusted else "")

    @classmethod
    def of_hub(cls, endpoint: str) -> Reach:
        """Return what may be reached on behalf of the hub.

        The public hub stays among its own hosts; a hub of one's own may keep its files anywhere.
        """
        host = _host(_split(endpoint))
        public = any(_is_in(host, domain) for domain in _HUB_DOMAINS)
        return cls(host=host, domains=_HUB_DOMAINS if public else None)

    def check(self, url: str) -> None:
        """Judge an address by how it is written.

        Raises:
            AddressRefused: It is not https, carries a password, or leaves the allowed domains.
        """
        parts = _split(url)
        host = _host(parts)
        if parts.scheme != "https" and not (self._is_local() and _is_loopback_name(host)):
            raise _refused(url, "only https is fetched from, besides this machine itself")
        if parts.username is not None or parts.password is not None:
            raise _refused(url, "it carries a user name or password")
        if self.domains is None or host == self.host:
            return
        if not any(_is_in(host, domain) for domain in self.domains):
            raise _refused(url, f"it is outside of {', '.join(self.domains)}")

    def addresses_of(self, host: str, port: int) -> list[str]:
        """Look a host up and return the IP addresses that may be connected to, the best first.

        Raises:
            AddressRefused: One of its addresses lies inside this network or on this machine.
            SourceError: The name is not known.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise SourceError(
                f"The host {plain(host)!r} is not found: {error}.",
                hint="Check the spelling, and that this machine has a network.",
            ) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host.lower() != self.host:
            local = self._is_local()
            for address in addresses:
                if not _may_follow(address, local=local):
                    raise _refused(host, f"it leads to {address}, inside this network")
        return addresses

    def _is_local(self) -> bool:
        return _is_loopback_name(self.host)


class PinnedTransport(httpx.BaseTransport):
    """Connects to the very addresses that `reach` has judged.

    Args:
        reach: Judges each request, redirects among them.
        max_connections: Most connections at once.
    """

    def __init__(self, reach: Reach, max_connections: int) -> None:
        self._reach = reach
        self._limits = httpx.Limits(max_connections=max_connections)
        self._lock = threading.Lock()
        # One for each host: a connection that proved to be one host must not serve another that
        # happens to live at the same address.
        self._transports: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to its host's judged address."""
        url = request.url
        self._reach.check(str(url))
        *others, last = self._reach.addresses_of(url.host, url.port or _PORTS[url.scheme])
        transport = self._transport(url.host)
        for address in others:
            try:
                return transport.handle_request(_to_address(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # many hosts have an IPv6 address that some networks do not reach
        return transport.handle_request(_to_address(request, last))

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()

    def _transport(self, host: str) -> httpx.HTTPTransport:
        with self._lock:
            if host not in self._transports:
                self._transports[host] = httpx.HTTPTransport(limits=self._limits)
            return self._transports[host]


def open_client(
    reach: Reach,
    *,
    headers: Mapping[str, str] | None = None,
    max_connections: int = 8,
    silence_s: float = 30.0,
) -> httpx.Client:
    """Open a client that stays within a reach; a proxy of the environment does its own look-ups.

    Args:
        reach: Judges every address.
        headers: Sent with each request to the first host.
        max_connections: Most connections at once.
        silence_s: Seconds a server may send nothing before the connection is given up.
    """

    def check(request: httpx.Request) -> None:
        reach.check(str(request.url))

    return httpx.Client(
        transport=PinnedTransport(reach, max_connections),
        event_hooks={"request": [check]},
        # What is compressed on the way has other ranges and other lengths than the file.
        headers={"accept-encoding": "identity", "user-agent": "hearth", **(headers or {})},
        timeout=httpx.Timeout(CONNECT_TIMEOUT_S, read=silence_s, pool=None),
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
    )


def _to_address(request: httpx.Request, address: str) -> httpx.Request:
    """Return a request that goes to an address, and in all else to the host that it names."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


def _split(url: str) -> SplitResult:
    # A backslash or a control character is read in different ways by different readers.
    if "\\" in url or any(char.isspace() or not char.isprintable() for char in url):
        raise _refused(url, "it contains a backslash, a blank or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(url, f"it is no address ({error})") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise _refused(url, "it is no https address")
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").lower()


def _is_in(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _is_loopback_name(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _may_follow(address: str, *, local: bool) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return local
    return parsed.is_global and not parsed.is_multicast


def _refused(what: str, why: str) -> AddressRefused:
    return AddressRefused(
        f"Nothing is fetched from {plain(what.partition('?')[0])!r}: {why}.",
        hint="Use an https address, or download the file yourself and `hearth models import` it.",
    )
