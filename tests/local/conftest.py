"""Services for the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service that most tests share."""
    made = Server(tmp_path_factory.mktemp("shared") / "data", {"HFJOBS_LOCAL_SLOTS": "4"})
    yield made
    made.stop()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes services for tests that stop, kill or configure them."""
    made: list[Server] = []

    def make(name: str = "data", **variables: str) -> Server:
        made.append(Server(tmp_path / name, variables))
        return made[-1]

    yield make
    for one in made:
        if one.process.poll() is None:
            one.stop()
