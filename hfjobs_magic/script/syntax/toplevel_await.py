"""Top-level ``await`` in a script that plain Python runs.

A notebook compiles its cells with `ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`; Python compiles a file
without. So the file holds the code as a string that begins on line 1, and a few lines below it
compile that string, with the flag, under the file's own name. Line numbers are the same, and what
a traceback shows is read from the same lines of the same file. Unlike a function around the code,
names stay global: pickling, ``global`` and star imports work.
"""

from __future__ import annotations

import ast
import inspect

FOOTER = '''
def _run_cell(code):
    """Run the code above as a notebook does, which may await anywhere."""
    import ast
    import asyncio

    made = compile(code, __file__, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    asyncio.run(eval(made, globals()))


_run_cell(_cell)
'''


def awaits(text: str) -> bool:
    """Whether code that compiles needs an event loop around it."""
    code = compile(text, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return bool(code.co_flags & inspect.CO_COROUTINE)


def wrap(text: str) -> str:
    """Put code that ends with a line end into a string, and the runner below it."""
    for quotes in ("'''", '"""'):
        if quotes not in text:
            return f"_cell = r{quotes}{text}{quotes}\n{FOOTER}"
    # Both are used: the lines with quotes and backslashes look different in the file, no other does.
    escaped = text.replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    return f"_cell = '''{escaped}'''\n{FOOTER}"
