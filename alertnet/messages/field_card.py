"""The pocket card for members of the field, made from the SMS grammar: what to write, and what it means.

The discreet version hides what it is for and whose it is; it reads like a card for announcing one's journeys.
"""

from alertnet.core.codec import value
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.incident import TYPES_BY_NUMBER
from alertnet.messages.renderer import Renderer
from alertnet.messages.words import grouped

PIN, HIDDEN_PIN = "PIN", "00000"
AFTER = {
    FieldVerb.RAISE: " {pin} 20 L12 P7 C2",
    FieldVerb.UPDATE: " {pin} …",
    FieldVerb.CHECK_IN: " {pin}",
    FieldVerb.DEPART: " {pin} L12 18:00",
    FieldVerb.ARRIVE: " {pin}",
    FieldVerb.EXTEND: " {pin} 2H",
    FieldVerb.WITHDRAW: " {pin} A-7K3M",
    FieldVerb.LOW_BATTERY: "",
    FieldVerb.TEST: " {pin}",
    FieldVerb.LANGUAGE: " {pin} FR",
}
"""An example of what follows each verb, in the order of the grammar."""
TELLING = frozenset({FieldVerb.RAISE, FieldVerb.WITHDRAW, FieldVerb.UPDATE})
"""Verbs that reveal that something is wrong; a discreet card leaves them out."""
FILL_IN = "_" * 18


@value
class Panel:
    """One side of the folded card: pairs of what to write and what it means; `listed` stands below in two columns."""

    lines: tuple[tuple[str, str], ...]
    listed: tuple[str, ...] = ()


def panels_of(
    renderer: Renderer, language: str, number: str | None, callback: str | None, *, discreet: bool
) -> list[Panel]:
    """The sides of the card in one language. Unless it is discreet, it lists what the type numbers mean."""
    say = renderer.labels("card", language)
    numbers = [(say["write_to"], grouped(number) if number else FILL_IN)]
    numbers += [(say["call"], grouped(callback))] if callback else []
    if discreet:
        # PIN and type number alone raise an alarm too, so no verb is needed.
        alone = (f"{HIDDEN_PIN} 20 L12 P7 C2", "…")
        return [Panel((*numbers, *_verbs(say, HIDDEN_PIN, TELLING), alone))]
    words = renderer.words(language)
    listed = tuple(f"{number} {words.short_type(each.code)}" for number, each in sorted(TYPES_BY_NUMBER.items()))
    first = (*numbers, (say["panic"], say["means_panic"]), *_verbs(say, PIN, frozenset()))
    return [
        Panel(first),
        Panel(tuple((line, "") for line in (say["order"], *say["codes"].split(". ", 1), say["types"])), listed),
    ]


def _verbs(say: dict[str, str], pin: str, without: frozenset[FieldVerb]) -> list[tuple[str, str]]:
    return [
        (say[verb] + after.format(pin=pin), say[f"means_{verb}"])
        for verb, after in AFTER.items()
        if verb not in without
    ]
