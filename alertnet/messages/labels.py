"""Fills values into labels."""

from collections.abc import Mapping


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each known `{name}` replaced. Replaced values are not searched again."""
    pieces = text.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        filled.append(values[name] + rest if closed and name in values else "{" + piece)
    return "".join(filled)
