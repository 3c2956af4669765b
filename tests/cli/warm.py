"""Loaded before anything is forked, and nowhere else: the process has then read what each command would read anew."""

from tests.cli.typed import warm_up

warm_up()
