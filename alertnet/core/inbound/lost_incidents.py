"""What a message of ours tells of an incident that the database knows nothing of: its reference, and its codes."""

import re
from dataclasses import dataclass

from alertnet.core.inbound.code_formats import is_written_code

_LINK = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"\+\d[\d ]*")
_REF = re.compile(r"\b[A-Z]-[A-Z2-9]{4}\b")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")


@dataclass(frozen=True)
class Traces:
    """Whatever in the text may be a reference, and whatever may be a written code."""

    refs: tuple[str, ...]
    codes: tuple[str, ...]


def traces_of(text: str) -> Traces:
    """What the text of an SMS holds; a code too many is only one that nobody else is given."""
    bare = _NUMBER.sub(" ", _LINK.sub(" ", text))
    refs = tuple(dict.fromkeys(_REF.findall(bare)))
    codes = dict.fromkeys(code for code in _FOUR.findall(_REF.sub(" ", bare)) if is_written_code(code))
    return Traces(refs, tuple(codes))
