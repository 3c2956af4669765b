"""What people read off their telephones in the demo: the codes and links of what they were sent, in any language."""

import re

from alertnet.sandbox import Handset

DECISION_CODE = re.compile(r"\bGO (\d{4})\b")
WRITTEN_CODE = re.compile(r"(?<![-+\d])(\d{4})(?!\d)")
SPOKEN_CODE = re.compile(r"(?<!\d, )(\d, \d, \d)(?!, \d).*(?<!\d, )\1(?!, \d)")
"""It is said twice; a reference, which may hold three digits too, once."""
LINK = re.compile(r"(http://\S+/a/\w+)")
"""To the page of a contact, which only an alert has."""


def newest(handset: Handset, *patterns: re.Pattern[str]) -> str | None:
    """What the last of the patterns finds in the newest SMS that matches them all."""
    for text in reversed(handset.inbox):
        found = [pattern.search(text) for pattern in patterns]
        if all(found) and (last := found[-1]):
            return last[1]
    return None
