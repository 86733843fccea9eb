"""What a cell shows, and how it comes out: files, lines, a notebook, bounds."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from hfjobs_magic.exchange.outputs import collect

DRAWN = """\
import matplotlib.pyplot as plt, numpy as np, pandas as pd, plotly.express as px, altair as alt, PIL.Image
from IPython.display import Audio, HTML, Image, Javascript, Latex, Markdown, Math, clear_output, display
%matplotlib inline
plt.plot([1, 2]); plt.show()
fig, axes = plt.subplots(); plt.figure(); plt.plot([2]); plt.show()
plt.plot([3]); plt.close()
df = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
display(df)
display(df.style.highlight_max())
px.line(x=[1, 2], y=[3, 4]).show()
display(alt.Chart(df).mark_bar().encode(x="a", y="b"))
display(PIL.Image.new("RGB", (40, 30)))
head = b"\\x89PNG\\r\\n\\x1a\\n" + bytes(8) + (7).to_bytes(4, "big") + (5).to_bytes(4, "big")
display(Image(data=head, format="png"))
display(Markdown("**bold** words"), Latex("$x^2$"), Math("y"), HTML("<b>big</b>"), Javascript("1"))
display(Audio(np.zeros(80), rate=8000))
class Rich:
    def _repr_html_(self): return "<i>own</i>"
    def _repr_mimebundle_(self, include=None, exclude=None): return {"application/x-own": b"\\x00bytes"}
display(Rich())
plt.plot([1])
df.describe()
"""


def test_all_that_a_notebook_shows(run_cell):
    ran = run_cell(
        DRAWN, packages=["matplotlib", "numpy", "pandas", "jinja2", "plotly", "nbformat", "altair", "pillow"]
    )
    assert ran.code == 0, ran.log
    said = re.findall(r"^\[output \d+\] (.*)$", ran.log, re.MULTILINE)
    assert [re.sub(r"\d{3,}×\d{3,}", "W×H", words) for words in said] == [
        "figure, W×H", "figure, W×H", "figure, W×H", "table, 3 × 2", "table, 3 × 2", "plot", "chart",
        "figure, 40×30", "figure, 7×5", "**bold** words", "formula", "formula", "big", "JavaScript", "audio", "own",
        "table, 8 × 2", "figure, W×H",
    ]  # fmt: skip
    assert len(ran.shown) == 19  # with Plotly's scripts, which have no line; and nbformat finds them valid
    assert all(len(json.dumps(record)) < 200_000 for record in ran.records)
    kinds = [set(output.get("data", {})) for output in ran.outputs]
    assert kinds[0] == {"image/png", "text/plain"}
    assert "application/x-own" in kinds[16]
    assert "application/vnd.plotly.v1+json" in kinds[6]


BARS = """\
import sys, warnings
warnings.simplefilter("error")
from tqdm.auto import tqdm as auto, trange
from tqdm.notebook import tqdm as notebook, tnrange
import tqdm as whole
for bar in (auto(range(3)), notebook(range(3), desc="own"), trange(3), tnrange(3), notebook(range(2), display=False)):
    for _ in bar: pass
