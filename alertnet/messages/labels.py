"""Labels with what they name filled in."""

from collections.abc import Mapping


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each `{name}` that is known replaced, once."""
    pieces = text.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        filled.append(values[name] + rest if closed and name in values else "{" + piece)
    return "".join(filled)
