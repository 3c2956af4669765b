"""Rows of a table that `make long` alone tries, beside those that stand for them in each run."""

from functools import partial

import pytest

in_long = partial(pytest.param, marks=pytest.mark.long)
