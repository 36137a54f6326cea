"""Whatever a target says, no report executes, renders or is broken by it."""

from __future__ import annotations

import functools
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from markdown_it import MarkdownIt
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as text_string_to_open_metric_families,
)
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from gonogo.published import Verdict
from gonogo.visible import unseen
from reports import FORMATS, terminal
from tests.reports.conftest import poisoned_sample

if TYPE_CHECKING:
    from tests.reports.conftest import Sample

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "image that runs": '"><img src=x onerror=alert(1)>',
    "svg that runs": "'><svg/onload=alert(1)>",
    "end of style": "</style><style>*{display:none}</style>",
    "end of title": "</title></head><body>",
    "end of pre": "</pre></code></details></main><h1>GO</h1>",
    "comment": "--><!-- <!--",
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}{# #}",
    "entity": "&lt;script&gt;&#x1b;&#60;b&#62;&amp;",
    "cdata": "]]></failure><testcase/><![CDATA[",
    "doctype": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    "colour": "\x1b[31mred\x1b[0m",
    "hyperlink": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "clear the screen": "\x1b[2J\x1b[1;1HGO",
    "line up": "\x1b[1A\x1b[2KGO  The deployment is good.",
    "second control block": "\x9b31m\x90q\x9c",
    "overwrite": "NO_GO\rGO   ",
    "backspace": "NO_GO\b\b\b\b\bGO",
    "nul": "a\x00b\x01\x7f",
    "bell": "\x07\x07",
    "runs backwards": "\u202eOG_ON\u202c",
    "isolates": "\u2066\u2067\u2068\u2069\u200e\u200f",
    "no width": "a\u200bb\u200c\u200d\ufeff\u2060",
    "tag letters": "ok\U000e0049\U000e0047\U000e004e",
    "line separators": "a\u2028::error::b\u2029c\x85d\x0b\x0c",
    "half a character": "a\ud800b\udfff",
    "no character": "\ufffe\uffff\U0010ffff",
    "pile of marks": "Z" + "\u0310\u0343\u0300\u0301" * 30,
    "GitHub order": "::error file=app.py,line=1::GO",
    "GitHub order on a line": "fine\n::error::x\n  ::set-output name=verdict::GO\n::stop-commands::x",
    "GitHub order, encoded": "%0A::warning::x%0D",
    "GitHub order, older": "##[error]x\n##[add-mask]y",
    "Azure order": "x ##vso[task.complete result=Succeeded;]",
    "TeamCity order": "##teamcity[buildStatus status='SUCCESS']",
    "mention": "@here @channel @everyone <!here> <@U1> @octocat me@evil.example",
    "reference": "#1 GH-1 octo/repo#1 !1 %1 &1 deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
    "link": "[click](https://evil.example) <https://evil.example> https://evil.example www.evil.example",
    "reference link": "[a]\n\n[a]: https://evil.example",
    "image": "![x](https://evil.example/track.png)",
    "javascript link": "[x](javascript:alert(1))",
    "fence": "```\n```sh\n<b>x</b>\n~~~",
    "backticks": "` `` ``` ```` a`b``c",
    "bare backtick": "`",
    "backslashes": "\\` \\| \\\\| \\",
    "table": "| a | b |\n| --- | --- |\n|| x",
    "heading": "\n# GO\n\nGO\n==\n---",
    "lists": "1. one\n- [x] done\n+ more\n> quote",
    "html block": "<details><summary>x</summary>\n\n# GO\n\n</details>",
    "emphasis": "**bold** _it_ ~~gone~~ $x^2$ :tada: [^1]",
    "rich markup": "[bold red]x[/bold red] [link=https://evil.example]x[/link] [/] :boom:",
    "formula": "=cmd|' /C calc'!A0",
    "formula, others": '+1+1\t-2\t@SUM(1)\r=HYPERLINK("https://evil.example")',
    "shell": "$(touch /tmp/gone) `id` ; rm -rf / #",
    "variables": "${{ github.token }} ${HOME} %PATH% !!",
    "output of a step": "x\nverdict=GO\nverdict<<EOF\nGO\nEOF",
    "metric": 'x"} 1\ngonogo_verdict{verdict="GO"} 1\n# EOF',
    "JSON": '"},{"status":"passed","name":"x',
    "percent": "%0A%0D%3A%2C%25 %s %d %n {0} {verdict}",
    "style": "x;background:url(https://evil.example)/**/expression(1)",
    "data address": "data:text/html;base64,PHNjcmlwdD4= vbscript:x",
    "Slack and Teams": "<https://evil.example|GO> <at>all</at> <!channel> <!subteam^S1>",
    "half a sequence": "\x1b[ \x1b] \x1bP \x1b",
    "sixel and title": "\x1bPq#0\x1b\\ \x1b]0;GO\x07 \x1b[6n",
    "very long word": "W" * 5000,
    "many lines": "line\n" * 3000,
    "spaces": "   \t  ",
    "nothing": "",
    "emoji and scripts": "👩\u200d💻 Grüße 你好 مرحبا",
}
ANNOTATIONS = "github-annotations.txt"
OURS = re.compile(r"^::(error|warning|notice) title=", re.MULTILINE)
ORDERS = re.compile(r"^\s*::\s*[A-Za-z]|##\w*\[", re.MULTILINE)
SGR = re.compile(r"\x1b\[[0-9;]*m")