from rich.progress import track
from rich.table import Table
from rich import print as say
for _ in track(range(3)): pass
table = Table("head"); table.add_row("cell"); say(table)
from transformers.utils import is_in_notebook
print("notebook", is_in_notebook())
import ipywidgets
display(ipywidgets.IntSlider(value=3))
"""


def test_bars_and_tables_are_text(run_cell):
    ran = run_cell(BARS, packages=["tqdm", "rich", "transformers", "ipywidgets"])
    assert ran.code == 0, ran.log
    assert ran.log.count("3/3 [") == 4
    assert "own: 100%" in ran.log
    assert "│ cell │" in ran.log
    assert "notebook False" in ran.log
    (widget,) = ran.outputs  # without the view, which no page could draw
    assert set(widget["data"]) == {"text/plain"}
    assert "IntSlider" in widget["data"]["text/plain"]


def test_an_output_is_complete_before_its_line(run_cell):
    """Whoever reads the line finds the file: a process that reads along checks each."""
    process = run_cell.start("for number in range(50):\n    display(number)\n    print('line', number)\n")
    seen = 0
    for line in process.stdout or ():
        if found := re.match(r"\[output (\d+)\] (\d+)$", line):
            path = run_cell.folder / "run" / "j1" / "outputs" / f"{int(found[1]):06}.json"
            assert json.loads(path.read_text())["output"]["data"]["text/plain"] == found[2]
            seen += 1
        elif found := re.match(r"line (\d+)$", line):
            assert int(found[1]) == seen - 1  # between the lines that the cell prints
    assert (seen, run_cell.ended(process).code) == (50, 0)


def test_a_file_has_the_words_of_its_line(run_cell):
    ran = run_cell("h = display('a\\ud800b', display_id=True)\nh.update('c')\ndisplay('x' * 6_000_000)\n1 / 0\n")
    said = re.findall(r"^\[output (\d+)\] (.*)$", ran.log, re.MULTILINE)
    assert said == [(str(record["number"]), record["words"]) for record in ran.records]
    assert len(said) == 4


def test_widgets_are_their_text_and_the_log_says_so_once(run_cell):
    ran = run_cell(
        "import ipywidgets as w\nfor n in range(3): display(w.IntSlider(n))\nw.HTML('<b>x</b>')\n",
        packages=["ipywidgets"],
    )
    assert [output["data"] for output in ran.outputs][:1] == [{"text/plain": "IntSlider(value=0)"}]
    assert len(ran.outputs) == 4
    said = "[outputs] a widget needs a kernel behind it, and a job has none: widgets are shown as their text.\n"
    assert ran.log.count(said) == 1
    assert "kernel behind it" not in run_cell("from tqdm.auto import tqdm\nlist(tqdm([1]))\n1\n", packages=["tqdm"]).log


def test_ten_thousand_outputs(run_cell):
    ran = run_cell("for number in range(10_000):\n    display(number)\n")
    assert ran.code == 0
    assert len(ran.records) == 200 == len(ran.shown)
    assert ran.log.count("200 outputs are shown at most; the others follow as text.") == 1
    assert ran.log.rstrip().endswith("\n9999")


def test_a_large_output_stays_in_the_bucket(run_cell):
    ran = run_cell("display({'image/png': b'x' * 50_000_000, 'text/plain': 'it'}, raw=True)\n1\n")
    assert ran.code == 0
    assert "[output 1] figure: 67 MB are more than is shown; job.outputs.load(1) gets it\n" in ran.log
    assert [record["number"] for record in ran.records] == [1, 2]
    assert (ran.folder / "large" / "000001.json").stat().st_size > 50_000_000
    assert ran.records[0]["large"] == {
        "bytes": (ran.folder / "large" / "000001.json").stat().st_size,
        "file": "large/000001.json",
    }
    assert ran.outputs[0]["data"] == {"text/plain": "figure"}
    assert "too large" in ran.shown[0]["data"]["text/plain"]


def test_updates_come_twice_a_second_and_the_last_one_always(run_cell):
    ran = run_cell("h = display(0, display_id=True)\nfor n in range(1, 1001):\n    h.update(n)\n")
    assert [record["display_id"] for record in ran.records] == [ran.records[0]["display_id"]] * len(ran.records)
    values = [int(output["data"]["text/plain"]) for output in ran.outputs]
    assert values[:2] == [0, 1]
    assert values[-1] == 1000
    assert len(values) < 20
    assert [output["data"]["text/plain"] for output in ran.shown] == ["1000"]


def test_what_waits_is_shown_while_the_cell_goes_on(run_cell):
    """The last update of a burst comes though nothing is shown any more."""
    cell = "import sys\nh = display(0, display_id=True)\nfor n in range(1, 9):\n    h.update(n)\n!cat /proc/self/fd/0\n"
    cell += "import os, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.02)\n"
    go = run_cell.folder / "go"
    process = run_cell.start(cell, str(go))
    for line in process.stdout or ():
        if line.endswith("update: 8\n"):
            break
    assert process.poll() is None
    go.touch()
    assert run_cell.ended(process).code == 0


def test_a_plot_that_is_drawn_anew(run_cell):
    cell = """
