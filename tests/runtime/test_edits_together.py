"""Two edits of one text: whoever comes second has theirs with the own changes on top."""

import time

import pytest

from alertnet.runtime.tree_editing import on_top_of

BEFORE = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n"),
        ("A\nb\nc\nd\n", "a\nB\nc\nd\n", "A\nB\nc\nd\n"),
        ("A\nb\nc\nd\n", "a\nc\nd\n", "A\nc\nd\n"),
        (BEFORE + "e\n", BEFORE + "f\n", BEFORE + "e\nf\n"),
        (BEFORE, "a\nx\n", "a\nx\n"),
        ("a\nx\n", BEFORE, "a\nx\n"),
        ("a\nx\n", "a\nx\n", "a\nx\n"),
        ("", "a\nb\nC\nd\n", ""),
    ],
)
def test_changes_of_different_lines_stand_together(mine: str, theirs: str, both: str) -> None:
    assert on_top_of(BEFORE, mine, theirs) == both


def test_where_both_have_changed_a_line_mine_stands_and_the_rest_of_theirs_too() -> None:
    """Theirs were shown before."""
    assert on_top_of(BEFORE, "a\nmine\nc\nd\n", "a\ntheirs\nc\nD\n") == "a\nmine\nc\nD\n"


def test_of_a_new_file_of_both_mine_stands() -> None:
    assert on_top_of("", "tree: peru\n", "tree: chile\n") == "tree: peru\n"


def test_a_form_full_of_lines_that_repeat_takes_no_minutes() -> None:
    """Anybody who may edit could otherwise keep the web from its work (A11)."""
    before, mine = "- a\n- b\n" * 300, "- b\n- c\n- a\n" * 200
    begun = time.process_time()

    assert on_top_of(before, mine, before) == mine
    assert time.process_time() - begun < 2
