"""Answers of contacts, and whether a level's rule is met or can still be met."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Quota


class AnswerKind(StrEnum):
    """A contact's answer. Only `acknowledged` counts for a rule."""

    ACKNOWLEDGED = "acknowledged"
    RELAYED = "relayed"
    DECLINED = "declined"


RECEIVED: Final = "received"
"""Used beside the kinds of answers for somebody who listened to a call and said no more; it is not an answer."""


class Via(StrEnum):
    """How the answer came; each way proves it by itself (A6)."""

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
    """Whether one contact of a level, or its deputy, has acknowledged or still may."""

    organisation: str
    acknowledged: bool
    reachable: bool
    """Whether the contact or a deputy may still acknowledge."""


def is_met(quota: Quota, everyone: Sequence[ContactStatus]) -> bool:
    """Whether the rule is met; never for a level that told nobody.

    `any`: one has acknowledged · `all`: everybody · `each_organisation`: one of each · N: N of them, or all where fewer
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