from IPython.display import clear_output
for n in range(500):
    clear_output(wait=True)
    display(f"frame {n}")
    display(f"and {n}")
"""
    ran = run_cell(cell)
    assert [output["data"]["text/plain"] for output in ran.shown] == ["'frame 499'", "'and 499'"]
    assert len(ran.records) < 40
    assert [record.get("clear") for record in ran.records[:3]] == [True, None, True]


def test_a_loop_that_ends_with_a_clearing_leaves_its_last_frame(run_cell):
    cell = """
from IPython.display import clear_output
bar = display("bar", display_id=True)
for n in range(30):
    bar.update(f"bar {n}")
    display(f"frame {n}")
    clear_output(wait=True)
"""
    ran = run_cell(cell)
    # Only what comes later would take it away.
    assert [output["data"]["text/plain"] for output in ran.shown] == ["'frame 29'"]
    cleared = run_cell(f"{cell}clear_output()\nclear_output(wait=True)\n", env={"JOB_ID": "j1"})
    assert cleared.records[-1]["clear"] is True


def test_figures_of_a_backend_with_windows_are_pictures(run_cell):
    cell = "%matplotlib widget\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
    ran = run_cell(cell, packages=["matplotlib"])
    assert ran.code == 0, ran.log
    assert ["image/png" in output["data"] for output in ran.outputs] == [True]


CLEARED = [
    ("display(1); clear()", []),
    ("display(1); clear(wait=True)", ["1"]),
    ("display(1); clear(wait=True); print('printed'); print('more')", []),
    ("display(1); clear(wait=True); sys.stderr.write('printed')", []),
    ("display(1); clear(wait=True); sys.stdout.writelines(['a', 'b'])", []),
    ("for n in range(5): display(n); clear(wait=True); print(n, end='\\r')", []),
    ("for n in range(5): clear(wait=True); print(n); display(n)", ["4"]),
    ("print(1); display(2); clear(wait=True); print(3); display(4); print(5); display(6)", ["4", "6"]),
    ("display(1); clear(wait=True); display(2); clear(wait=True); display(3); clear()", []),
    ("display(1); clear(wait=True); outputs.fail(error, told)", ["Bad"]),
    ("display(1); clear(); outputs.fail(error, told)", ["Bad"]),
    ("display(1); display(2); clear(wait=True); display(3); outputs.fail(error, told)", ["3", "Bad"]),
    ("display(1, 'a'); clear(); update(2, 'a')", []),
    ("display(1, 'a'); clear(wait=True); update(2, 'a')", ["2"]),
    ("display(1, 'a'); clear(wait=True); update(2, 'a'); display(3); update(4, 'a')", ["3"]),
    ("display(1, 'a'); clear(); display(2, 'a'); update(3, 'a')", ["3"]),
    # What is captured is not shown.
    ("display(1); clear(wait=True)\nwith contextlib.redirect_stdout(io.StringIO()): print(2)", ["1"]),
    ("display(1); clear(wait=True); print('', end='')", ["1"]),
    ("clear(); clear(wait=True); print(1)", []),
]
"""What a cell does, and what a notebook then shows below it; each was compared with a kernel's."""

MANY_CELLS = """
import contextlib, io, json, os, sys
from pathlib import Path
from hfjobs_magic.runner.outputs import Outputs
folder = Path(sys.argv[1])
announce = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
error, told = {"output_type": "error", "ename": "Bad", "evalue": "", "traceback": []}, {"line": 1, "type": "Bad"}
for number, code in enumerate(json.loads(sys.argv[2])):
    stage = folder / f"stage-{number}"
    stage.mkdir()
    outputs = Outputs(folder / str(number), stage, announce)
    def clear(wait=False): outputs.clear(wait=wait)
    def made(value): return {"output_type": "display_data", "data": {"text/plain": str(value)}, "metadata": {}}
    def display(value, name=None): outputs.show(made(value), name)
    def update(value, name): outputs.update(made(value), name)
    exec(code)
    outputs.flush()
"""


