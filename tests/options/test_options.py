"""The magic line and the keyword arguments: what is taken, what is refused and how."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.errors import HfJobsError, OptionError
from hfjobs_magic.options.line import parser, wants_help
from hfjobs_magic.options.mounts import Mount, parse_mount
from hfjobs_magic.options.quantities import parse_timeout
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.options.table import OPTIONS
from tests.options.lines import options_of


def test_a_line_becomes_options():
    options = options_of(
        "--local --flavor t4-small --with cowsay --with 'torch>=2' --timeout 10m -e ONE=1 -e 'TWO=x y' "
        "-l team=nlp -p 3.12 --attempts 2 -v hf://buckets/me/b:/out --as job --wait -- --lr 0.1 train.csv"
    )
    assert options == RunOptions(
        local=True,
        flavor="t4-small",
        dependencies=("cowsay", "torch>=2"),
        timeout="10m",
        env=("ONE=1", "TWO=x y"),
        labels=("team=nlp",),
        python="3.12",
        attempts=2,
        volumes=("hf://buckets/me/b:/out",),
        as_="job",
        wait=True,
        script_args=("--lr", "0.1", "train.csv"),
    )


def test_an_empty_line_is_the_defaults():
    assert options_of("") == RunOptions()
    assert RunOptions().timeout_s == 1800


def test_keywords_take_lists_and_mappings():
    options = from_keywords({"dependencies": ["a", "b"], "env": {"ONE": 1}, "labels": {"team": "nlp"}, "timeout": 90})
    assert (options.dependencies, options.env, options.labels) == (("a", "b"), ("ONE=1",), ("team=nlp",))
    assert options.timeout_s == 90


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--flavour t4-small", "There is no option --flavour. Did you mean --flavor? See %%hfjob --help."),
        ("--flav t4-small", "There is no option --flav. Did you mean --flavor? See %%hfjob --help."),
        ("--flavor", "--flavor needs a value: write --flavor FLAVOR. See %%hfjob --help."),
        ("--attempts two", "--attempts is 'two'; write a whole number. See %%hfjob --help."),
        ("--attempts 0", "--attempts must be 1 or more, not 0."),
        ("--timeout soon", "--timeout soon is not a time. Write 90, 90s, 10m, 1.5h or 1d."),
        ("--timeout 0", "--timeout 0 must be a second or more. Write 90, 90s, 10m, 1.5h or 1d."),
        ("--env =1", "--env =1 has no name. Write --env NAME=VALUE."),
        (
            "--env 1A=1",
            "--env 1A: a variable's name must start with a letter and contain only letters, digits and _.",
        ),
        (
            "--label a.b=c",
            "--label a.b=c: use ASCII letters, digits, - and _ only, at most 100 characters. Write --label a-b=c.",
        ),
        ("--as 1x", "--as needs a Python name, not '1x'. Write --as job_1x."),
        (
            "train.py",
            "'train.py' does not belong to an option. "
            "Put the script's arguments after --, as in: %%hfjob … -- train.py",
        ),
        (
            "--with 'torch",
            "The line cannot be read: No closing quotation. Close the quote, or escape it with a backslash.",
        ),
        (
            "-v data",
            "--volume data is not a mount. Write hf://buckets/ORG/NAME:/PATH, hf://datasets/ORG/NAME:/PATH "
            "or LOCAL_DIR:/PATH, followed by :ro or :rw if you like.",
        ),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_what_to_write(line: str, message: str):
    with pytest.raises(OptionError) as caught:
        options_of(line)
    assert str(caught.value) == message


def test_a_secret_on_the_line_is_refused_without_repeating_it():
    with pytest.raises(OptionError) as caught:
        options_of("--secrets HF_TOKEN=hf_verysecret")
    assert "hf_verysecret" not in str(caught.value)
    assert "--secrets HF_TOKEN" in str(caught.value)


def test_an_unknown_keyword_is_an_error_with_the_nearest_name():
    with pytest.raises(OptionError, match=r"There is no option 'flavour'\. Did you mean flavor\?"):
        from_keywords({"flavour": "t4-small"})


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("1d", 86400), (" 5 ", 5)]
)
def test_timeouts_are_read_as_hf_jobs_reads_them(text: str, seconds: int):
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("hf://buckets/me/b:/out", Mount("hf://buckets/me/b", "/out", None)),
        ("hf://datasets/me/d/train:/data:ro", Mount("hf://datasets/me/d/train", "/data", True)),
        ("./inputs:/inputs:rw", Mount("./inputs", "/inputs", False)),
    ],
)
def test_mounts_are_read_as_hf_jobs_reads_them(text: str, mount: Mount):
    assert parse_mount(text) == mount


def test_help_shows_every_option():
    text = parser().format_help()
    for option in OPTIONS:
        for flag in option.flags:
            assert flag in text
    assert wants_help("--flavor x -h")
    assert not wants_help("-- --help")


@given(st.text())
def test_any_line_is_options_or_one_of_our_errors(line: str):
    with contextlib.suppress(HfJobsError):
        assert isinstance(options_of(line), RunOptions)


def test_every_option_is_a_field_and_every_field_an_option():
    names = {field.name for field in dataclasses.fields(RunOptions)} - {"script_args", "origins"}
    assert names == {option.dest for option in OPTIONS}


@pytest.mark.parametrize("version", ["3", "3.12", "3.12.1", "3.14t", "3.15.0rc1", "cpython@3.12", "pypy3.10", "cp312"])
def test_pythons_that_uv_knows_how_to_find_are_accepted(version: str):
    assert options_of(f"-p {version}").python == version


@pytest.mark.parametrize("version", [">=3.11", "'>=3.11,<3.14'", "~=3.12", "/usr/bin/python3", "python3.11", "pypy"])
def test_specifiers_paths_and_programs_are_accepted(version: str):
    assert options_of(f"-p {version}").python == version.strip("'")


@pytest.mark.parametrize("version", ["banana", "latest", "3.", ">=banana", "3.12,3.13", "v3.12", "\uff13.\uff11\uff12"])
def test_what_is_no_python_is_refused(version: str):
    with pytest.raises(OptionError, match=r"is not a Python version\. Write one such as --python 3\.12\."):
        options_of(f"--python {version}")


@pytest.mark.parametrize("version", ["9", "2.7", "3.2", "4.0", "0", "cpython@2.7", "27", "99"])
def test_a_python_that_uv_cannot_install_is_refused(version: str):
    with pytest.raises(OptionError, match=r"uv has no such Python\. Write a version such as --python 3\.12\."):
        options_of(f"--python {version}")


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("python", 3.1, 'python is the number 3.1; write it as text, as in python="3.12".'),
        ("local", "yes", "local is 'yes'; write True or False."),
        ("suspend", 1, "suspend is 1; write True or False."),
        ("attempts", "2", "attempts is '2'; write a whole number."),
        ("attempts", True, "attempts is True; write a whole number."),
        ("name", ["x"], "name is a list; write text."),
        ("flavor", True, "flavor is a bool; write text."),
    ],
)
def test_a_keyword_of_another_type_is_refused(keyword: str, value: object, message: str):
    with pytest.raises(OptionError) as caught:
        from_keywords({keyword: value})
    assert str(caught.value) == message


def test_numbers_and_paths_are_texts_where_they_can_be():
    options = from_keywords({"timeout": 90, "max_cost": 2.5, "env_file": Path("vars"), "expose": [8000], "local": None})
    assert (options.timeout_s, options.max_cost_usd, options.env_file) == (90, 2.5, "vars")
    assert (options.expose, options.local) == (("8000",), False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10 minutes", "10m"),
        ("10min", "10m"),
        ("2 hours", "2h"),
        ("1,5h", "1.5h"),
        ("90 sec.", "90s"),
        ("3 Days", "3d"),
        ("1 hr", "1h"),
    ],
)
def test_a_time_in_words_is_answered_with_what_to_write(written: str, meant: str):
    with pytest.raises(OptionError) as caught:
        options_of(f"--timeout '{written}'")
    assert str(caught.value) == f"--timeout {written} is not a time. Write --timeout {meant}."


@pytest.mark.parametrize(
    ("written", "packages"),
    [
        ("torch,torchvision", ("torch", "torchvision")),
        ("'torch>=2,<3, numpy <2'", ("torch>=2,<3", "numpy <2")),
        ("'trl[peft,vllm],rich'", ("trl[peft,vllm]", "rich")),
        ("'x @ https://a.org/x,y.whl'", ("x @ https://a.org/x,y.whl",)),
        ("'x>=1,!=1.2,<2'", ("x>=1,!=1.2,<2",)),
        ("\"x; python_version < '4', y\"", ("x; python_version < '4', y",)),
    ],
)
def test_packages_may_stand_behind_commas_as_for_uv(written: str, packages: tuple[str, ...]):
    assert options_of(f"--with {written}").dependencies == packages
