"""What a section of the page is made of. All of it is plain text; the page escapes it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import pandas as pd

from ._image import Image
from ._numbers import cells


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Note:
    """A sentence that must be seen: a verdict or a warning."""

    kind: ClassVar[str] = "note"
    tone: Literal["good", "warn"]
    text: str


@dataclass(frozen=True)
class Facts:
    """Terms and what they are here."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table of text; the first column names the row. `caption` may be empty."""

    kind: ClassVar[str] = "table"
    head: list[str]
    rows: list[list[str]]
    caption: str = ""

    @property
    def wordy(self) -> list[bool]:
        """Of each column, whether it holds sentences: these are set to the left and broken into lines."""
        return [any(len(row[i]) > 32 for row in self.rows) for i in range(len(self.head))]

    @staticmethod
    def of(table: pd.DataFrame, caption: str = "") -> "Table":
        """The numbers of a DataFrame as a person reads them."""
        return Table(*cells(table), caption)


@dataclass(frozen=True)
class Figures:
    """Figures, beside each other where the window is wide enough."""

    kind: ClassVar[str] = "figures"
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Code:
    """Lines to copy."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Section:
    """A section of the page. `anchor`: its address on the page."""

    anchor: str
    title: str
    parts: tuple[Text | Note | Facts | Table | Figures | Code, ...]
