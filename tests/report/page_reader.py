"""Reads a page as its reader does."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "col", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """What a reader of the page would see: text outside drawings, headings, links, and whether tags balance."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines, self.open, self.urls, self.ids, self.labels, self.attributes = [], [], [], [], [], []
        self.headings: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.attributes += values
        self.urls += [values[name] for name in ("href", "src", "xlink:href", "action", "data") if values.get(name)]
        self.ids += [values["id"]] if "id" in values else []
        if tag == "svg" and values.get("role") == "img":
            self.labels.append(values.get("aria-label", ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        text = re.sub(r"[ \n]+", " ", data).strip(" \n")
        if text and not {"style", "svg"} & set(self.open):
            self.lines.append(text)
        if text and self.open[-1] in ("h1", "h2"):
            self.headings.append((self.open[-1], text))


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert not reader.open, f"never closed: {reader.open}"
    return reader
