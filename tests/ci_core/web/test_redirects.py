"""Where redirects may lead."""

from __future__ import annotations

import httpx
import pytest

from ci_core.web.answer import AnswerProblem
from ci_core.web.redirects import followed, is_public

BASE = httpx.URL("https://api.example.org/v1")
PUBLIC = "93.184.215.14"


def where(location: str, *addresses: str, base: httpx.URL = BASE) -> tuple[str, str | None]:
    target = followed(base, base.join("/v1/x"), location, lambda _host, _port: list(addresses))
    return str(target.url), target.address


def test_the_site_itself_may_be_private() -> None:
    base = httpx.URL("http://127.0.0.1:8900/reddit")

    assert where("/other", base=base) == ("http://127.0.0.1:8900/other", None)


def test_a_public_host_is_connected_to_by_the_address_that_was_checked() -> None:
    assert where("https://cdn.example.net/y", PUBLIC) == ("https://cdn.example.net/y", PUBLIC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "nonsense",
    ],
)  # fmt: skip
def test_a_name_for_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(AnswerProblem, match=r"private address evil\.example"):
        where("https://evil.example/", PUBLIC, address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "javascript:alert(1)", "http://api.example.org/",
        "https://user:password@example.org/", "http://[", "https://example.org:99999999/", "https://example.org:0/",
    ],
)  # fmt: skip
def test_strange_addresses_are_refused(location: str) -> None:
    with pytest.raises(AnswerProblem, match="it redirects to"):
        where(location, PUBLIC)


def test_another_port_of_a_private_site_is_refused() -> None:
    base = httpx.URL("http://127.0.0.1:8900/")

    with pytest.raises(AnswerProblem, match="private"):
        where("http://127.0.0.1:5432/", "127.0.0.1", base=base)


def test_a_host_that_cannot_be_found_is_refused() -> None:
    with pytest.raises(AnswerProblem, match="cannot be found"):
        where("https://nowhere.example/")
