"""The class that an error of a job has here."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from hfjobs_magic.api.remote_error import NOT_RAISED, make_error
from hfjobs_magic.errors import RemoteError

NOBODY: Any = None
"""The job, which is not asked."""

KINDS: list[type[BaseException]] = sorted(
    {
        kind
        for kind in vars(builtins).values()
        if isinstance(kind, type) and issubclass(kind, BaseException) and "Group" not in kind.__name__
    },
    key=lambda kind: kind.__name__,
)
CODEC = {"encoding": "x", "object": "\xe9", "start": 0, "end": 1, "reason": "odd"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_builtin_is_caught_by_its_class_or_is_a_plain_remote_error(kind: type[BaseException]):
    told = {"bases": [base.__name__ for base in kind.__mro__ if base is not object], "attributes": CODEC}
    error = make_error("Job fox-1 ended.", NOBODY, told)
    assert isinstance(error, RemoteError)
    assert (str(error), error.args) == ("Job fox-1 ended.", ("Job fox-1 ended.",))
    if not issubclass(kind, Exception) or issubclass(kind, NOT_RAISED):
        assert type(error) is RemoteError
    else:
        assert isinstance(error, kind)


@pytest.mark.parametrize("attributes", [{}, {**CODEC, "start": "here"}, {**CODEC, "object": None, "encoding": None}])
@pytest.mark.parametrize("kind", [UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError])
def test_an_error_of_a_codec_without_its_parts_is_a_unicode_error(kind: type[UnicodeError], attributes: Any):
    told = {"bases": [base.__name__ for base in kind.__mro__ if base is not object], "attributes": attributes}
    error = make_error("Job fox-1 ended.", NOBODY, told)
    assert isinstance(error, UnicodeError)
    assert str(error) == "Job fox-1 ended."
