"""Which locations may be cloned at all. Nothing here touches the network: literal addresses resolve to themselves."""

import re

import pytest

from faultcast.errors import Unavailable, UnsafeRepository
from faultcast.history.remote import Remote, check

FORBIDDEN = [
    "ext::sh -c touch% /tmp/x", "ext::sh", "fd::17", "file:///etc", "file://localhost/etc", "ssh://example.org/x",
    "ssh://-oProxyCommand=x/y", "git://example.org/x", "git@example.org:team/x", "http://example.org/x",
    "ftp://example.org/x", "git+ssh://example.org/x", "-oProxyCommand=touch:x", "--upload-pack=touch", "https://",
    "https:///path", "https:example.org", "//example.org/x", "", "https://user@example.org/x",
    "https://user:secret@example.org/x", "https://:secret@example.org/x", "https://@example.org/x",
    "https://example.org/a b", "https://example.org/\n", "https://example.org/\x00", "https://example.org\t/x",
    "https://example.org/\x7f", "\x01https://example.org/x", "https://example.org:notaport/x",
    "https://example.org:99999/x", "https://[::1/x", "https://example.org\\@127.0.0.1/x", "https://127%2e0.0.1/x",
    "https://exa%6dple.org/x", "https://example.org./x", "https://ex\u0430mple.org/x", "https://①②⑦.0.0.1/x",
    "https://exam_ple!.org/x", "https://-example.org/x", "https://xn--/\u3002x", "https://example\u3002org/x",
    "https://ex\u00admple.org/x", "https://\u212bxample.org/x", "https://example.org%00.evil.org/x",
    "https://example.org#@127.0.0.1/x\r\nHost: evil", "https://a:b@127.0.0.1:80@example.org/x", "https://[fe80::1%25eth0]/x",
    "https://[::ffff:1.2.3.4.5]/x", "https://example.org:-1/x", "https://example.org:0x1bb/x", "HTTPS:/example.org/x",
    "ext::https://example.org/x", "transport::https://example.org/x", "file:///dev/zero", "rsync://example.org/x",
    "bundle:///tmp/x", "javascript:https://example.org", "https\uff1a//example.org/x",
    "https://--upload-pack=touch.example.org/x", "C:\\x", "\\\\example.org\\x", "~/../../etc", "https://*.example.org/x",
]  # fmt: skip

PRIVATE = [
    "127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "0", "0.0.0.0", "10.0.0.1",
    "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "192.0.2.1", "198.18.0.1", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]",
    "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd12::1]", "[ff02::1]", "[2002:7f00:1::]", "[2002:a00:1::]",
    "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2001::1]", "[2001:db8::1]", "[0:0:0:0:0:0:0:1]", "[::7f00:1]",
    "[::ffff:a9fe:a9fe]", "[::ffff:0:0]", "[0:0:0:0:0:ffff:7f00:0001]", "0x7f.1", "0177.1", "017700000001", "00.0.0.0",
    "127.0x0.0.1", "4294967295", "0xa9fea9fe", "2852039166", "192.168.257", "198.51.100.1", "203.0.113.1", "192.0.0.1",
    "[fe80::1%1]", "[ff0e::1]", "localhost", "100.127.255.255",
]  # fmt: skip


LITERAL = re.compile(r"\[.*\]|(?:(?:0|[1-9]\d*)\.){3}\d+")
"""Addresses as a resolver gives them."""


def public(host: str, port: int) -> list[str]:
    del host, port
    return ["93.184.216.34"]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_forbidden_locations_are_refused_before_anyone_is_asked(url: str) -> None:
    with pytest.raises(UnsafeRepository):
        check(url, resolve=public)


@pytest.mark.parametrize("host", PRIVATE)
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    with pytest.raises(UnsafeRepository):
        check(f"https://{host}/team/x")


@pytest.mark.parametrize("host", [host.strip("[]") for host in PRIVATE if LITERAL.fullmatch(host)])
def test_names_that_lead_to_such_an_address_are_refused(host: str) -> None:
    with pytest.raises(UnsafeRepository, match="not public"):
        check("https://innocent.example.org/x", resolve=lambda *_: ["93.184.216.34", host])


def test_credentials_are_not_repeated_in_the_message() -> None:
    with pytest.raises(UnsafeRepository) as caught:
        check("https://user:secret@example.org/x", resolve=public)
    assert "secret" not in str(caught.value)


def test_a_public_address_is_pinned() -> None:
    assert check("https://Example.org/x", resolve=public) == Remote(
        "https://Example.org/x", "example.org", 443, "93.184.216.34"
    )
    assert check("https://example.org:8443/x", resolve=public).pin == "example.org:8443:93.184.216.34"
    six = check("https://example.org/x", resolve=lambda *_: ["2606:4700::1111"])
    assert six.pin == "example.org:443:[2606:4700::1111]"


def test_an_allowed_host_may_be_private() -> None:
    assert check("https://git.corp/x", ("git.corp",), lambda *_: ["10.0.0.5"]).address == "10.0.0.5"
    with pytest.raises(UnsafeRepository):
        check("http://git.corp/x", ("git.corp",), lambda *_: ["10.0.0.5"])


def test_a_name_without_an_address() -> None:
    with pytest.raises(Unavailable):
        check("https://example.org/x", resolve=lambda *_: [])
