"""Certificates are looked at as a client would, and a target is asked without TLS where a visitor would ask."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from gonogo.certificate import asked_without_tls, certificates, without_tls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machinery.conftest import Describe, Gather, Reply, Serve


def context_of(issued: trustme.LeafCert, *, whole: bool = True) -> ssl.SSLContext:
    """What a server shows: its chain, or only its own certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if whole:
        issued.configure_cert(context)
        return context
    with issued.private_key_pem.tempfile() as key, issued.cert_chain_pems[0].tempfile() as own:
        context.load_cert_chain(own, key)
    return context


async def test_a_good_certificate(
    serve: Serve, reply: Reply, describe: Describe, tls: ssl.SSLContext, ca_file: Path
) -> None:
    """It is trusted, and how long it is good is known; each origin is looked at once."""
    service = serve(reply(), tls)
    profile = describe(service.url, tls={"ca_file": str(ca_file)}, origins={"api": service.url, "ui": service.url})
    (found,) = await certificates(profile)
    assert (found.origin, found.trusted, found.said) == (service.url, True, "")
    assert found.days_left is not None
    assert found.days_left > 1000


def bad(authority: trustme.CA, kind: str) -> ssl.SSLContext:
    """A certificate that nobody should trust."""
    if kind == "chain":
        return context_of(authority.create_child_ca().issue_cert("127.0.0.1"), whole=False)
    if kind == "host":
        return context_of(authority.issue_cert("chat.example.net"))
    if kind == "stranger":
        return context_of(trustme.CA().issue_cert("127.0.0.1"))
    return context_of(authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1)))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("expired", "certificate has expired"),
        ("host", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
        ("chain", "unable to get local issuer certificate"),
        ("stranger", "unable to get local issuer certificate"),
    ],
)
async def test_a_bad_certificate(
    serve: Serve, reply: Reply, describe: Describe, authority: trustme.CA, ca_file: Path, kind: str, said: str
) -> None:
    """One that has expired, is for another host, or lacks a part of its chain is not trusted, and why is told."""
    profile = describe(serve(reply(), bad(authority, kind)).url, tls={"ca_file": str(ca_file)})
    (found,) = await certificates(profile)
    assert (found.trusted, found.days_left) == (False, None)
    assert said in found.said


async def test_one_that_ends_soon(
    serve: Serve, reply: Reply, describe: Describe, authority: trustme.CA, ca_file: Path
) -> None:
    """What is left is told in days."""
    soon = context_of(authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=10)))
    (found,) = await certificates(describe(serve(reply(), soon).url, tls={"ca_file": str(ca_file)}))
    assert found.days_left == pytest.approx(10, abs=0.01)


async def test_nobody_there(describe: Describe, nowhere: str) -> None:
    """Where nobody answers nothing is known; an origin without TLS has no certificate."""
    (found,) = await certificates(describe(nowhere.replace("http:", "https:")))
    assert found.trusted is None
    assert found.said.startswith("no connection: ")
    assert await certificates(describe(nowhere)) == []


@pytest.mark.parametrize(
    ("origins", "asked"),
    [
        ({"api": "https://chat.example.com"}, "http://chat.example.com:80/"),
        ({"api": "https://chat.example.com:443/v1"}, "http://chat.example.com:80/"),
        ({"api": "https://chat.example.com:8443"}, "http://chat.example.com:8443/"),
        ({"api": "https://[::1]:8443"}, "http://[::1]:8443/"),
        ({"api": "https://a.example.com", "plain": "http://b.example.com:8080"}, "http://b.example.com:8080/"),
    ],
)
def test_where_a_visitor_asks_without_tls(describe: Describe, origins: dict[str, Any], asked: str) -> None:
    """Port 80 beside the usual port, the same port beside another, and wherever the profile says."""
    assert without_tls(describe(origins["api"], origins=origins)).url == asked


async def test_a_closed_door_is_no_doubt(company: Gather, serve: Serve, reply: Reply, describe: Describe) -> None:
    """Whether it answers or not, what came is written down, and nobody asks whose fault it is."""
    open_one = serve(reply(200))
    for plain, status in ((open_one.url, 200), ("http://127.0.0.1:9", None)):
        profile = describe("https://chat.example.com", origins={"api": "https://chat.example.com", "plain": plain})
        assert (await asked_without_tls(company(profile).member())).status == status
