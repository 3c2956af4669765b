"""Sets values in type by a Typst template of this folder. The words are data: none of them is read as a command."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import typst
from anyascii import anyascii

from alertnet.messages.drawings.time_axis import NOT_IN_XML

LATIN = 0x24F
SIGNS = frozenset("–—“”«»‘’…·✓✗▸★■→≤≥")
"""Characters besides Latin letters that the fonts have for certain; if another lacks, all others are transliterated."""


def as_pdf(template: str, data: object) -> bytes:
    """A tagged PDF (PDF/UA-1) without metadata about its author."""
    data = _each(data, lambda text: text.translate(NOT_IN_XML))
    try:
        return compiled(template, data, pdf_standards=["ua-1"])
    except typst.TypstError:
        # Some letter is in none of the fonts, and PDF/UA forbids to draw an empty box for it.
        return compiled(template, _each(data, _drawable), pdf_standards=["ua-1"])


def compiled(template: str, data: object, **form: Any) -> bytes:
    """What Typst makes of the template and the values, in its own fonts alone."""
    source = (files("alertnet.messages.drawings") / template).read_bytes()
    values = {"values": json.dumps(data)}
    made: bytes = typst.compile(source, sys_inputs=values, ignore_system_fonts=True, **{"format": "pdf", **form})
    return made


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """The same structure with each text changed."""
    match value:
        case str():
            return change(value)
        case dict():
            return {key: _each(each, change) for key, each in value.items()}
        case list() | tuple():
            return [_each(each, change) for each in value]
    return value


def _drawable(text: str) -> str:
    return "".join(
        each if each == "\n" or each in SIGNS or (each.isprintable() and ord(each) <= LATIN) else anyascii(each)
        for each in text
    )
