"""Lines of commands that take options, and then something with options of its own: an image's command, a script. Pure.

As on the command line of ``hf jobs``: an option that is known is ours wherever it stands, what is not known belongs
to the command, and behind ``--`` everything does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hfjobs_magic.options.table import Option


def apart(words: Sequence[str], options: Iterable[Option]) -> tuple[list[str], list[str]]:
    """Take known options with their values out of `words`; both lists keep their order.

    Raises
    ------
    OptionError
        For short options in one word behind the first word that is none: ``ls -la`` would lose its ``-la`` to the
        label ``a``, as it does with ``hf jobs run``.
    """
    kinds = {flag: option.kind for option in options for flag in option.flags}
    own: list[str] = []
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return own, rest + left
        if word in kinds:
            own.append(word)
            if _takes_value(kinds[word]) and left:
                own.append(left.pop(0))
        elif _holds_value(word, kinds) or _is_cluster(word, kinds):
            if rest and not word.startswith("--"):
                raise OptionError(
                    f"{word} could be an option of this line ({word[:2]} {word[2:]}) or the command's own. "
                    "Put options first, or -- before what is the command's own."
                )
            own.append(word)
        else:
            rest.append(word)
    return own, rest


def _takes_value(kind: str) -> bool:
    return kind not in {"flag", "switch"}


def _holds_value(word: str, kinds: Mapping[str, str]) -> bool:
    """``--flavor=t4-small`` and ``-eNAME``."""
    name = word.partition("=")[0] if word.startswith("--") else word[:2]
    return name != word and name in kinds and _takes_value(kinds[name])


def _is_cluster(word: str, kinds: Mapping[str, str]) -> bool:
    """``-dq``."""
    return len(word) > 2 and word[0] == "-" != word[1] and all(kinds.get(f"-{letter}") == "flag" for letter in word[1:])
