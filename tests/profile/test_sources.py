"""A source finds its value in an answer, or says that it is not there."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.exchange import Exchange, Request
from gonogo.source import parse_source, read_source

Answer = Callable[..., Exchange]
DOCUMENT = b'{"a":{"b/c":["x",{"~":7}]},"n":null,"t":true,"":"empty","l":["\xc3\xa9"]}'
PAGE = b"""<!doctype html><head><META NAME=csrf CONTENT="m&amp;m"></head>
<form><input type=hidden name=token value="one"><input name="token" value="two"><input name=bare>
<p name=csrf value=no><input name=empty value=""></form>"""


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("json:/a/b~1c/0", "x"),
        ("json:/a/b~1c/1/~0", "7"),
        ("json:/t", "true"),
        ("json:/", "empty"),
        ("json:/l", '["é"]'),
        ("json:/n", None),
        ("json:/nothing", None),
        ("json:/a/b~1c/2", None),
        ("json:/a/b~1c/00", None),
        ("json:/a/b~1c/-1", None),
        ("json:/t/x", None),
        ('regex:"(tr?)"', "t"),
        ("regex:nothing (here)", None),
    ],
)
def test_a_body_is_read(answer: Answer, source: str, found: str | None) -> None:
    """JSON pointers and patterns find what is in a body."""
    assert read_source(source, answer(DOCUMENT)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("json:/data/[current=false]/id", "b"),
        ("json:/data/[current=true]/id", "a"),
        ("json:/data/[id=c]/n", "7"),
        ("json:/data/[n=7]/id", "c"),
        ("json:/data/[name=é]/id", "c"),
        ("json:/data/[id=z]/id", None),
        ("json:/data/[current=no]/id", None),
        ("json:/data/[id=b]", '{"current": false, "id": "b"}'),
        ("json:/[current=false]", "an object's own key"),
    ],
)
def test_an_item_is_chosen_by_what_it_says(answer: Answer, source: str, found: str | None) -> None:
    """Of several items the first counts, however the document is spelt; an object has no items."""
    document = {
        "data": [
            None,
            "b",
            {"id": "a", "current": True},
            {"current": False, "id": "b"},
            {"id": "c", "n": 7, "name": "é", "current": False},
        ],
        "[current=false]": "an object's own key",
    }
    for indent in (None, 2):
        assert read_source(source, answer(json.dumps(document, indent=indent).encode())) == found


def test_the_whole_document_has_an_empty_pointer(answer: Answer) -> None:
    """An empty pointer is the whole document."""
    assert read_source("json:", answer(b'"all"')) == "all"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a":', b"[" * 100_000, b"\xff"], ids=["empty", "html", "cut", "nested", "binary"]
)
def test_a_body_that_is_no_json_has_nothing(answer: Answer, body: bytes) -> None:
    """A broken body is no error here: the value is not there."""
    assert read_source("json:/a", answer(body)) is None


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("header:location", "/c/42?x=1"),
        (r"header:Location ~ /c/(\d+)", "42"),
        (r"header:Location ~ /d/(\d+)", None),
        ("header:X-Missing", None),
        (r"header:X-Missing ~ (.*)", None),
        ("cookie:sid", "new"),
        ("cookie:SID", None),
    ],
)
def test_headers_and_cookies_are_read(answer: Answer, source: str, found: str | None) -> None:
    """The first field of a name is read, and the last cookie of one."""
    headers = (("Location", "/c/42?x=1"), ("location", "/other"), ("Set-Cookie", "sid=old"), ("Set-Cookie", "sid=new"))
    assert read_source(source, answer(headers=headers)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [("html:csrf", "m&m"), ("html:token", "one"), ("html:empty", ""), ("html:bare", None), ("html:p", None)],
)
def test_pages_are_read(answer: Answer, source: str, found: str | None) -> None:
    """Form fields and meta elements are found by name, with their entities resolved."""
    assert read_source(source, answer(PAGE)) == found


def test_a_page_with_nonsense_is_read_as_far_as_it_goes(answer: Answer) -> None:
    """A declaration that no parser knows ends the reading, not the program."""
    assert read_source("html:a", answer(b"<input name=a value=1><![nonsense[<input name=b value=2>")) == "1"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("json", "'json' is no source; write json:…, header:…, cookie:…, html:…, regex:…"),
        ("xml:/a", "'xml:/a' is no source; write json:…, header:…, cookie:…, html:…, regex:…"),
        ("cookie:", "'cookie:' is no source; write json:…, header:…, cookie:…, html:…, regex:…"),
        ("json:a", "'a' is no JSON pointer; it starts with '/'"),
        ("json:/~2", "'/~2' is no JSON pointer; it starts with '/'"),
        ("header:A B", "'A B' is no header; write header:Name or header:Name ~ pattern"),
        ("regex:none", "the pattern 'none' has 0 groups; exactly one is read"),
        ("header:A ~ (a)(b)", "the pattern '(a)(b)' has 2 groups; exactly one is read"),
    ],
)
def test_a_wrong_source_is_explained(source: str, sentence: str) -> None:
    """What cannot be a source is refused in a sentence that shows what can."""
    with pytest.raises(ValueError, match=r".") as error:
        parse_source(source)
    assert str(error.value) == sentence


def test_a_broken_pattern_is_explained() -> None:
    """What the regular expression's compiler says is passed on."""
    with pytest.raises(ValueError, match=r"^'\(' is no regular expression: missing \)"):
        parse_source("regex:(")


@given(body=st.binary(), kind=st.sampled_from(["json:/a/0", "html:a", "regex:(.)"]))
def test_no_body_breaks_the_reader(body: bytes, kind: str) -> None:
    """Whatever a target answers, reading it ends."""
    request = Request(operation="x", method="GET", url="https://chat.example.com/")
    read_source(kind, Exchange(id="one", person="ada", request=request, status=200, body=body))
