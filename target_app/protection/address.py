"""Where a request comes from."""

from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import Request


def client_address(request: Request, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """
    Return the address of the caller.

    It is the socket's peer. If that is a trusted proxy, it is the last address in X-Forwarded-For that is
    not one: what stands before it was written by the caller and may be anything.
    """
    peer = request.client.host if request.client else "unknown"
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    for hop in reversed(forwarded):
        if not _is_trusted(peer, trusted) or not _is_address(hop.strip()):
            break
        peer = hop.strip()
    return peer


def _is_trusted(address: str, trusted: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
