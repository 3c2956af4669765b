"""What becomes of a folder beside the edition in force."""

from functools import partial

import pytest

from alertnet.core.directory.folder_standing import Standing, standing

at_start = partial(standing, says_latest=False, was_in_force=False, said_latest_before=None, is_newer=True)
"""Files with something new in them, found when a process begins."""


@pytest.mark.parametrize("by_command", [False, True])
def test_a_folder_that_says_what_is_in_force_is_in_order(by_command: bool) -> None:
    assert at_start(says_latest=True, published_by_command=by_command) is Standing.IN_FORCE
    assert at_start(says_latest=True, said_latest_before=False, published_by_command=by_command) is Standing.IN_FORCE


@pytest.mark.parametrize("by_command", [False, True])
def test_an_edit_of_what_is_in_force_counts(by_command: bool) -> None:
    assert at_start(said_latest_before=True, published_by_command=by_command) is Standing.EDITED


@pytest.mark.parametrize("by_command", [False, True])
def test_an_edit_of_what_was_in_force_would_undo_what_came_after(by_command: bool) -> None:
    assert at_start(said_latest_before=False, published_by_command=by_command) is Standing.OVERTAKEN


def test_what_was_edited_while_nobody_watched_counts_unless_somebody_published() -> None:
    assert at_start(published_by_command=False) is Standing.EDITED
    assert at_start(published_by_command=True) is Standing.OVERTAKEN


def test_an_old_folder_at_a_start_takes_nothing_back() -> None:
    """A second machine whose files nobody has renewed, or an installation that publishes by command."""
    old = partial(at_start, was_in_force=True, is_newer=False)

    assert old(published_by_command=False) is Standing.LEFT_BEHIND
    assert old(published_by_command=True) is Standing.LEFT_BEHIND
    assert old(is_newer=True, published_by_command=True) is Standing.LEFT_BEHIND


def test_whoever_goes_back_to_old_files_while_nobody_watches_means_it() -> None:
    assert at_start(was_in_force=True, published_by_command=False) is Standing.EDITED
