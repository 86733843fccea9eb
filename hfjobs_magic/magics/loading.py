"""``%load_ext hfjobs_magic`` at once: stand-ins first, and what is slow to import behind them, in the background.

The magics and Tab need huggingface_hub, rich and packaging, half a second of imports. Whoever uses them before they
are there waits for the rest of that, as the import system does anyway.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, needs_local_scope, no_var_expand

from hfjobs_magic.api import group_traceback
from hfjobs_magic.magics import empty_cell, job_names
from hfjobs_magic.records import live_views, notebooks
from hfjobs_magic.worker import start_thread

try:
    from IPython.core.completer import context_matcher
except ImportError:  # before IPython 8.6, such as Colab's: there Tab completes nothing of ours
    HAS_MATCHERS = False
else:
    HAS_MATCHERS = True

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

IDENTIFIER, PRIORITY = "hfjobs_magic", 1000
"""Those of the real matcher in `hfjobs_magic.magics.completion.matcher`."""


_replacing = threading.Lock()
"""Held while magics change, so that none come back once the extension is unloaded."""


@magics_class
class StandIns(Magics):
    """``%%hfjob`` and ``%hfjobs`` until they are imported."""

    @no_var_expand
    @cell_magic
    def hfjob(self, line: str, cell: str) -> None:
        """Run the cell on Hugging Face Jobs; ``%%hfjob --help`` shows how."""
        from hfjobs_magic.magics.hfjob import HfJobMagic  # noqa: PLC0415 - see above

        real: Any = HfJobMagic(self.shell)
        real.hfjob(line, cell)

    @no_var_expand
    @needs_local_scope
    @line_magic
    def hfjobs(self, line: str, local_ns: dict[str, Any] | None = None) -> None:
        """List jobs, read their logs, cancel them; ``%hfjobs --help`` shows how."""
        from hfjobs_magic.magics.hfjobs import HfJobsMagic  # noqa: PLC0415 - see above

        real: Any = HfJobsMagic(self.shell)
        real.hfjobs(line, local_ns)


def load(shell: InteractiveShell) -> threading.Thread:
    """Register everything, and greet; the thread that puts the real things in the place of their stand-ins."""
    stand_ins = StandIns(shell)
    shell.register_magics(stand_ins)
    empty_cell.register(shell)
    job_names.register(shell)
    group_traceback.install()
    _register_matcher(shell)
    path = notebooks.current_path()
    if path and (notebooks.notes().of(path) or live_views.has(path)):
        from hfjobs_magic.magics.welcome import greet  # noqa: PLC0415 - only where there may be something to say

        greet(shell)
    return start_thread("hfjobs-import", lambda: _replace(shell, stand_ins))


def unload(shell: InteractiveShell) -> None:
    """Take everything away."""
    empty_cell.unregister(shell)
    job_names.unregister(shell)
    group_traceback.uninstall()
    _unregister_matcher(shell)
    with _replacing:
        magic = shell.magics_manager.magics["cell"].pop("hfjob", None)
        bound = getattr(getattr(magic, "__self__", None), "values", None)
        if bound is not None:
            bound.close()
        shell.magics_manager.magics["line"].pop("hfjobs", None)


def _replace(shell: InteractiveShell, stand_ins: StandIns) -> None:
    # What fails here, as it does in a process that is about to end, is told where it is used.
    with suppress(ImportError, RuntimeError):
        # What Tab needs is only imported: the first Tab registers it.
        if HAS_MATCHERS:
            from hfjobs_magic.magics.completion import matcher  # noqa: F401, PLC0415 - see above
        from hfjobs_magic.magics.hfjob import HfJobMagic  # noqa: PLC0415 - see above
        from hfjobs_magic.magics.hfjobs import HfJobsMagic  # noqa: PLC0415 - see above

        with _replacing:
            registered = shell.magics_manager.magics["cell"].get("hfjob")
            if getattr(registered, "__self__", None) is stand_ins:
                shell.register_magics(HfJobMagic, HfJobsMagic)


def _register_matcher(shell: InteractiveShell) -> None:
    if not HAS_MATCHERS:
        return
    _unregister_matcher(shell)

    @context_matcher(identifier=IDENTIFIER, priority=PRIORITY)
    def matcher(context: CompletionContext) -> Any:
        from hfjobs_magic.magics.completion import matcher  # noqa: PLC0415 - see above

        matcher.register(shell)
        return shell.Completer.custom_matchers[-1](context)

    shell.Completer.custom_matchers.append(matcher)


def _unregister_matcher(shell: InteractiveShell) -> None:
    if not HAS_MATCHERS:
        return
    others = [item for item in shell.Completer.custom_matchers if getattr(item, "matcher_identifier", "") != IDENTIFIER]
    shell.Completer.custom_matchers[:] = others
