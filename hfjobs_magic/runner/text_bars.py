"""``tqdm.notebook`` in a job: the bar that tqdm prints, because the one of a notebook is a widget without a kernel."""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

NAME = "tqdm.notebook"


class TextBars(MetaPathFinder, Loader):
    """Finds one module only."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - importlib's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Answer for `NAME` alone."""
        return importlib.util.spec_from_loader(NAME, self) if name == NAME else None

    def exec_module(self, module: ModuleType) -> None:
        """Give the module the names of the real one."""
        from tqdm.std import tqdm  # noqa: PLC0415 - the job has tqdm, or nobody asks

        class tqdm_notebook(tqdm):  # type: ignore[misc,type-arg,unused-ignore] # noqa: N801 - tqdm's own name
            """A bar of text that takes the options of a notebook's."""

            def __init__(self, *args: Any, display: bool = True, **kwargs: Any) -> None:
                super().__init__(*args, **{**kwargs, "disable": kwargs.get("disable") or not display})

        def tnrange(*args: int, **kwargs: Any) -> tqdm_notebook:
            """``tqdm(range(…))``."""
            return tqdm_notebook(range(*args), **kwargs)

        vars(module).update(
            tqdm_notebook=tqdm_notebook, tqdm=tqdm_notebook, tnrange=tnrange, trange=tnrange,
            __all__=["tqdm_notebook", "tnrange", "tqdm", "trange"],
        )  # fmt: skip


def install() -> None:
    """Answer for the module from now on."""
    sys.meta_path.insert(0, TextBars())
