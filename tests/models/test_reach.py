"""Addresses that are fetched from, and those that are not (R-05)."""

from __future__ import annotations

import httpx
import pytest

from hearth.errors import AddressRefused, SourceError
from hearth.models.reach import PinnedTransport, Reach, open_client
from support.hub_server import HubServer, hub_server

PUBLIC = Reach.of_hub("https://huggingface.co")
TYPED = Reach.of_url("https://example.org/model.gguf")

WRITTEN_BADLY = (
    "http://example.org/x",
    "ftp://example.org/x",
    "file:///etc/passwd",
    "https://",
    "https:///x",
    "//example.org/x",
    "example.org/x",
    "https://user@example.org/x",
    "https://user:secret@example.org/x",
    "https://a\\@127.0.0.1/x",
    "https://example.org\\@evil.org/x",
    "https://exam ple.org/x",
    "https://example.org/x\r\nHost: evil.org",
    "https://example.org:99999/x",
    "https://example.org:0/x",
    "https://[::1/x",
    "http://127.0.0.1/x",
    "http://localhost/x",
    "http://[::1]/x",
    "gopher://127.0.0.1:6379/_FLUSHALL",
)


@pytest.mark.parametrize("url", WRITTEN_BADLY)
def test_badly_written_addresses_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        TYPED.check(url)


INSIDE = (
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fd00::1",
    "2130706433",  # 127.0.0.1 as one number
    "0x7f.1",
    "localhost",
)


@pytest.mark.parametrize("host", INSIDE)
def test_nothing_inside_this_network_is_followed(host: str) -> None:
    with pytest.raises((AddressRefused, SourceError)):
        TYPED.addresses_of(host, 443)
    with pytest.raises((AddressRefused, SourceError)):
        PUBLIC.addresses_of(host, 443)


def test_public_addresses_are_followed() -> None:
    assert TYPED.addresses_of("93.184.215.14", 443) == ["93.184.215.14"]
    assert TYPED.addresses_of("2606:4700::1111", 443) == ["2606:4700::1111"]


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co/x",
        "https://cdn-lfs.huggingface.co/x",
        "https://cdn-lfs-us-1.hf.co/x",
        "https://cas-bridge.xethub.hf.co/x",
    ],
)
def test_the_hub_stays_among_its_own_hosts(url: str) -> None:
    PUBLIC.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x",
        "https://huggingface.co.example.org/x",
        "https://nothuggingface.co/x",
        "https://hf.co.evil/x",
    ],
)
def test_and_goes_nowhere_else(url: str) -> None:
    with pytest.raises(AddressRefused, match="outside"):
        PUBLIC.check(url)


def test_a_mirror_of_ones_own_may_keep_files_anywhere() -> None:
    mirror = Reach.of_hub("https://hub.example.org")
    mirror.check("https://files.example.com/x")
    mirror.check("https://hub.example.org/x")


def test_what_a_person_types_may_lie_on_this_machine() -> None:
    typed = Reach.of_url("http://127.0.0.1:8000/x")
    typed.check("http://localhost:9000/x")
    assert typed.addresses_of("127.0.0.1", 8000) == ["127.0.0.1"]


def test_what_comes_over_the_network_may_not() -> None:
    sent = Reach.of_url("https://127.0.0.1/x", is_trusted=False)
    with pytest.raises(AddressRefused):
        sent.addresses_of("127.0.0.1", 443)
    with pytest.raises(AddressRefused):
        Reach.of_url("http://127.0.0.1/x", is_trusted=False).check("http://127.0.0.1/x")


def test_a_redirect_is_judged_like_the_first_address() -> None:
    with hub_server() as server:
        server.files["x"] = b"secret of this machine"
        server.fail(path="/files/away", times=None, redirect_to="http://10.0.0.1/x")
        with (
            open_client(Reach.of_url(f"{server.url}/files/away")) as client,
            pytest.raises(AddressRefused),
        ):
            client.get(f"{server.url}/files/away")


def test_a_token_does_not_follow_a_redirect_to_another_host() -> None:
    with hub_server() as server:
        server.files["x"] = b"data"
        other = server.url.replace("127.0.0.1", "localhost")
        server.fail(path="/files/away", redirect_to=f"{other}/files/x")
        reach = Reach.of_url(server.url)
        with open_client(reach, headers={"authorization": "Bearer secret"}) as client:
            assert client.get(f"{server.url}/files/away").content == b"data"
        first, second = asked(server)
        assert first["authorization"] == "Bearer secret"
        assert "authorization" not in second


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """A name is looked up once: a second look-up could answer differently (DNS rebinding)."""

    class Counting(Reach):
        def addresses_of(self, host: str, port: int) -> list[str]:
            looked_up.append(host)
            return ["127.0.0.1"]

    looked_up: list[str] = []
    with hub_server() as server:
        server.files["x"] = b"data"
        port = server.url.rpartition(":")[2]
        reach = Counting(host="127.0.0.1")
        url = f"http://name-that-nobody-knows.example:{port}/files/x"
        transport = PinnedTransport(Permissive(reach), 2)  # type: ignore[arg-type]
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get(url).content == b"data"
        assert looked_up == ["name-that-nobody-knows.example"]
        assert asked(server)[0]["host"] == f"name-that-nobody-knows.example:{port}"


class Permissive:
    """A reach that judges only by look-up, so that the test needs no certificate."""

    def __init__(self, reach: Reach) -> None:
        self.addresses_of = reach.addresses_of

    def check(self, url: str) -> None:
        """Allow it."""


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(SourceError, match="not found"):
        TYPED.addresses_of("name-that-nobody-knows.invalid", 443)


def asked(server: HubServer) -> list[dict[str, str]]:
    return [headers for _, _, headers in server.asked]
