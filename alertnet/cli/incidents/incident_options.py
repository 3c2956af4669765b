"""A case that is typed instead of reported: the options of the commands that ask what an incident would do."""

from typing import Annotated

import typer

from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.errors import BadInput
from alertnet.core.incident import TYPES, Affected, Facts, Perpetrator, Scope, Severity

Country = Annotated[str | None, typer.Option(help="Of a case: the country, ISO 3166-1 alpha-2.")]
Type = Annotated[str | None, typer.Option(help="Of a case: what happened, such as arrest.")]
HowGrave = Annotated[Severity | None, typer.Option(help="Of a case; the type's own unless given.")]
Consent = Annotated[
    Scope | None, typer.Option(help="Of a case: how far those concerned agree to; internal unless given.")
]
Nationality = Annotated[list[str] | None, typer.Option(help="Of a case: of one of those affected; may be repeated.")]
Accused = Annotated[Perpetrator | None, typer.Option(help="Of a case: the alleged perpetrator; unknown unless given.")]
Exclude = Annotated[list[str] | None, typer.Option(help="Of a case: a contact, organisation or role to spare.")]


def typed_case(
    country: str | None,
    type: str | None,
    severity: Severity | None,
    consent: Scope | None,
    nationality: list[str],
    perpetrator: Perpetrator | None,
    exclude: list[str],
) -> Facts:
    """The case that the options describe.

    Raises:
        BadInput: a type or country that is none, or none at all.
    """
    if type is None or type not in TYPES:
        raise BadInput("--type", type, TYPES)
    for option, code in (("--country", country), *(("--nationality", each) for each in nationality)):
        if code not in COUNTRIES:
            raise BadInput(option, code, "an ISO 3166-1 alpha-2 code, such as CO")
    return Facts(
        type,
        severity or TYPES[type].severity,
        country or "",
        consent=consent or Scope.INTERNAL,
        people=tuple(Affected(code=each, nationality=each) for each in nationality),
        perpetrator=perpetrator or Perpetrator.UNKNOWN,
        exclude=tuple(exclude),
    )
