"""Who answered what, by which method, and whether a level's rule is met or can still be met."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Quota


class AnswerKind(StrEnum):
    """What a contact said. Only `acknowledged` ever counts for a rule."""

    ACKNOWLEDGED = "acknowledged"
    RELAYED = "relayed"
    DECLINED = "declined"


RECEIVED: Final = "received"
"""Stands among the kinds of answers where somebody listened to a call and said no more: it is none of them."""


class Via(StrEnum):
    """How the answer came, each a proof of its own (A6)."""

    SMS = "sms"
    CALL = "call"
    LINK = "link"
    EMAIL = "email"
    VOUCHED = "vouched"


class Action(StrEnum):
    """What somebody did after acknowledging."""

    CALLED_AUTHORITY = "called_authority"
    RAISED_WITH_MINISTRY = "raised_with_ministry"
    VISITED = "visited"
    OBSERVED = "observed"
    STATEMENT = "statement"
    REFERRED = "referred"
    PROTECTION_MEASURES = "protection_measures"
    NONE = "none"


@value
class ContactStatus:
    """Whether one contact of a level, or whoever stands in for it, has acknowledged or still may."""

    organisation: str
    acknowledged: bool
    reachable: bool
    """Whether it, or a deputy, may still acknowledge."""


def is_met(quota: Quota, everyone: Sequence[ContactStatus]) -> bool:
    """Whether the rule is met; a level that told nobody is never met.

    `any`: one has acknowledged · `all`: every one · `each_organisation`: one of each · N: N of them, or all where fewer
    are left.
    """
    return _reaches(quota, everyone, [each for each in everyone if each.acknowledged])


def can_be_met(quota: Quota, everyone: Sequence[ContactStatus]) -> bool:
    """Whether enough contacts have acknowledged or may still do so."""
    return _reaches(quota, everyone, [each for each in everyone if each.acknowledged or each.reachable])


def _reaches(quota: Quota, everyone: Sequence[ContactStatus], those: Sequence[ContactStatus]) -> bool:
    match quota:
        case "any":
            return bool(those)
        case "all":
            return bool(those) and len(those) == len(everyone)
        case "each_organisation":
            return bool(those) and {each.organisation for each in those} == {each.organisation for each in everyone}
        case number:
            return bool(those) and len(those) >= min(int(number), len(everyone))
