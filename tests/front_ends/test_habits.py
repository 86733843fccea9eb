"""A notebook of usual habits: a cell of it gives as a job what it gives in the kernel, unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service

ABOVE = (
    """\
import collections
import random as rnd
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from math import *

CONFIG = {"lr": 1e-3, "layers": [1, 2, 3], "nested": {"a": (1, None, True)}}
SEED = 3
FACTOR = 1
""",
    # A dataclass.
    """\
@dataclass
class Point:
    x: float
    y: float = 2.0
    tags: list = field(default_factory=list)

    def norm(self):
        return sqrt(self.x**2 + self.y**2)
""",
    # Decorated functions, one with a default of the notebook and one with a library's decorator.
    """\
def logged(function):
    @wraps(function)
    def call(*args, **kwargs):
        CALLS.append(function.__name__)
        return function(*args, **kwargs)
    return call

@logged
def scale(point, by=SEED):
    return Point(point.x * by, point.y * by)

@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

CALLS = []
""",
    # A class that inherits from another cell's; helpers above and below.
    """\
class Named(Point):
    kind = "named"

    def label(self):
        return f"{self.kind} {self.norm():.1f} {helper(CONFIG['lr'])}"

def helper(value):
    def inner():
        return value * FACTOR
    return inner()
""",
    # Names rebound, `global`, comprehension variables of the names that the notebook has.
    """\
FACTOR = 1000
counter = 0
row = "the notebook's"

def count():
    global counter
    counter += 1
    return counter

rows = [row for row in range(3)]
""",
)

CELL = """\
import inspect
rnd.seed(SEED)
point = scale(Point(3.0, 4.0))
print(Named(3, 4).label(), point, CALLS)
print(f"{row!r:>20} {CONFIG['nested']} {FACTOR}", rnd.randint(0, 10**6))
print(count(), count(), counter)
print(sum(row * other for row in rows for other in range(2)), [collections.Counter(word) for word in ("aab",)])
def use_later():
    def nested():
        return factorial(4)
    return nested() + fib(10)
print(use_later(), inspect.getsource(helper))
async def late():
    return pi
round(await late(), 2)
"""


def test_a_cell_is_the_same_in_the_kernel_and_as_a_job(local: Service, tmp_path: Path):
    magic = f"%%hfjob --local --as job --timeout 5m\n{CELL}"
    cells = ("%load_ext hfjobs_magic", *ABOVE, magic, "print('\\n'.join(job.logs()))", CELL)
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(node, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    job, log, kernel = node.cells[-3:]
    assert "named 5.0 1.0 Point(x=9.0, y=12.0, tags=[]) ['scale']" in printed(kernel)
    assert result(job) == result(kernel) == ["3.14"]
    assert without_cues(printed(log)) == without_cues(printed(kernel))


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def without_cues(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("[output ")]


def result(cell: Any) -> list[str]:
    return [output.data["text/plain"] for output in cell.outputs if "data" in output][-1:]


PICTURE = (
    """\
import numpy as np
import pandas as pd

df = pd.DataFrame({"x": range(20), "y": [3 * x + 1 for x in range(20)]})

def train(rows):
    return np.polyfit(rows.x, rows.y, 1)

def plot_losses(model):
    import matplotlib.pyplot as plt
    plt.plot(model)
    plt.show()

def evaluate(model):
    return float(model[0])
""",
    """\
%%hfjob --local --flavor a10g-small --timeout 30m -i df -o acc --out-dir results
model = train(df)                    # train comes along from the notebook, df because -i says so
plot_losses(model)                   # the figure appears under the cell
acc = evaluate(model)                # and acc is back in the notebook
from pathlib import Path
_ = Path("results/model.txt").write_text(repr(model))
""",
    "round(acc, 3), open('results/model.txt').read().startswith('array')",
)


def test_a_cell_with_a_figure_a_value_and_a_folder(local: Service, tmp_path: Path):
    cells = ("%load_ext hfjobs_magic", *PICTURE)
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(node, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert result(node.cells[-1]) == ["(3.0, True)"]
    card, figure, *_ = node.cells[-2].outputs
    assert card.data["text/plain"].endswith(" on a10g-small, local service")
    assert "Completed" in card.data["text/html"]
    assert "image/png" in figure.data
