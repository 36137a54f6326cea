"""What a profile's section is, and the kinds of text that its keys hold. No I/O."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from gonogo.source import compile_pattern, parse_source

IN_URLS = re.compile(r"[\w\-.~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
IN_PATHS = re.compile(r"(/|\$\{)[\w\-.~/!$&'()*+,;=:@%{}]*", re.ASCII)
HIDDEN = "**********"


def check_url(text: str) -> str:
    """Return an http(s) URL without a slash at its end. Raises ValueError with a sentence."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and IN_URLS.fullmatch(text)
    except ValueError:  # a broken port, or half an IPv6 address
        usable = False
    if not usable:
        raise ValueError("this is no URL to send requests to; write http:// or https://, a host, and a port if need be")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("this must be a plain URL, without a password, '?' or '#'")
    return text.rstrip("/")


def check_address(text: str) -> str:
    """Return an address, host:port. Raises ValueError with a sentence."""
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch(r"\d{1,5}", port) or int(port) > 65535:  # noqa: PLR2004  the highest port
        raise ValueError("this is no address; write host:port, such as '127.0.0.1:1025'")
    return text


def check_source(text: str) -> str:
    """Return a source as it is. Raises ValueError with a sentence."""
    parse_source(text)
    return text


def check_pattern(text: str) -> str:
    """Return a regular expression as it is. Raises ValueError with a sentence."""
    compile_pattern(text)
    return text


def check_path(text: str) -> str:
    """Return a path, which starts at the root or with a variable. Raises ValueError with a sentence."""
    if not IN_PATHS.fullmatch(text):
        raise ValueError("this must be a path that starts with '/'; what follows a '?' is written under query")
    return text


def check_name(text: str) -> str:
    """Return the name of a variable. Raises ValueError with a sentence."""
    if not re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII):
        raise ValueError(f"{text!r} cannot name a variable; use letters, digits and '_'")
    return text


Url = Annotated[str, AfterValidator(check_url)]
Address = Annotated[str, AfterValidator(check_address)]
SourceText = Annotated[str, AfterValidator(check_source)]
Pattern = Annotated[str, AfterValidator(check_pattern)]
Path = Annotated[str, AfterValidator(check_path)]
VariableName = Annotated[str, AfterValidator(check_name)]
Secret = Annotated[str, PlainSerializer(lambda _value: HIDDEN)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A part of a profile: it cannot be changed, and it knows its keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )
