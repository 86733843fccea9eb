"""IPython's shell, where this process has one."""

from __future__ import annotations

import sys
from typing import Any


def current_shell() -> Any:
    """Return the shell; None without one.

    Not imported here: a program without IPython pays nothing for it.
    """
    module = sys.modules.get("IPython.core.getipython")
    return module.get_ipython() if module is not None else None
