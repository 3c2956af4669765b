"""Fills values into labels."""

import re
from collections.abc import Mapping


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each known `{name}` replaced. Replaced values are not searched again."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)
