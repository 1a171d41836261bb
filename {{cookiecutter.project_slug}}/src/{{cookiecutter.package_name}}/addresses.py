"""Addresses in the settings, checked when they are read: origins, networks, URLs of key sets."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from urllib.parse import urlsplit

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""An origin as browsers write it (RFC 6454 section 6.2), but for `null`."""

DEFAULT_PORT = re.compile(r"http://.*:80|https://.*:443")
"""Browsers leave it out."""

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How a URL begins, and no path does: a drive of Windows has one letter."""


def origin(text: str) -> str:
    """Return an origin, or raise `ValueError` if no browser would send it."""
    if DEFAULT_PORT.fullmatch(text) or not ORIGIN.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an origin as browsers send it, such as https://app.example: scheme "
            "and host in lower case, a port if it is not the usual one, no path, no wildcard"
        )
    return text


def network(text: str) -> str:
    """Return an IP address or network, or raise `ValueError`."""
    ip_network(text)
    return text


def hold_everything(networks: Iterable[str]) -> bool:
    """Return True if the networks together are all of IPv4 or all of IPv6."""
    parsed = [ip_network(each) for each in networks]
    of_four = [each for each in parsed if isinstance(each, IPv4Network)]
    of_six = [each for each in parsed if isinstance(each, IPv6Network)]
    return any(each.prefixlen == 0 for each in collapse_addresses(of_four)) or any(
        each.prefixlen == 0 for each in collapse_addresses(of_six)
    )


def key_set(text: str) -> str:
    """Return the https URL or the path of a JWK set, or raise `ValueError`.

    Plain http is for a server on this machine.
    """
    if URL.match(text):
        url = urlsplit(text)
        secure = text.startswith("https://") and url.hostname
        if not secure and not is_plain_http(text):
            raise ValueError(f"{text!r} is neither a path nor a URL that begins with https://")
        if is_plain_http(text) and not _is_loopback(url.hostname):
            raise ValueError(f"{text!r}: whoever is on the way could change the keys; use https://")
    return text


def is_plain_http(text: str) -> bool:
    return text.startswith("http://")


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
