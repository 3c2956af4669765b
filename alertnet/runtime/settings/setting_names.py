"""Variables that are meant for us and reach nobody: misspelt ones, and those that still hold what the example shows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

EXAMPLES = {
    "ALERTNET_PUBLIC_URL": {"https://alertnet.example.org"},
    "ALERTNET_SMTP_URL": {
        "smtp://user:password@smtp.example.org:587?from=alert@example.org",
        "smtp://user:password@host:587?from=alert@example.org",
    },
}
"""What `.env.example` and the README show where only the operator's own value serves."""

_OURS = "ALERTNET_"
_PROVIDERS = "TWILIO_"
_CLOSE = {_OURS: 0.72, _PROVIDERS: 0.75}
"""How like a setting of ours a name must be to be meant for it, by how it begins."""
_ELSEWHERE_CLOSE = 0.9
"""The same for a name whose very beginning may be misspelt."""

_OTHERS = re.compile(
    # What compose.yaml alone reads, and the tests.
    r"ALERTNET_(HOST|TEST_\w+)"
    # What an orchestrator tells every container of a service that has our name.
    r"|ALERTNET(_\w+)?_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)"
)
"""Variables that look like ours and are not for the program."""


def misspelt(env: Mapping[str, str | None], settings: Iterable[str]) -> Iterator[str]:
    """A fault for every variable that is none of these settings and was meant to be; never its value."""
    known = [variable for name in settings for variable in (name, f"{name}_FILE")]
    for name, value in env.items():
        if not value or name in known or _OTHERS.fullmatch(name):
            continue
        meant = _closest(name.upper(), known)
        if meant or name.upper().startswith(_OURS):
            advice = f"did you mean {meant}?" if meant else f"allowed: {', '.join(settings)}"
            yield f"{name}: there is no such setting ({advice})"


def unchanged(texts: Mapping[str, str]) -> Iterator[str]:
    """A fault for every setting that holds what the example shows."""
    for name, shown in EXAMPLES.items():
        if texts.get(name, "").rstrip("/") in shown:
            yield f"{name}: its value is the example's (allowed: your own)"


def _closest(name: str, known: Sequence[str]) -> str | None:
    if name.startswith(_PROVIDERS) and f"{_OURS}{name}" in known:
        return f"{_OURS}{name}"
    cutoff = next((close for prefix, close in _CLOSE.items() if name.startswith(prefix)), _ELSEWHERE_CLOSE)
    return next(iter(get_close_matches(name, known, n=1, cutoff=cutoff)), None)
