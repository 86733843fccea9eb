"""What this kernel has installed, asked for real."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.script.packages.kernel_packages import import_names, read_kernel
from hfjobs_magic.script.packages.requirements import Kernel, distribution_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch) -> Path:
    """A folder of packages, as pip leaves them."""
    for name, modules in {"google-cloud-a": ["google/cloud/a"], "google-b": ["google/b", "google/b/sub"]}.items():
        info = tmp_path / "site" / f"{name.replace('-', '_')}-1.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        (info / "RECORD").write_text("".join(f"{module}/__init__.py,,\n" for module in modules))
        for module in modules:
            (tmp_path / "site" / module).mkdir(parents=True)
            (tmp_path / "site" / module / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def test_a_package_that_was_just_installed_is_known(site: Path):
    assert "late" not in read_kernel(site).distributions
    info = site / "late-2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 2\n")
    (info / "RECORD").write_text("late/__init__.py,,\n")
    (site / "late").mkdir()
    (site / "late" / "__init__.py").touch()
    assert read_kernel(site).distributions["late"] == ["late"]
    assert read_kernel(site).distributions is read_kernel(site).distributions  # nothing is read twice


def test_what_a_broken_uninstallation_left_is_stepped_over(site: Path):
    (site / "broken-1.dist-info").mkdir()
    (site / "broken-1.dist-info" / "METADATA").write_text("")
    (site / "broken-1.dist-info" / "RECORD").write_text("broken/__init__.py,,\n")
    assert read_kernel(site).distributions.get("broken", []) == []


def test_packages_below_a_shared_name_are_told_apart(site: Path):
    known = read_kernel(site)
    assert known.distributions["google.cloud.a"] == ["google-cloud-a"]
    assert known.distributions["google.b"] == ["google-b"]
    assert "google.b.sub" not in known.distributions
    assert known.versions["google-b"] == "1.5"


@pytest.mark.slow
def test_this_kernel_knows_its_own_packages(tmp_path):
    (tmp_path / "mine.py").touch()
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    (tmp_path / "packaging.py").touch()
    known = read_kernel(tmp_path)
    assert known.distributions["IPython"] == ["ipython"]
    assert known.versions["ipython"]
    assert {"mine", "pack"} <= known.local
    assert "packaging" not in known.local  # an installed package of the same name is what others mean


def test_the_published_table_has_the_names_people_stumble_over():
    known = import_names()
    expected = {"cv2": "opencv-python-headless", "sklearn": "scikit-learn", "bs4": "beautifulsoup4"}
    for name, distribution in expected.items():
        assert known[name].partition("|")[0] == distribution


@pytest.mark.parametrize(
    ("name", "distribution"),
    {
        "slugify": "python-slugify",
        "ruamel.yaml": "ruamel.yaml",
        "socks": "PySocks",
        "docker": "docker",
        "mysql.connector": "mysql-connector-python",
        "MySQLdb": "mysqlclient",
        "snappy": "python-snappy",
        "fitz": "PyMuPDF",
        "mpl_toolkits": "matplotlib",
        "grpc": "grpcio",
        "pptx": "python-pptx",
        "bson": "pymongo",
        "faiss": "faiss-cpu",
        "llama_cpp": "llama-cpp-python",
        "open_clip": "open_clip_torch",
        "paddle": "paddlepaddle",
        "pywt": "PyWavelets",
        "nacl.secret": "PyNaCl",
        "opentelemetry.sdk.trace": "opentelemetry-sdk",
        "google.oauth2": "google-auth",
        "google.protobuf": "protobuf",
        "sklearn.svm": "scikit-learn",
        "models.net": "-",
        "google.colab": "-",
        "utils": "-",
        "bayes_opt": "bayesian-optimization",
        "box": "python-box",
        "chatterbox.tts": "chatterbox-tts",
        "depth_pro": "-",
        "jaraco.text": "jaraco-text",
        "llama_index.core": "llama-index-core",
        "ot": "POT",
        "skrf": "scikit-rf",
        "slack": "slack-sdk",
        "z3": "z3-solver",
    }.items(),
)
def test_names_that_were_wrong_or_missing_are_right(name: str, distribution: str):
    assert distribution_of(name, Kernel(table=import_names()))[0] == distribution


@pytest.mark.parametrize(
    ("name", "source"),
    {"transformers": "table", "cv2": "table", "workflows": "guess", "nobody_has_this": "guess"}.items(),
)
def test_a_guess_is_one_where_no_table_is_sure(name: str, source: str):
    assert distribution_of(name, Kernel(table=import_names()))[2] == source


def test_every_correction_has_a_source_and_is_there_once():
    text = (
        resources.files("hfjobs_magic.script.packages").joinpath("import_corrections.tsv").read_text(encoding="utf-8")
    )
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert all(len(row) == 3 and all(row) for row in rows)
    assert len({row[0] for row in rows}) == len(rows)


def test_folders_beside_the_notebook_are_local_with_and_without_init(tmp_path: Path):
    for path in ("models/net.py", "src/deep/er/x.py", "pack/__init__.py", "data/rows.csv", ".hidden/x.py", "two.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert {"models", "src", "pack", "two"} <= read_kernel(tmp_path).local
    assert not {"data", ".hidden", "hidden"} & read_kernel(tmp_path).local


@pytest.mark.slow
def test_folders_that_were_put_on_the_path_are_local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "ownlib.py").touch()
    (tmp_path / "work").mkdir()
    assert "ownlib" not in read_kernel(tmp_path / "work").local
    monkeypatch.syspath_prepend(tmp_path / "lib")
    assert "ownlib" in read_kernel(tmp_path / "work").local


def test_what_was_installed_from_a_folder_is_code_of_this_machine(site: Path):
    info = site / "mine-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
    (info / "RECORD").write_text("mine/__init__.py,,\n")
    (info / "direct_url.json").write_text('{"url": "file:///home/me/mine", "dir_info": {"editable": true}}')
    known = read_kernel(site / "nowhere")
    assert "mine" in known.local
    assert "mine" not in known.distributions


def test_a_shared_folder_does_not_make_all_that_is_in_it_available(site: Path):
    known = read_kernel(site)
    assert known.has("google.b.sub")
    assert not known.has("google.colab")
    assert not known.has("google.cloud.nothing")
