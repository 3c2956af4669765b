"""Every message tried once before it is needed: each kind, method, language, subject and type, filled and bare.

Role and disclosure choose which kinds and pages somebody gets, never their words (see `leaks`), so that these are all
the combinations that differ.
"""

from collections import Counter
from collections.abc import Iterator
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
from alertnet.messages.words import ACCOUNT_SUBJECTS

BARE = Said(EXAMPLE.sender, EXAMPLE.organisation, EXAMPLE.ref, EXAMPLE.callback, EXAMPLE.timezone)
"""What is there at least."""


@dataclass
class Trial:
    """What was rendered: how many messages by method, and by kind and language the longest SMS of the example."""

    messages: Counter[MethodKind] = field(default_factory=Counter)
    longest: dict[tuple[Kind, str], SmsSize] = field(default_factory=dict)


def try_all(renderer: Renderer, public_url: str) -> Trial:
    """Render all of them, of templates without faults."""
    trial = Trial()
    filled = replace(EXAMPLE, link=f"{public_url.rstrip('/')}/a/ABCDEFGH23456789")
    for kind, methods in METHODS.items():
        for method, language, said in product(sorted(methods), renderer.languages, _cases(kind, filled)):
            text = renderer.render(kind, method, language, said).text
            trial.messages[method] += 1
            if method is MethodKind.SMS:
                known = trial.longest.get((kind, language), count(""))
                trial.longest[kind, language] = max(known, count(text), key=lambda size: (size.segments, size.units))
    return trial


def _cases(kind: Kind, filled: Said) -> Iterator[Said]:
    subjects = SUBJECTS.get(kind, (None,))
    reasons = tuple(CloseReason) if kind is Kind.STAND_DOWN else (None,)
    for subject, reason in product(subjects, reasons):
        about = replace(filled, subject=subject, reason=reason)
        yield from (about, replace(about, drill=True, silent=True), replace(BARE, subject=subject, reason=reason))
        if subject in ACCOUNT_SUBJECTS:
            yield from (replace(BARE, subject=subject, about=fault) for fault in AccountFault)
    yield from (replace(filled, subject=subjects[0], reason=reasons[0], type=type) for type in TYPES)
