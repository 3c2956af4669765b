"""Renders every message once: each kind, method, language, subject and type, with all and with few fields filled.

Types are only varied where a message names its own type. Role and disclosure choose which kinds and pages somebody
gets, not their words (see `leaks`), so these are all the combinations that differ.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.sms_encoding import SmsSize, count
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.incident import TYPES, CloseReason
from alertnet.core.notification import Kind
from alertnet.messages.checks.example import EXAMPLE
from alertnet.messages.message import METHODS, SUBJECTS
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import PARTS
from alertnet.messages.words import ACCOUNT_SUBJECTS

BARE = Said(EXAMPLE.sender, EXAMPLE.organisation, EXAMPLE.ref, EXAMPLE.callback, EXAMPLE.timezone)
"""The fields that are always filled."""


@dataclass
class Trial:
    """The result: messages by method, and the longest SMS of the example by kind and language."""

    messages: Counter[MethodKind] = field(default_factory=Counter)
    longest: dict[tuple[Kind, str], SmsSize] = field(default_factory=dict)


def try_all(renderer: Renderer, public_url: str) -> Trial:
    """Render all messages of templates that have no faults."""
    trial = Trial()
    filled = replace(EXAMPLE, link=f"{public_url.rstrip('/')}/a/ABCDEFGH23456789")
    for kind, methods in METHODS.items():
        for method, language in product(sorted(methods), renderer.languages):
            types = TYPES if _names_a_type(renderer, kind, method, language) else ()
            for said in _cases(kind, filled, types):
                _try(trial, renderer, kind, method, language, said)
    return trial


def _names_a_type(renderer: Renderer, kind: Kind, method: MethodKind, language: str) -> bool:
    """Whether the message names the type, itself or in a statement; the subject line of all mails does not count."""
    names = {place.name for place in renderer.named_in(kind, PARTS[method][-1], language).anywhere}
    stated = renderer.words(language).subjects.get(SUBJECTS[kind][0], "") if kind in SUBJECTS else ""
    return "type" in names or ("statement" in names and "{type}" in stated)


def _try(trial: Trial, renderer: Renderer, kind: Kind, method: MethodKind, language: str, said: Said) -> None:
    text = renderer.render(kind, method, language, said).text
    trial.messages[method] += 1
    if method is MethodKind.SMS:
        known = trial.longest.get((kind, language), count(""))
        trial.longest[kind, language] = max(known, count(text), key=lambda size: (size.segments, size.units))


def _cases(kind: Kind, filled: Said, types: Iterable[str]) -> Iterator[Said]:
    subjects = SUBJECTS.get(kind, (None,))
    reasons = tuple(CloseReason) if kind is Kind.STAND_DOWN else (None,)
    for subject, reason in product(subjects, reasons):
        about = replace(filled, subject=subject, reason=reason)
        yield from (about, replace(about, drill=True, silent=True), replace(BARE, subject=subject, reason=reason))
        if subject in ACCOUNT_SUBJECTS:
            yield from (replace(BARE, subject=subject, about=fault) for fault in AccountFault)
    yield from (replace(filled, subject=subjects[0], reason=reasons[0], type=type) for type in types)
