"""A real IPython for the magics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from IPython.testing.globalipapp import start_ipython

from hfjobs_magic.api.runtime import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(scope="session")
def _session_shell() -> InteractiveShell:
    shell = start_ipython()
    assert shell is not None
    # A kernel's shell makes every representation, a terminal's only plain text.
    shell.display_formatter.active_types = shell.display_formatter.format_types
    return shell


@pytest.fixture
def shell(_session_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """IPython with the extension loaded; what was followed is left alone afterwards."""
    _session_shell.run_line_magic("load_ext", "hfjobs_magic")
    yield _session_shell
    _session_shell.run_line_magic("unload_ext", "hfjobs_magic")
    RUNTIME.stop()
    _session_shell.user_ns.pop("job", None)