def test_outputs_are_cleared_as_in_a_notebook(tmp_path):
    codes = [code for code, _ in CLEARED]
    words = [sys.executable, "-c", MANY_CELLS, str(tmp_path), json.dumps(codes)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    for number, (code, shown) in enumerate(CLEARED):
        kept = [json.loads(path.read_text()) for path in sorted((tmp_path / f"stage-{number}").glob("*/*.json"))]
        assert [made["data"]["text/plain"] if "data" in made else made["ename"] for made in kept] == shown, code
        records = [json.loads(path.read_text()) for path in sorted((tmp_path / str(number)).glob("outputs/*.json"))]
        listed = collect(records)
        assert [item.error["type"] if item.error else item.data["text/plain"] for item in listed] == shown, code


def test_what_is_cleared_goes_at_once(run_cell):
    cell = "from IPython.display import clear_output\nimport os, sys, time\ndisplay(1)\n"
    cell += "clear_output(wait=True)\n!echo printed\n"
    go = run_cell.folder / "go"
    process = run_cell.start(f"{cell}while not os.path.exists(sys.argv[1]): time.sleep(0.02)\n", str(go))
    for line in process.stdout or ():
        if line == "[output 2] cleared\n":
            break
    assert process.poll() is None
    go.touch()
    assert run_cell.ended(process).code == 0


def test_what_a_widget_holds_is_cleared_alone(run_cell):
    cell = """
import ipywidgets
from IPython.display import clear_output, update_display
display("before")
out, other = ipywidgets.Output(), ipywidgets.Output()
with out:
    display("one")
    display("two", display_id="mine")
with other:
    display("kept")
update_display("three", display_id="mine")
for n in range(3):
    with out:
        clear_output(wait=True)
        display(f"frame {n}", display_id="mine")
update_display("last", display_id="mine")
ipywidgets.interact(lambda x: display(f"x={x}"), x=(0, 4))
display("after")
"""
    ran = run_cell(cell, packages=["ipywidgets"])
    assert ran.code == 0, ran.log
    shown = [item.data["text/plain"].strip("'") for item in collect(ran.records)]
    assert [text for text in shown if not text.startswith("interactive(")] == ["before", "last", "kept", "x=2", "after"]
    assert not [record for record in ran.records if record.get("clear")]
    more = "with out:\n    display(1)\n    display(2)\nclear_output()\nwith out:\n    display(3)\nout.clear_output()\n"
    cleared = run_cell(f"{cell}{more}", packages=["ipywidgets"], env={"JOB_ID": "j1"})
    assert collect(cleared.records) == ()


def test_a_folder_that_cannot_be_written_costs_no_cell(run_cell):
    (run_cell.folder / "run").write_text("a file")
    ran = run_cell("display('shown as text')\nprint('on')\n1 + 1\n")
    assert ran.code == 0
    assert ran.log.count("can't be written to") == 2  # by the outputs, and at the end
    assert "'shown as text'\non\n2\n" in ran.log


def test_unknown_updates_and_odd_values(run_cell):
    cell = """
from IPython.display import update_display
update_display(1, display_id="nobody")
display({"application/json": {"a": {1, 2}}, "text/plain": ["two", " parts"], "text/html": 3}, raw=True)
display({"text/plain": "\\ud800 lone"}, raw=True)
class Bad(Exception):
    def __str__(self): raise ValueError
raise Bad
"""
    ran = run_cell(cell)
    assert [output["output_type"] for output in ran.outputs] == ["display_data", "display_data", "error"]
    assert ran.outputs[0]["data"]["text/plain"] == "two parts"
    assert ran.exit["error"]["message"] == "<exception str() failed>"
    assert ran.exit["error"]["type"] == "Bad"
