"""The page holds what it is given as text, and refers to nothing outside itself."""

import re
from html.parser import HTMLParser

import pytest

from suffice.report import Code, Facts, Figures, Image, Note, page, Section, Table, Text

_NASTY = """<script>alert("x")</script>'&"""
_IMAGE = Image("data:image/png;base64,AAAA", 10, 10, _NASTY, _NASTY)
_VOID = {"meta", "link", "img", "br"}


class Reader(HTMLParser):
    """Collects tags, attributes and text; checks that tags close in the order in which they opened."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def _every_part() -> str:
    parts = (
        Text(_NASTY),
        Note("warn", _NASTY),
        Facts(((_NASTY, _NASTY),)),
        Table([_NASTY, _NASTY], [[_NASTY, _NASTY]], _NASTY),
        Figures((_IMAGE,)),
        Code(_NASTY),
    )
    return page(_NASTY, _NASTY, [Section("all", _NASTY, parts)], notes=[Note("good", _NASTY)], foot=_NASTY)


def test_every_string_is_escaped():
    html = _every_part()
    reader = Reader(html)
    assert not [tag for tag, _ in reader.tags if tag == "script"]
    # title, heading, lead, note; section link and title; its parts (1 + 1 + 2 + 5 + 1 + 1); the last line
    assert sum(text.strip() == _NASTY for text in reader.texts) == 4 + 2 + 11 + 1
    assert [attributes["alt"] for tag, attributes in reader.tags if tag == "img"] == [_NASTY]


def test_page_refers_to_nothing_outside():
    reader = Reader(_every_part())
    addresses = [
        value
        for _, attributes in reader.tags
        for name, value in attributes.items()
        if name in ("src", "href", "action")
    ]
    assert addresses and all(address.startswith(("data:", "#")) for address in addresses)
    style = "".join(text for text in reader.texts if "font:" in text)
    assert style and not re.search(r"url\(|@import|https?:", style)


def test_browser_is_forbidden_to_load_anything():
    policies = [
        attributes["content"]
        for _, attributes in Reader(_every_part()).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


@pytest.mark.usefixtures("unchecked")
def test_text_that_is_missing_is_an_error():
    with pytest.raises(Exception, match="has no attribute"):
        page("title", "lead", [object()])  # pyright: ignore
