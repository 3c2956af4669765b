"""Whether a watched folder of trees comes into force, given that another edition may have been published since (A8)."""

from enum import Enum, auto


class Standing(Enum):
    """How a folder stands to the edition in force."""

    IN_FORCE = auto()
    """Its content is in force."""
    EDITED = auto()
    """It was edited from the edition in force, so it comes into force."""
    LEFT_BEHIND = auto()
    """It holds an earlier edition; the later one stays in force."""
    OVERTAKEN = auto()
    """It was edited from an earlier edition: in force, it would silently undo what was published since."""


def standing(
    *,
    says_latest: bool,
    was_in_force: bool,
    said_latest_before: bool | None,
    is_newer: bool,
    published_by_command: bool,
) -> Standing:
    """Decide how a folder stands.

    `says_latest`, `was_in_force`: its content is in force now, or once was. `said_latest_before`: this edit began from
    the edition in force; None: nobody saw the folder before, as at a start. `is_newer`: one of its files changed after
    that edition was published. `published_by_command`: it came from no watched folder.
    """
    if says_latest:
        return Standing.IN_FORCE
    if said_latest_before is not None:
        return Standing.EDITED if said_latest_before else Standing.OVERTAKEN
    if was_in_force and (published_by_command or not is_newer):
        return Standing.LEFT_BEHIND
    return Standing.OVERTAKEN if published_by_command else Standing.EDITED
