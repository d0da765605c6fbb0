"""One HTML page that needs nothing but itself: no script, no address outside, figures inside."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from ._parts import Note, Section

FOOT = "Written by suffice. This page holds its figures and needs no network."


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_resource("page.html.j2"))


def _resource(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath(name).read_text(encoding="utf-8")


def page(title: str, lead: str, sections: Sequence[Section], *, notes: Sequence[Note] = (), foot: str = "") -> str:
    """The page as HTML text.

    - `title`, `lead`: heading and the sentence under it.
    - `sections`: in order.
    - `notes`: what must be seen first.
    - `foot`: the last line.

    Everything given is text and is escaped.

    >>> "<script>" in page("<script>", "", [])
    False
    """
    style = Markup(_resource("page.css"))  # our own file: the only text that is not escaped
    return _template().render(title=title, lead=lead, sections=sections, notes=notes, foot=foot, style=style)
