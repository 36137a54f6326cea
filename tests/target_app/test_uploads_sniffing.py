"""What a file is, told from its bytes."""

import pytest

from target_app.uploads.sniffing import agrees, media_type_of, safe_name

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"%PDF-1.7\n", "application/pdf"),
        ("Grüße\n".encode(), "text/plain"),
        (b"", "text/plain"),
        (b"BMW is a car, not a bitmap", "text/plain"),
        (b"<script>alert(1)</script>", "text/plain"),
        (b"GIF89a" + bytes(20), "image/gif"),
        (b"\x00\x01\x02", None),
        (b"\xff\xfe\xfa", None),
    ],
)
def test_tells_the_type_from_the_bytes(content: bytes, media_type: str | None) -> None:
    """The bytes decide, and text is UTF-8 without control characters."""
    assert media_type_of(content) == media_type


@pytest.mark.parametrize(
    ("name", "media_type", "agreed"),
    [
        ("a.png", "image/png", True),
        ("a.JPEG", "image/jpeg", True),
        ("notes", "text/plain", True),
        ("a.png", "text/plain", False),
        ("a.html", "text/plain", False),
        ("a.txt", "application/pdf", False),
    ],
)
def test_compares_the_name(name: str, media_type: str, agreed: bool) -> None:  # noqa: FBT001  a table of cases
    """An extension may only say what the bytes say; without one a name claims nothing."""
    assert agrees(name, media_type) is agreed


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.txt", "report.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        (".hidden", "hidden"),
        ("a\r\nb\x00\u202e.txt", "ab.txt"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("x" * 500 + ".txt", "x" * 110 + ".txt"),
    ],
)
def test_makes_names_safe(name: str, safe: str) -> None:
    """A name keeps no path, no control or direction characters, no dots in front and no undue length."""
    assert safe_name(name) == safe
