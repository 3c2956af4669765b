"""Whether a watched folder of trees comes into force, given that another edition may have been published since (A8)."""

from enum import Enum, auto

from alertnet.core.codec import value


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


@value
class FolderState:
    """What is known of a folder besides its content."""

    says_latest: bool
    was_in_force: bool
    """Its content is in force now, or once was."""
    said_latest_before: bool | None
    """Whether this edit began from the edition in force; None: nobody saw the folder before, as at a start."""
    is_newer: bool = True
    """One of its files changed after the edition in force was published."""


def standing(folder: FolderState, published_by_command: bool) -> Standing:
    """Decide how the folder stands. `published_by_command`: the edition in force came from no watched folder."""
    if folder.says_latest:
        return Standing.IN_FORCE
    if folder.said_latest_before is not None:
        return Standing.EDITED if folder.said_latest_before else Standing.OVERTAKEN
    if folder.was_in_force and (published_by_command or not folder.is_newer):
        return Standing.LEFT_BEHIND
    return Standing.OVERTAKEN if published_by_command else Standing.EDITED
