"""What this kernel has installed, asked for real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.script.kernel_packages import import_names, read_kernel

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


def test_this_kernel_knows_its_own_packages(tmp_path):
    (tmp_path / "mine.py").touch()
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    (tmp_path / "packaging.py").touch()
    known = read_kernel(tmp_path)
    assert known.distributions["IPython"] == ["ipython"]
    assert known.versions["ipython"]
    assert known.local == {"mine", "pack"}  # an installed package of the same name is what others mean


def test_the_published_table_has_the_names_people_stumble_over():
    known = import_names()
    assert len(known) > 700
    for name, distribution in {"cv2": "opencv-python", "sklearn": "scikit-learn", "bs4": "beautifulsoup4"}.items():
        assert known[name] == distribution