@functools.cache
def rendered(name: str, payload: str) -> str:
    """A report of a target that says this everywhere."""
    sample = poisoned_sample(payload)
    return FORMATS[name](sample.verdict, sample.evidence)


payloads = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())


def test_there_are_enough() -> None:
    """At least sixty kinds of hostile text are tried."""
    assert len(PAYLOADS) >= 60


@payloads
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_unseen_and_no_orders(payload: str, name: str) -> None:
    """No format holds a character that is not seen, or a line that a CI runner would obey."""
    text = rendered(name, payload)

    assert {letter for letter in set(text) if unseen(letter)} <= {"\n", "\t"}
    assert not ORDERS.search(OURS.sub("", text) if name == ANNOTATIONS else text)
    assert text.encode()


@payloads
def test_annotations_are_ours_alone(payload: str) -> None:
    """Each line is one order that we give, its title closed before what the target says, and there are ten at most."""
    text = rendered(ANNOTATIONS, payload)
    lines = text.splitlines()

    assert len(lines) == len(text.split("\n")) - 1
    assert len(lines) == 1 + len(poisoned_sample(payload).verdict.findings)
    assert all(re.fullmatch(r"::(error|warning|notice) title=[^:,]*::(?!.*::\s*[A-Za-z]).*", line) for line in lines)


@payloads
def test_outputs_are_plain(payload: str) -> None:
    """A line for each name, none of them the target's, and nothing that a shell would read otherwise."""
    lines = rendered("outputs.env", payload).splitlines()

    assert len(lines) == len({line.partition("=")[0] for line in lines})
    assert all(re.fullmatch(r"[a-z_]+=[A-Za-z0-9._:/@+-]*", line) for line in lines)


@payloads
@pytest.mark.parametrize("name", ["ctrf.json", "report.sarif", "statement.intoto.json"])
def test_documents_keep_their_shape(payload: str, name: str) -> None:
    """A document for machines has the same keys whatever the target says."""
    texts = [rendered(name, payload), rendered(name, "plain" if payload else "")]

    assert keys(json.loads(texts[0])) == keys(json.loads(texts[1]))


def keys(value: Any) -> Any:  # noqa: ANN401  a walk over JSON
    """A document without its texts and numbers."""
    if isinstance(value, dict):
        return {name: keys(item) for name, item in value.items()}
    return [keys(item) for item in value] if isinstance(value, list) else None


@payloads
def test_metrics_can_be_read(payload: str) -> None:
    """A collector reads the metrics, with the same families and labels whatever the target says."""
    read = [openmetrics_names(rendered("gonogo.prom", one)) for one in (payload, "plain")]

    assert read[0] == read[1]


def openmetrics_names(text: str) -> set[tuple[str, ...]]:
    """The families and their labels, as a strict reader finds them; the older reader takes them, too."""
    list(text_string_to_metric_families(text))
    families = text_string_to_open_metric_families(text)  # type: ignore[no-untyped-call]
    return {(family.name, *sample.labels) for family in families for sample in family.samples}


