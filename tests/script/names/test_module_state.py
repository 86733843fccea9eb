"""What earlier cells have set in modules: told of where the cell uses the module, and nowhere else."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.names.module_state import find_settings
from hfjobs_magic.script.packages.imports import find_imports

IMPORTS = """\
import random, os, decimal, sys, warnings
import numpy as np, torch, pandas as pd
import matplotlib.pyplot as plt
"""


def said(cells: list[str], cell: str, **options: list[str]) -> list[str]:
    tree = ast.parse(cell)
    return find_settings(tree, {item.top for item in find_imports(tree)}, ["", IMPORTS, *cells], **options)


@pytest.mark.parametrize(
    ("statement", "cell"),
    [
        ("random.seed(0)", "import random\nrandom.random()"),
        ("np.random.seed(0)", "import numpy as np\nnp.random.rand()"),
        ("torch.manual_seed(0)", "import torch\ntorch.rand(3)"),
        ("decimal.getcontext().prec = 50", "from decimal import Decimal\nDecimal(1) / 3"),
        ("np.set_printoptions(precision=2)", "import numpy as np\nnp.ones(3)"),
        ("pd.set_option('display.width', 9)", "import pandas as pd\npd.DataFrame()"),
        ("pd.options.display.width = 9", "import pandas as pd\npd.DataFrame()"),
        ("sys.setrecursionlimit(10**6)", "import sys\nsys.path"),
        ("os.chdir('/tmp')", "import os\nos.listdir()"),
        ("warnings.filterwarnings('ignore')", "import warnings\nwarnings.warn('x')"),
        ("plt.rcParams['figure.dpi'] = 150", "import matplotlib.pyplot as plt\nplt.plot()"),
        ("plt.style.use('ggplot')", "import matplotlib.pyplot as plt\nplt.plot()"),
        ("torch.backends.cudnn.benchmark = True", "import torch"),
    ],
)
def test_what_is_set_here_only_is_told_of_where_the_module_is_used(statement, cell):
    note = f"`{statement}` of [3] is not run in the job; if it matters, put it into this cell."
    assert said(["x = 1", statement], cell) == [note]
    assert said(["x = 1", statement], "print(1)") == []
    assert said([f"def later():\n    {statement}"], cell) == []
    assert said([statement], f"{IMPORTS}{statement}\n{cell}") == []  # the cell does so itself


def test_a_helper_that_seeds_everything():
    cells = ["def seed_all(n):\n    random.seed(n)\n    np.random.seed(n)\n", "seed_all(0)", "seed_all(1)"]
    cell = "import random, numpy as np\nrandom.random(), np.random.rand()"
    assert said(cells, cell) == ["`seed_all(1)` of [4] is not run in the job; if it matters, put it into this cell."]
    assert said(cells, f"import random, numpy as np\n{cells[0]}seed_all(3)\nrandom.random()") == []


def test_a_generator_of_its_own_needs_no_seed_of_numpys():
    assert said(["np.random.seed(0)"], "import numpy as np\nnp.random.default_rng(3).normal()") == []


def test_of_the_environment_only_names_are_told():
    cells = ["os.environ['API_KEY'] = 'hunter2hunter2'", "os.environ['OTHER'] = 'x'"]
    cell = "import os\nos.environ['API_KEY']"
    (note,) = said(cells, cell)
    assert note == '[2] sets os.environ["API_KEY"] here only; -e API_KEY=… or --secrets API_KEY gives it.'
    assert said(cells, cell, environment=["API_KEY"]) == []


def test_a_secret_is_not_repeated():
    token = "hf_" + "a1B2" * 8
    (note,) = said([f"pd.set_option('io.token', {token!r})"], "import pandas as pd")
    assert note == "`pandas.set_option` of [2] is not run in the job; if it matters, put it into this cell."


def test_the_last_of_several_counts_and_few_are_told():
    cell = "import random\nrandom.random()"
    assert [note[:16] for note in said(["random.seed(1)", "random.seed(2)", "bad syntax ("], cell)] == [
        "`random.seed(2)`"
    ]
    many = [f"random.x{number} = 1" for number in range(9)]
    assert [note.partition(" of ")[0] for note in said(many, cell)] == [f"`random.x{n} = 1`" for n in range(4, 9)]


def test_a_name_that_is_a_module_no_more():
    assert said(["random = object()", "random.seed(0)"], "import random\nrandom.random()") == []
