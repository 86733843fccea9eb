"""The words for what of a job's volumes could not be kept."""

from __future__ import annotations

import errno
import os

import pytest

from hfjobs_magic.local.jobs.losses import describe_failure, describe_losses, describe_problem


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_a_sentence(number: int):
    problem = describe_problem(OSError(number, os.strerror(number)))
    said = describe_losses("ada/results", [], [("model.bin", problem)])
    assert said == "Not kept in the bucket ada/results: 'model.bin' (the disk of the local service is full)."
    assert describe_failure("ada/results", problem).endswith(
        "could not be kept: the disk of the local service is full."
    )


def test_other_problems_are_said_as_the_system_does():
    assert describe_problem(PermissionError(errno.EACCES, "Permission denied")) == "Permission denied"
