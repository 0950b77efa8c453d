"""A page read back: its elements, headings, texts and data, by the parser of the standard library."""

import json
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "link", "img", "input"}


class Page(HTMLParser):
    """`elements`: name and attributes in order; `text`: what is read, of styles and scripts none; `headings`: level and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.data: Any = None
        self.feed(text)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1] == tag, f"</{tag}> where {self.open[-1]} is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.data = json.loads(data)
        elif "style" not in self.open:
            self.texts.append(data)
            if self.open and self.open[-1] in ("h1", "h2", "h3", "h4"):
                level, said = self.headings[-1]
                self.headings[-1] = (level, said + data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())

    def of(self, *names: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of these names."""
        return [attributes for name, attributes in self.elements if name in names]
