"""The layout of ``--help``: two columns that line up in a terminal and in a notebook."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hfjobs_magic.options.near_names import find_near

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = 90
"""Width of the text in characters, whatever the window's: JupyterLab's output has 91 beside the file browser."""
NAMES_COLUMNS = 34
"""Characters before the right column, at most; longer names get a line of their own."""


class Layout(argparse.RawDescriptionHelpFormatter):
    """All spellings of an option in one row, then its value once; commands in the first column."""

    def __init__(self, prog: str, **settings: Any) -> None:
        given = {"max_help_position": NAMES_COLUMNS, "width": COLUMNS, **settings}
        super().__init__(prog, **given)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        # A long spelling alone goes below the long spellings of other options, not to the left of them.
        names = ", ".join(action.option_strings)
        indent = "    " if action.option_strings[0].startswith("--") else ""
        if action.nargs == 0:
            return f"{indent}{names}"
        return f"{indent}{names} {self._format_args(action, self._get_default_metavar_for_optional(action))}"

    def _iter_indented_subactions(self, action: argparse.Action) -> Any:
        # Commands are what the page is about: not indented further than options.
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - named nowhere else
            yield from super()._iter_indented_subactions(action)
            return
        yield from action._get_subactions()  # noqa: SLF001 - see above

    def _format_action(self, action: argparse.Action) -> str:
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - see above
            return "".join(self._format_action(choice) for choice in self._iter_indented_subactions(action))
        return super()._format_action(action)


class HelpParser(argparse.ArgumentParser):
    """argparse with our layout, and without the colours of Python 3.14, which a notebook would save."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{"formatter_class": Layout, "add_help": False, **settings})
        self.color = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read words; one that begins with a dash and is no option of ours is the value of the option before it.

        ``--timeout -5m`` is then answered by the rule for times, not as a value that is missing.
        """
        words: list[str] = []
        for word in args or ():
            before = self._option_string_actions.get(words[-1]) if words else None
            if before and before.nargs != 0 and word[:1] == "-" != word[1:2] and word[:2] not in self._own_flags:
                words[-1] += f"={word}"
            else:
                words.append(word)
        return super().parse_known_args(words, namespace)

    @property
    def _own_flags(self) -> set[str]:
        return {"-", *(flag[:2] for flag in self._option_string_actions if flag[1:2] != "-")}


def examples(*lines: str) -> str:
    """Return the examples that end a help text."""
    return "examples:\n" + "\n".join(f"  {line}" if line else "" for line in lines)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the nearest names, beginning with a space; empty where none is near."""
    near = find_near(name, known)[:2]
    return f" Did you mean {' or '.join(near)}?" if near else ""
