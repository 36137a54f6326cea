"""How the target speaks TLS: with whom, in which version, and what it answers without."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from checks.exposure import FIRST_ERROR, LAST_ERROR, is_good
from checks.headers import SECURITY_HEADERS
from gonogo.check import Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.certificate import Certificate
    from gonogo.check import Complaints
    from gonogo.exchange import Exchange
    from gonogo.handshake import Handshake


PERMANENT = (301, 308)


LAST_DAYS = 14


@check("tls.old-versions-refused", Severity.MAJOR, scenarios=SECURITY_HEADERS, needs={"https"})
def old_tls_is_refused(offers: Sequence[Handshake], twins: Sequence[Handshake]) -> Complaints:
    """
    TLS 1.0 and 1.1 are refused (RFC 8996).

    Both can be read by whoever sits on the line; no client needs them any more.

    Fix: set the minimum to TLS 1.2 where TLS ends, which may be the load balancer.
    """
    if not any(twin.accepted for twin in twins):
        raise NotEvaluable(f"no other version was taken either: {'; '.join(twin.said for twin in twins)}")
    for offer in offers:
        if offer.accepted is None:
            raise NotEvaluable(offer.said)
        if offer.accepted:
            yield f"{offer.version} was offered, and {offer.said}; an alert expected"


@check("tls.redirects", Severity.CRITICAL, scenarios=SECURITY_HEADERS, effects=Effects.READ, needs={"https"})
def plain_http_leads_to_tls(exchange: Exchange, own: str) -> Complaints:
    """
    Without TLS nothing is served: the door is closed, or leads for good to the same host with TLS (ASVS 12.2.1).

    What is answered in the clear, the redirect too, can be changed by whoever runs the network.

    Fix: answer plain http with 308 (or 301) to https on the same host, or close the port.
    """
    if exchange.status is None or FIRST_ERROR <= exchange.status <= LAST_ERROR:
        return
    place = exchange.headers.get("location")
    target = urlsplit(urljoin(exchange.request.url, place))
    if not place or is_good(exchange):
        yield f"{exchange.request.url} was answered with {exchange.status}, 301 or 308 to {own} expected"
    elif target.scheme != "https" or target.hostname != urlsplit(own).hostname:
        yield f"{exchange.request.url} leads to {target.scheme}://{target.netloc}, {own} expected"
    elif exchange.status not in PERMANENT:
        yield f"{exchange.request.url} leads to TLS with {exchange.status}, 301 or 308 expected"


@check("tls.certificate", Severity.CRITICAL, scenarios=SECURITY_HEADERS, effects=Effects.READ, needs={"https"})
def certificates_are_trusted(certificates: Sequence[Certificate]) -> Complaints:
    """
    The certificate of each origin is trusted: in time, for this host, with its whole chain (RFC 5280, 6.1; RFC 9525).

    Browsers show a warning in place of the service, and the payment service stops to send.

    Fix: renew it, and let the server send the intermediate certificates too.
    """
    reached = [one for one in certificates if one.trusted is not None]
    if not reached:
        raise NotEvaluable("; ".join(one.said for one in certificates) or "no origin speaks TLS")
    for one in reached:
        if not one.trusted:
            yield f"the certificate of {one.origin} is not trusted: {one.said}"


@check("tls.certificate-lasts", Severity.MAJOR, scenarios=SECURITY_HEADERS, effects=Effects.READ, needs={"https"})
def certificates_last(certificates: Sequence[Certificate]) -> Complaints:
    """
    The certificate of each origin is good for two weeks at least.

    One that nobody renews in time ends the service at a minute that is known today.

    Fix: look why it was not renewed; automatic renewal happens a month before the end.
    """
    known = [(one.origin, one.days_left) for one in certificates if one.days_left is not None]
    if not known:
        raise NotEvaluable("; ".join(one.said for one in certificates) or "no origin speaks TLS")
    for origin, days in known:
        if days < LAST_DAYS:
            yield f"the certificate of {origin} ends in {days:.1f} days, {LAST_DAYS} at least expected"
