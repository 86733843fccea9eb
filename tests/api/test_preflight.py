"""What is known of a job before it costs anything: asked of a real uv, on an index of this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.api.preflight import check_before
from hfjobs_magic.api.resolution import resolve_packages, shorten_explanation
from hfjobs_magic.api.surroundings import check_prompts
from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.script.cell import from_cell as from_magic_cell
from hfjobs_magic.script.packages.requirements import Kernel
from hfjobs_magic.script.script import from_cell
from tests.api.index import serve_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hfjobs_magic.script.script import Script
    from tests.api.index import Index

LINE = "%%hfjob"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    with serve_index() as made:
        monkeypatch.setenv("UV_DEFAULT_INDEX", made.url)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        for name in ("alpha", "beta", "transformers", "torch"):
            made.add(name)
        made.add("old-friend", requires=("alpha<1",))
        made.add("brings-beta", requires=("beta",))
        made.add("only-new", python=">=3.14")
        made.add_source_only("needs-building")
        yield made


def cell(text: str, **options: object) -> Script:
    return from_cell(text, magic_line=LINE, kernel=lambda: Kernel(table={"models": "-"}), **options)  # type: ignore[arg-type]


def notes_of(script: Script, options: RunOptions, *, plan: bool = False) -> tuple[str, ...]:
    return check_before(script, options, env=read_env(options), secrets=read_secrets(options), plan=plan)


HUB = RunOptions()
LOCAL = RunOptions(local=True)


@pytest.mark.parametrize("options", [HUB, LOCAL], ids=["hub", "local"])
def test_packages_that_can_be_installed_are_not_worth_a_word(index: Index, options: RunOptions):
    assert notes_of(cell("import alpha, beta\n"), options) == ()


@pytest.mark.parametrize("options", [HUB, LOCAL], ids=["hub", "local"])
def test_a_misspelt_package_is_refused_with_the_line_and_the_nearest_name(index: Index, options: RunOptions):
    with pytest.raises(OptionError) as caught:
        notes_of(cell("import transformerz\n"), options)
    assert str(caught.value) == (
        "The job's packages cannot be installed: transformerz was not found in the package registry and you require "
        "transformerz (line 2: import transformerz, a guess from its name). Did you mean transformers? "
        "Name the right package with --with. Nothing was submitted."
    )


@pytest.mark.parametrize(
    ("text", "dependencies", "end"),
    [
        (
            "import eval_model\n",
            [],
            "(line 2: import eval_model, a guess from its name). Name the right package with --with.",
        ),
        ("print(1)\n", ["cv2"], "you require cv2. Its package is opencv-python-headless."),
        # An index that wants a login, or a mirror without it: its name is right.
        (
            "print(1)\n",
            ["six"],
            "you require six. That is its name: check the address of the index that uv asks, "
            "and the login that it wants.",
        ),
        ("print(1)\n", ["langchian"], "you require langchian. Did you mean langchain?"),
        ("!pip install nothere-x\nprint(1)\n", [], "(line 2: !pip install nothere-x). Correct the line."),
        (
            "sys.path.append('/code')\nimport nothere_x\n",
            [],
            "If it lies on a folder that the job puts on its path, add --deps none and name packages with --with.",
        ),
    ],
)
def test_the_way_out_goes_by_who_asked_for_the_package(index: Index, text: str, dependencies: list[str], end: str):
    with pytest.raises(OptionError) as caught:
        notes_of(cell(text, dependencies=dependencies), HUB)
    assert str(caught.value).endswith(f"{end} Nothing was submitted.")


@pytest.mark.parametrize(
    ("dependencies", "message"),
    [
        (["nothere"], "nothere was not found in the package registry and you require nothere. Nothing was submitted."),
        (["alpha>=2"], "only alpha==1.0 is available and you require alpha>=2. Nothing was submitted."),
        (["alpha==7"], "there is no version of alpha==7 and you require alpha==7. Nothing was submitted."),
        (["alpha>=1", "old-friend"], "all versions of old-friend depend on alpha<1"),
        (["only-new"], "the requested Python version (>=3.12) does not satisfy Python>=3.14"),
        (
            ["alpha", "https://user:hf_secret@127.0.0.1:9/x.git nonsense"],
            "Expected direct URL (`https://***@127.0.0.1:9/",
        ),
    ],
)
def test_what_cannot_be_installed_is_refused_in_uvs_words(index: Index, dependencies: list[str], message: str):
    script = cell("print(1)\n", dependencies=dependencies)
    with pytest.raises(OptionError) as caught:
        notes_of(script, HUB)
    assert str(caught.value).startswith("The job's packages cannot be installed: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hf_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("http://x", "Expected direct URL (`http://x/`) to end in a supported file extension"),
        ("alpha @ https://example.com/alpha.whl", "The wheel filename `alpha.whl` is invalid: Must have a version."),
    ],
)
def test_an_address_that_uv_takes_for_no_package_is_refused(index: Index, requirement: str, message: str):
    with pytest.raises(OptionError) as caught:
        notes_of(cell("1\n", dependencies=[requirement]), HUB)
    assert str(caught.value).startswith(f"The job's packages cannot be installed: {message}")
    assert "more.in" not in str(caught.value)


def test_the_header_of_a_script_counts_with_its_own_index(index: Index, monkeypatch: pytest.MonkeyPatch):
    header = "# /// script\n# dependencies = ['alpha', 'nothere']\n# ///\nimport alpha\n"
    with pytest.raises(OptionError, match="nothere was not found"):
        notes_of(cell(header), HUB)
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    own = (
        "# /// script\n# dependencies = ['alpha']\n# [[tool.uv.index]]\n"
        f"# url = '{index.url}'\n# default = true\n# ///\nimport alpha\n"
    )
    assert notes_of(cell(own), HUB) == ()


def test_the_jobs_own_index_counts(index: Index, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    assert notes_of(cell("import alpha\n"), RunOptions(env=(f"UV_DEFAULT_INDEX={index.url}",))) == ()


def test_an_answer_is_remembered(index: Index):
    script = cell("import alpha, beta\n")
    notes_of(script, HUB)
    asked = len(index.asked)
    assert asked
    notes_of(script, HUB)
    notes_of(script, HUB, plan=True)
    assert len(index.asked) == asked


def test_an_index_that_does_not_answer_is_a_note_and_asked_again(index: Index):
    script = cell("import alpha\n")
    index.silent.set()
    found = resolve_packages(script, HUB, {}, patience_s=1.0)
    assert found.note == "The packages were not checked: the index did not answer within 1 s."
    assert found.refusal == ""
    index.silent.clear()
    assert resolve_packages(script, HUB, {}).packages == {"alpha"}


def test_no_network_is_a_note(index: Index, monkeypatch: pytest.MonkeyPatch):
    note = "The packages were not checked: the index cannot be reached from here."
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    assert notes_of(cell("import alpha\n"), HUB) == (note,)
    monkeypatch.setenv("UV_OFFLINE", "1")
    assert notes_of(cell("import alpha\n"), HUB) == (note,)
    assert notes_of(cell("1\n", dependencies=["alpha[extra]"]), HUB) == (note,)


@pytest.mark.parametrize(("status", "words"), [(401, "401 Unauthorized"), (403, "403 Forbidden")])
def test_an_index_that_refuses_is_a_note_since_the_job_may_have_its_login(index: Index, status: int, words: str):
    index.refuses_with = status
    note = f"The packages were not checked: the index {index.url} refuses to be read from here ({words})."
    assert notes_of(cell("import alpha\n"), HUB) == (note,)


def test_what_would_have_to_be_built_is_left_to_the_job_and_the_rest_is_checked(index: Index):
    assert notes_of(cell("import needs_building\n"), HUB) == (
        "needs-building has no wheel: the job builds it first, which takes its time and may fail.",
    )
    assert notes_of(cell("import needs_building\n"), LOCAL) == ()
    with pytest.raises(OptionError, match="nothere was not found"):
        notes_of(cell("import needs_building, nothere\n"), HUB)


def test_a_build_that_wants_torch_is_said_to_fail(index: Index):
    index.add_source_only("flash-attn")
    (note,) = notes_of(cell("import flash_attn\n"), HUB)
    assert note == (
        "flash-attn has no wheel, and its build fails in a job: it wants torch first. "
        "Name a wheel's address with --with 'flash-attn @ https://….whl'."
    )


def test_a_header_that_declares_what_has_to_be_built_is_not_refused_and_the_rest_is_checked(index: Index):
    header = "# /// script\n# dependencies = ['needs-building', '{}']\n# ///\nimport needs_building\n"
    assert notes_of(cell(header.format("alpha")), HUB) == (
        "needs-building has no wheel: the job builds it first, which takes its time and may fail.",
    )
    with pytest.raises(OptionError, match="nothere was not found"):
        notes_of(cell(header.format("nothere")), HUB)


def test_a_header_says_where_a_package_comes_from(index: Index, monkeypatch: pytest.MonkeyPatch):
    """``[tool.uv.sources]`` hold for what the header itself declares."""
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    header = (
        "# /// script\n# dependencies = ['alpha']\n# [tool.uv.sources]\n# alpha = { index = 'own' }\n"
        f"# [[tool.uv.index]]\n# name = 'own'\n# url = '{index.url}'\n# explicit = true\n# ///\nimport alpha\n"
    )
    assert notes_of(cell(header), HUB) == ()


def test_what_a_header_asks_for_in_vain_is_told_of_the_reader(index: Index):
    header = "# /// script\n# dependencies = ['alpha>=2']\n# ///\nimport alpha\n"
    with pytest.raises(OptionError, match=r"only alpha==1\.0 is available and you require alpha>=2\. Nothing was"):
        notes_of(cell(header), HUB)


def test_a_header_may_give_a_build_its_torch(index: Index):
    index.add_source_only("flash-attn")
    header = (
        "# /// script\n# dependencies = ['flash-attn']\n# [tool.uv.extra-build-dependencies]\n"
        "# flash-attn = ['torch']\n# ///\nimport flash_attn\n"
    )
    assert notes_of(cell(header), HUB) == (
        "flash-attn has no wheel: the job builds it first, which takes its time and may fail.",
    )


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("import os\nos.environ['DATA_DIR']\n", "has no such variable. Add -e DATA_DIR=VALUE."),
        ("import os\nos.environ['HERE']\n", "has no such variable. Add -e HERE to send this kernel's."),
        ("import os\nos.environ['A_TOKEN']\n", "has no such variable. Add --secrets A_TOKEN."),
        ("import os\nos.environ['HF_TOKEN']\nm.push_to_hub('x')\n", "gets no token. Add --secrets HF_TOKEN."),
        ("report_to = wandb.init()\nimport wandb\n", "gets no WANDB_API_KEY. Add --secrets WANDB_API_KEY."),
        ("f = M.from_pretrained('meta-llama/Llama-3.1-8B')\n", 'Llama-3.1-8B"), which is gated, and the job gets no'),
        ("name = input()\n", "Line 2 calls input(), which fails: a job has no keyboard."),
        ("model.cuda()\n", "Line 2 has .cuda(), and cpu-basic has no GPU. Add --flavor t4-small."),
    ],
)
def test_what_a_job_lacks_around_its_script_is_said_once(
    index: Index, monkeypatch: pytest.MonkeyPatch, text: str, note: str
):
    monkeypatch.setenv("HERE", "1")
    for name in ("wandb", "huggingface-hub"):
        index.add(name)
    (said,) = notes_of(cell(text), HUB)
    assert note in said


OLD_ARGUMENT = "from transformers import TrainingArguments\nTrainingArguments('out', evaluation_strategy='epoch')\n"


def test_an_argument_that_the_newest_version_does_not_take_is_said(index: Index):
    index.add("accelerate")
    index.add("datasets")
    assert notes_of(cell(OLD_ARGUMENT), HUB) == (
        "Line 3 has TrainingArguments(evaluation_strategy=…), which the newest transformers takes no more. "
        "Write eval_strategy, or name the version that you use with --with.",
    )
    assert notes_of(cell(OLD_ARGUMENT, dependencies=["transformers==1.0"]), HUB) == ()
    assert notes_of(cell(OLD_ARGUMENT, deps="none"), HUB) == (
        "Line 3 uses TrainingArguments, which needs accelerate. Add --with accelerate.",
    )
    (said,) = notes_of(cell("from datasets import load_dataset\nload_dataset('a/b', trust_remote_code=True)\n"), HUB)
    assert said == (
        "Line 3 has load_dataset(trust_remote_code=…), which datasets 4 and newer ignore: they run no loading scripts. "
        "If the data set has one, add --with 'datasets<4'."
    )


@pytest.mark.parametrize("options", [RunOptions(inputs=("input=str",)), RunOptions(map=("input=1,2",))])
def test_a_name_that_the_line_gives_asks_nobody(options: RunOptions):
    with pytest.raises(CellError, match=r"^Line 2 calls input\(\), "):
        check_prompts(cell("input()\n"), HUB)
    check_prompts(cell("input()\n"), options)


def test_a_package_that_needs_a_screens_libraries_is_said(index: Index):
    for name in ("opencv-python", "opencv-python-headless"):
        index.add(name)
    note = (
        "opencv-python needs libGL, which the Hub's own image does not have, and its import fails. "
        "Use opencv-python-headless in its place: add it with --with."
    )
    asked = cell("import cv2\n", dependencies=["opencv-python"], deps="none")
    assert note in notes_of(asked, HUB)
    for options in (LOCAL, RunOptions(image="me/mine:1")):
        assert note not in notes_of(asked, options)
    installs = cell("import os\nos.system('apt-get install -y libgl1')\n", dependencies=["opencv-python"])
    assert note not in notes_of(installs, HUB)
    assert notes_of(cell("1\n", dependencies=["opencv-python-headless"]), HUB) == ()


def test_what_is_lacking_is_said_in_the_order_of_lines(index: Index):
    index.add("wandb")
    text = "import os, wandb\nwandb.init()\nos.environ['DATA']\nname = input()\nmodel.cuda()\nmodel.push_to_hub('x')\n"
    assert [note.split()[1] for note in notes_of(cell(text), HUB)] == ["3", "4", "5", "6", "7"]


def test_what_the_line_gives_is_not_missed(index: Index):
    for name in ("wandb", "torch"):
        index.add(name)
    text = "import os, wandb\nos.environ['DATA_DIR']\nwandb.init()\nmodel.cuda()\n"
    gpu = RunOptions(flavor="t4-small")
    assert check_before(cell(text), gpu, env={"DATA_DIR": "x", "WANDB_MODE": "offline"}, secrets=()) == ()
    assert check_before(cell(text), gpu, env={"DATA_DIR": "x"}, secrets=("WANDB_API_KEY",)) == ()


def test_an_import_that_a_job_does_without_names_its_package_unless_another_brings_it(index: Index):
    index.add("gamma", requires=("pillow",))
    index.add("pillow")
    text = "try:\n    from PIL import Image\nexcept ImportError:\n    Image = None\n"
    kernel = Kernel(distributions={"PIL": ("pillow",)})
    assert notes_of(from_cell(text, magic_line=LINE, kernel=lambda: kernel), HUB) == (
        "Line 3 imports PIL only if it can, and the job will not have it. Add --with pillow if it should.",
    )
    for named in ("pillow", "gamma"):
        script = from_cell(text, magic_line=LINE, kernel=lambda: kernel, dependencies=[named])
        assert notes_of(script, HUB) == ()


@pytest.mark.usefixtures("index")
def test_modules_of_no_package_are_said_as_one():
    kernel = Kernel(table={"models": "-", "utils": "-"})
    text = "import models.net, models.data\nimport utils\nfrom models import loss\n"
    assert notes_of(from_cell(text, magic_line=LINE, kernel=lambda: kernel), HUB) == (
        "Line 2 imports models.data, line 3 imports utils: their packages cannot be told from these names. "
        "Name them with --with, or bring your own code with --volume.",
    )
    assert notes_of(cell("import models\nimport models.net\n"), HUB) == (
        "Line 2 imports models: its package cannot be told from this name. "
        "Name it with --with, or bring your own code with --volume.",
    )


def test_a_demo_that_nobody_can_reach_or_waits_for_is_said(index: Index):
    index.add("gradio")

    def notes(call: str, options: RunOptions = HUB, above: str = "import gradio as gr\n") -> tuple[str, ...]:
        lines = f"{above}with gr.Blocks() as demo:\n    pass\ndemo.{call}\n"
        return notes_of(from_magic_cell(lines, magic_line=LINE), options)

    both = "Line 5 has launch(), and nobody can reach the demo and the job ends with the cell. "
    assert notes("launch()") == (f"{both}Write launch(share=True, debug=True).",)
    assert notes("queue().launch(share=False)") == (f"{both}Write launch(share=True, debug=True).",)
    assert notes("launch(share=True)") == (
        "Line 5 has launch(), and the job ends with the cell. Write launch(debug=True).",
    )
    assert notes("launch(debug=True)") == (
        "Line 5 has launch(), and nobody can reach the demo. Write launch(share=True).",
    )
    for options in (LOCAL, RunOptions(expose=("7860",)), RunOptions(expose_public=("7860",))):
        assert notes("launch(debug=True)", options) == ()
    for call in ("launch(share=True, debug=True)", "launch(**settings)", "launch(share=True)\ndemo.block_thread()"):
        assert notes(call) == ()
    assert notes("launch()", above="import alpha as gr\n") == ()
    script = cell("import gradio as gr\ngr.Interface(f, 'a', 'b').launch(share=True)\n")
    assert notes_of(script, HUB) == ()


def test_what_torchrun_would_set_is_said_as_one(index: Index):
    text = "import os\nrank = int(os.environ['RANK'])\nlocal = int(os.environ['LOCAL_RANK'])\nos.environ['DATA']\n"
    assert notes_of(cell(text), HUB) == (
        "Line 3 reads RANK, LOCAL_RANK of os.environ, which torchrun sets and a job does not have. To run it as one "
        "process, add -e RANK=0 -e LOCAL_RANK=0 -e WORLD_SIZE=1 -e MASTER_ADDR=127.0.0.1 -e MASTER_PORT=29500.",
        'Line 5 reads os.environ["DATA"], and the job has no such variable. Add -e DATA=VALUE.',
    )
    given = {"RANK": "0", "LOCAL_RANK": "0", "DATA": "x"}
    assert check_before(cell(text), HUB, env=given, secrets=()) == ()


def test_imports_that_a_header_lacks_are_said_as_one(index: Index):
    text = "# /// script\n# dependencies = []\n# ///\nimport alpha\nimport beta\nimport alpha.parts\n"
    (said,) = notes_of(cell(text), HUB)
    assert said == (
        "Line 5 imports alpha, line 6 imports beta: the job has no alpha and no beta. Add --with alpha --with beta."
    )
    assert index.asked == []


def test_an_image_may_have_a_variable(index: Index):
    (note,) = notes_of(cell("import os\nos.environ['CUDA_HOME']\n"), RunOptions(image="nvidia/cuda:12"))
    assert "and the job has no such variable, unless nvidia/cuda:12 has it. Add -e CUDA_HOME=VALUE." in note


def test_an_import_that_is_not_declared_is_said_unless_something_brings_it(index: Index):
    header = "# /// script\n# dependencies = ['{}']\n# ///\nimport beta\n"
    assert notes_of(cell(header.format("brings-beta")), HUB) == ()
    assert notes_of(cell(header.format("alpha")), HUB) == (
        "Line 5 imports beta, and the job has no beta. Add --with beta.",
    )


def test_what_known_calls_need_is_installed_or_said_unless_something_brings_it(index: Index):
    for name in ("accelerate", "vllm", "trl"):
        index.add(name)
    index.add("all-of-it", requires=("vllm", "trl"))
    text = "from transformers import Trainer\nTrainer(1)\n"
    script = cell(text)
    assert script.requirements == ("transformers", "accelerate")
    assert str(script.inferred[1]) == "accelerate (line 3: Trainer needs it)"
    assert notes_of(script, HUB) == ()
    header = "# /// script\n# dependencies = ['transformers']\n# ///\n"
    said = "Line 6 uses Trainer, which needs accelerate. Add --with accelerate."
    assert notes_of(cell(f"{header}\n{text}".replace("\n\n", "\n")), HUB) == (said,)
    assert notes_of(cell(text, deps="none", dependencies=["transformers"]), HUB) == (said.replace("6", "3"),)
    uncertain = "from trl import GRPOConfig\nGRPOConfig(use_vllm=True)\n"
    assert notes_of(cell(uncertain), HUB) == ("Line 3 uses use_vllm=, which needs vllm. Add --with vllm.",)
    assert notes_of(cell(uncertain, dependencies=["all-of-it"]), HUB) == ()


def test_packages_that_leave_the_gpu_unused_are_said(index: Index):
    index.add("jax")
    index.add("jax-cuda12-plugin")
    index.add("tensorflow")
    script = cell("import jax, tensorflow\n")
    said = (
        "jax as it is runs on the CPU, and t4-small has a GPU. Add --with 'jax[cuda12]'.",
        "tensorflow as it is runs on the CPU, and t4-small has a GPU. Add --with 'tensorflow[and-cuda]'.",
    )
    assert notes_of(script, RunOptions(flavor="t4-small")) == said
    # An image may bring CUDA itself; it does not bring the plugin.
    assert notes_of(script, RunOptions(flavor="t4-small", image="nvidia/cuda:12.8.1-runtime")) == said[:1]
    assert notes_of(script, RunOptions(flavor="cpu-upgrade")) == notes_of(script, RunOptions(local=True)) == ()
    complete = cell("import jax\n", dependencies=["jax", "jax-cuda12-plugin"])
    assert notes_of(complete, RunOptions(flavor="t4-small")) == ()


def test_a_hub_call_without_a_token_is_said(index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    script = cell("model.push_to_hub('me/x')\n")
    assert notes_of(script, HUB) == ("Line 2 has push_to_hub(), and the job gets no token. Add --secrets HF_TOKEN.",)
    monkeypatch.setenv("HF_TOKEN", "hf_local")
    assert notes_of(script, RunOptions(secrets=("HF_TOKEN",), local=True)) == ()
    (tmp_path / "keys").write_text("HF_TOKEN=hf_local\n")
    assert notes_of(script, RunOptions(secrets_file=str(tmp_path / "keys"))) == ()


def test_a_module_that_the_jobs_python_has_no_longer_is_said(index: Index):
    index.add("setuptools")
    text = "import distutils.util, telnetlib\n"
    notes = notes_of(cell(text, deps="none"), RunOptions(python="3.13"))
    assert notes == (
        "Line 2 imports distutils.util, which Python 3.12 removed, and the job has Python 3.13. "
        "Add -p 3.11, or use another module.",
        "Line 2 imports telnetlib, which Python 3.13 removed, and the job has Python 3.13. "
        "Add -p 3.12, or use another module.",
    )
    assert notes_of(cell(text, deps="none"), RunOptions(python="3.11")) == ()
    assert len(notes_of(cell(text, dependencies=["setuptools"]), RunOptions(python="3.13"))) == 1


@pytest.mark.parametrize("python", ["3.99", "3.12.99", ">=3.40", "cpython@3.77"])
def test_a_python_that_does_not_exist_is_refused(index: Index, python: str):
    if python == "3.12.99":  # a newer uv may know of it
        assert notes_of(cell("print(1)\n"), RunOptions(python=python))
        return
    with pytest.raises(OptionError, match=r"There is no Python .* Write a version such as --python 3\.12\."):
        notes_of(cell("print(1)\n"), RunOptions(python=python))


@pytest.mark.parametrize("python", ["3.12", "3.13", "3", ">=3.11", "3.13t", "pypy", "/usr/bin/python3"])
def test_a_python_that_exists_is_not_worth_a_word(index: Index, python: str):
    assert notes_of(cell("print(1)\n"), RunOptions(python=python)) == ()


CONFLICT = """error: No solution found when resolving dependencies
  cause: Because pandas>=3.0.0rc0,<=3.0.0rc1 depends on numpy>=1.26.0 and all of:
             pandas>=3.0.0rc2,<=3.0.3
         depend on numpy>=1.26.0, we can conclude that pandas>=2.0.0 depends on numpy>=1.21.0.
         And because you require numpy<1.20 and pandas>=2, we can conclude that your requirements are unsatisfiable.

hint: nothing
"""


def test_a_long_explanation_is_cut_to_its_last_step():
    assert shorten_explanation(CONFLICT) == (
        "pandas>=2.0.0 depends on numpy>=1.21.0, and you require numpy<1.20 and pandas>=2"
    )
    assert len(shorten_explanation("Because " + "many " * 200 + ", we can conclude that x.")) <= 302


def test_a_pickle_takes_the_kernels_python():
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    other = "3.12" if here != "3.12" else "3.11"
    for values in ({"inputs": ("m:pickle",)}, {"outputs": ("m:pickle",)}):
        with pytest.raises(OptionError, match=rf"m:pickle goes between .* the job has {other}\. Add -p {here}\."):
            notes_of(cell("print(1)\n"), RunOptions(python=other, **values))
        assert notes_of(cell("print(1)\n"), RunOptions(python=here, **values)) == ()
        assert notes_of(cell("print(1)\n"), RunOptions(local=True, **values)) == ()
