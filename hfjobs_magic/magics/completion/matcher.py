"""Tab on the lines of ``%%hfjob`` and ``%hfjobs``: IPython's completer asks, `grammar` answers."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from hfjobs_magic.magics.completion.grammar import Completion, complete, grammar_of, magic_line
from hfjobs_magic.magics.completion.sources import KernelSources
from hfjobs_magic.magics.hfjobs import line_parser
from hfjobs_magic.options.line import parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.magics.completion.grammar import Sources

IDENTIFIER = "hfjobs_magic"
"""Name of the matcher, for those who configure ``IPCompleter.disable_matchers``."""
PRIORITY = 1000
"""Before all others, which are then not asked: names of the notebook mean nothing on these lines."""
NOTE_CHARACTERS = 60
"""Of what stands beside a candidate: menus do not wrap."""
_PARSERS = {"%%hfjob": parser, "%hfjobs": line_parser}


class _Nothing:
    """No completions, but counted as some: IPython keeps others quiet only for a matcher that found something."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[SimpleCompletion]:
        return iter(())


def completions(before: str, sources: Sources) -> Completion | None:
    """Find what may stand at the cursor, behind the cell's text `before` it; None on lines that are not ours."""
    found = magic_line(before)
    if found is None:
        return None
    magic, text = found
    return complete(grammar_of(_PARSERS[magic]()), text, sources)


def register(shell: InteractiveShell) -> None:
    """Add our matcher to the shell's completer, once."""
    unregister(shell)
    known = KernelSources(names=lambda: shell.user_ns)
    # JupyterLab wraps at blanks, one line over the other; a terminal marks blanks that do not break as odd.
    blank = "\N{NO-BREAK SPACE}" if hasattr(shell, "kernel") else " "

    def note(text: str) -> str:
        return shorten(text, NOTE_CHARACTERS, placeholder=" …").replace(" ", blank)

    known.warm_up()

    @context_matcher(identifier=IDENTIFIER, priority=PRIORITY)
    def matcher(context: CompletionContext) -> dict[str, Any]:
        lines = [*context.full_text.split("\n")[: context.cursor_line], context.text_until_cursor]
        before = "\n".join(lines)
        found = completions(before, known)
        if found is None:
            return {"completions": []}
        known.expect(local="--local" in before)
        offered = [SimpleCompletion(item.text, type=note(item.note)) for item in found.candidates]
        return {
            "completions": offered or _Nothing(),
            "matched_fragment": found.fragment,
            "suppress": True,
            "ordered": True,
        }

    shell.Completer.custom_matchers.append(matcher)


def unregister(shell: InteractiveShell) -> None:
    """Take our matcher away."""
    others = [item for item in shell.Completer.custom_matchers if getattr(item, "matcher_identifier", "") != IDENTIFIER]
    shell.Completer.custom_matchers[:] = others
