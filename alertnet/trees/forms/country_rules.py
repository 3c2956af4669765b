"""What phones in a country can do with our messages: shipped data, and a network's own corrections."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal

import phonenumbers
from pydantic import Field

from alertnet.core.directory.languages import phrase
from alertnet.trees.forms.conform import conform
from alertnet.trees.forms.tree_form import Country, Day, Form, Line, YesNo, read_by
from alertnet.trees.reading import values
from alertnet.trees.reading.document import Document
from alertnet.trees.reading.fault import Fault
from alertnet.trees.reading.yaml_file import read_document

FILE = "countries.yaml"
"""A network's own rules, beside its trees; they take precedence over the shipped ones per country."""

Sender = Annotated[
    Literal["kept", "replaced"], read_by(values.one_of(phrase("unknown fate of the sender"), ("kept", "replaced")))
]
Dearest = Annotated[Literal["sms", "call"], read_by(values.one_of(phrase("unknown method"), ("sms", "call")))]
Price = Annotated[
    Literal["low", "middle", "high"], read_by(values.one_of(phrase("unknown price class"), ("low", "middle", "high")))
]
Emergency = Annotated[str, read_by(values.emergency_number)]


class CountryForm(Form):
    """The rules of one country, with their source and the day on which it was checked."""

    source: Line
    checked: Day
    replies: YesNo = True
    links: YesNo = True
    sender: Sender = "kept"
    dearest: Dearest | None = None
    price: Price | None = None
    emergency: list[Emergency] = Field(default_factory=list)


class CountriesForm(Form):
    """A file of country rules."""

    countries: dict[Country, CountryForm]


class Rules:
    """The rules by country. In a country without rules, everything is possible."""

    def __init__(self, by_country: Mapping[str, CountryForm]) -> None:
        self.by_country = by_country

    def of_number(self, number: str) -> CountryForm | None:
        """The rules for a number in E.164; None where its country has none."""
        return self.by_country.get(region_of(number) or "")

    def for_sms(self, number: str) -> tuple[bool, bool]:
        """Whether an SMS to that number can be answered, and whether it may contain a link."""
        rule = self.of_number(number)
        return (rule.replies, rule.links) if rule else (True, True)


NO_RULES = Rules({})


@lru_cache(maxsize=4)
def rules_of(own: Document | None) -> tuple[Rules, tuple[Fault, ...]]:
    """The shipped rules with a network's own applied, and the faults of that file."""
    form, faults = conform(own, CountriesForm) if own else (None, ())
    known = dict(_shipped())
    for code, written in (form.countries if form else {}).items():
        before = known.get(code)
        said = {name: getattr(written, name) for name in written.model_fields_set}
        known[code] = before.model_copy(update=said) if before else written
    return Rules(known), (*(own.faults if own else ()), *faults)


def region_of(number: str) -> str | None:
    """The ISO code of the country of a number in E.164."""
    return phonenumbers.region_code_for_number(values.parsed_number(number))


@cache
def _shipped() -> Mapping[str, CountryForm]:
    form, faults = conform(read_document(Path(__file__).parents[1] / FILE, FILE), CountriesForm)
    assert form is not None, faults
    return form.countries
