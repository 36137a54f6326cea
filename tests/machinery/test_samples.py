"""The files that the harness makes are what they say."""

from __future__ import annotations

import io
import unicodedata

from PIL import Image

from gonogo import samples


def test_a_picture_is_a_picture() -> None:
    """It opens, has the promised size, and another seed makes another one."""
    file = samples.image_file(b"abc")
    with Image.open(io.BytesIO(file.content)) as picture:
        picture.load()
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (16, 16))
        assert picture.getpixel((0, 0)) == (0x61, 0x62, 0x63)
    assert samples.image_file(b"abd").content != file.content
    assert file.values == {"filename": "gonogo-picture.png", "content": file.content, "media_type": "image/png"}


def test_a_long_text_has_its_size() -> None:
    """Exactly so many bytes."""
    assert [len(samples.text_of_size(size).content) for size in (0, 1, 1001)] == [0, 1, 1001]


def test_a_text_holds_its_words_and_more_than_ascii() -> None:
    """A text that is only ASCII would show no trouble with encodings."""
    content = samples.text_file("abc def").content.decode()
    assert "abc def" in content
    assert not content.isascii()


def test_hostile_files_are_hostile() -> None:
    """Pages hold a script under any type, a picture and a text lie, and names are paths."""
    assert all(samples.MARKUP in file.content for file in samples.scripts())
    assert {file.media_type for file in samples.scripts()} >= {"image/png", "text/html", "image/svg+xml"}
    assert samples.program_as_image().content.startswith(b"\x7fELF")
    picture, text = samples.liars("words", b"seed")
    assert (picture.content[:4], picture.media_type) == (b"\x89PNG", "text/plain")
    assert (text.content, text.media_type) == (b"words", "image/png")
    assert all(any(step in file.filename for step in samples.STEPS) for file in samples.texts_with_paths())


def test_the_hostile_text_reaches_every_corner() -> None:
    """Markup, formulas, escapes, a combining mark, a change of direction, a joined emoji, a letter of another plane."""
    text = samples.HOSTILE_TEXT
    assert all(
        piece in text for piece in ("=1+1", "<script>", "&amp;", "\\n", "\\u0041", "{name}", "${HOME}", "%s", '"')
    )
    categories = {unicodedata.category(letter) for letter in text}
    assert categories >= {"Mn", "Cf", "Lo", "So", "Zs"}
    assert max(map(ord, text)) > 0xFFFF
    assert text == text.strip()
    assert unicodedata.normalize("NFC", text) != text