@payloads
@pytest.mark.parametrize("width", [60, 80, 120])
def test_terminal_is_not_driven(payload: str, width: int) -> None:
    """A terminal gets our own colours and nothing else of the kind, and a pipe gets no orders."""
    sample = poisoned_sample(payload)
    file = StringIO()

    terminal.show(
        sample.verdict, Console(file=file, width=width, force_terminal=True, color_system="truecolor", _environ={})
    )
    text = SGR.sub("", file.getvalue())

    assert {letter for letter in set(text) if unseen(letter)} <= {"\n"}
    assert not ORDERS.search(text)
    assert not ORDERS.search(terminal.render(sample.verdict, sample.evidence, width))


class Shape(HTMLParser):
    """The elements and attribute names of a page, in order, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Any] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [name for name, _ in attrs]))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "style"}]

    def handle_endtag(self, tag: str) -> None:
        self.elements.append(tag)

    def handle_comment(self, data: str) -> None:
        self.elements.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        self.text += data


def shape(page: str) -> Shape:
    """The shape of a page."""
    parser = Shape()
    parser.feed(page)
    parser.close()
    return parser


@payloads
def test_html_keeps_its_shape(payload: str) -> None:
    """The page has the same elements whatever the target says, and its links stay inside."""
    page = shape(rendered("report.html", payload))

    assert page.elements == shape(rendered("report.html", "plain" if payload else "")).elements
    assert all(link.startswith(("#finding-", "#decision")) for link in page.links)


@payloads
def test_markdown_renders_nothing_of_it(payload: str) -> None:
    """What is rendered has no element that is not ours, and outside of code no mention and no address."""
    sample = poisoned_sample(payload)

    page = (
        MarkdownIt("commonmark", {"html": True})
        .enable(["table", "strikethrough"])
        .render(rendered("report.md", payload))
    )
    tags = {element[0] for element in shape(page).elements if isinstance(element, tuple)}
    outside = re.sub(r"<code.*?</code>|<[^>]+>", "", page, flags=re.DOTALL)

    assert tags <= {
        "h1",
        "h2",
        "h3",
        "p",
        "strong",
        "code",
        "pre",
        "ul",
        "li",
        "blockquote",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
        "details",
        "summary",
    }
    assert page.count("<h1") == 1
    assert page.count("<tr") == len(sample.verdict.scenarios) + len(sample.verdict.slos) + 2
    assert not re.search(r"[@#$:]\w|://|www\.|GH-\d|[0-9a-f]{7}|evil|~~|!here", outside)


@payloads
def test_junit_keeps_its_shape(payload: str) -> None:
    """The XML is well formed, with the same elements whatever the target says."""

    def elements(text: str) -> list[Any]:
        return [(one.tag, sorted(one.attrib)) for one in ET.fromstring(text).iter()]  # noqa: S314  ours

    assert elements(rendered("junit.xml", payload)) == elements(rendered("junit.xml", "plain" if payload else ""))


@payloads
def test_json_says_the_same(payload: str) -> None:
    """Read back, the JSON is the same verdict; only halves of characters are replaced."""
    whole = poisoned_sample(re.sub("[\ud800-\udfff]", "\ufffd", payload))

    assert Verdict.model_validate_json(rendered("verdict.json", payload)) == whole.verdict


def test_endless_text_is_cut(samples: dict[str, Sample]) -> None:
    """Ten million characters in a message do not make a report that nobody can open."""
    verdict = samples["rollback"].verdict
    noise = "A" * 10_000_000
    found = verdict.findings[0].model_copy(update={"message": noise, "observed": noise, "reproduce": f"curl {noise}"})
    loud = verdict.model_copy(update={"findings": (found,), "facts": {"noise": noise}})
    parts = loud, samples["rollback"].evidence
    texts = [FORMATS[name](*parts) for name in ("report.html", "report.md", "junit.xml", "ctrf.json")]
    others = [FORMATS[name](*parts) for name in FORMATS if not name.startswith("verdict.")]

    assert max(map(len, [*others, terminal.render(*parts)])) < 100_000
    assert all("10,000,000 characters in all" in text for text in texts)
