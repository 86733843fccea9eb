"""Texts that become a file's name, a label, a part of an address or a variable: checked before anything is sent."""

from __future__ import annotations

import string
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import check_job_name, is_label, shorten, valid_job_name
from hfjobs_magic.options.run_options import from_keywords
from tests.options.lines import options_of

RULE = "a job's name has at most 100 ASCII letters, digits, - and _, and does not begin with -."

NAMES = {
    "../../up": f"--name ../../up: {RULE} Write --name up.",
    "bert/lr-0.1": f"--name bert/lr-0.1: {RULE} Write --name bert-lr-0-1.",
    "my run": f"--name my run: {RULE} Write --name my-run.",
    "a\\b": f"--name a\\b: {RULE} Write --name a-b.",
    "C:\\x": f"--name C:\\x: {RULE} Write --name C-x.",
    "/etc/passwd": f"--name /etc/passwd: {RULE} Write --name etc-passwd.",
    "-x": f"--name -x: {RULE} Write --name x.",
    ".": f"--name .: {RULE} Give it one, or leave --name out.",
    "": "--name is empty. Give it a value, or leave it out.",
    "  ": "--name is empty. Give it a value, or leave it out.",
    "été": f"--name été: {RULE} Write --name ete.",
    "Straße": f"--name Straße: {RULE} Write --name Strasse.",
    "Øre-łódź": f"--name Øre-łódź: {RULE} Write --name Ore-lodz.",
    "模型": f"--name 模型: {RULE} Give it one, or leave --name out.",
    "a\nb": f"--name a\\nb: {RULE} Write --name a-b.",
    "a\0b": f"--name a\\x00b: {RULE} Write --name a-b.",
    "a" * 300: f"--name {'a' * 60}…: {RULE} Write --name {'a' * 100}.",
    "CON": "--name CON: Windows reserves that file name. Write --name CON-job.",
    "lpt1": "--name lpt1: Windows reserves that file name. Write --name lpt1-job.",
}


@pytest.mark.parametrize(("name", "message"), NAMES.items(), ids=[name[:10] or "empty" for name in NAMES])
def test_a_name_that_no_job_can_have_is_refused_with_one_that_it_can(name: str, message: str):
    with pytest.raises(OptionError) as caught:
        from_keywords({"name": name})
    assert str(caught.value) == message
    with pytest.raises(OptionError):
        from_keywords({"labels": {"name": name}})


@pytest.mark.parametrize("name", ["bert", "bert-lr-1e-3", "run_7", "_x", "7", "a" * 100, "console", "auxiliary"])
def test_names_that_a_job_can_have_stay_as_they_are(name: str):
    assert from_keywords({"name": name}).name == name
    assert valid_job_name(name) == name


@given(st.text(max_size=300))
def test_what_is_suggested_is_a_plain_file_name_and_a_label(text: str):
    name = valid_job_name(text)
    if not name:
        return
    check_job_name(name)
    assert is_label(name)
    assert name.lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert PureWindowsPath(f"{name}.py").name == f"{name}.py" == PurePosixPath(f"{name}.py").name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--namespace ../x", "--namespace ../x is not the name of a user or an organisation."),
        ("--namespace 'my org'", "--namespace my org is not the name of a user or an organisation."),
        ("--namespace org/name", "--namespace org/name is not the name of a user or an organisation."),
        ("--namespace ''", "--namespace is empty."),
        (f"--namespace {'a' * 300}", f"--namespace {'a' * 60}… is not the name"),
        ("-l ../x=1", "--label ../x=1: use ASCII letters, digits, - and _ only"),
        ("-l x=é", "--label x=é: use ASCII letters, digits, - and _ only"),
        ("--as ../x", "--as needs a Python name, not '../x'. Write --as x."),
        ("--as class", "--as needs a Python name, not 'class'. Write --as job."),
        ("--as ''", "--as is empty."),
        ("--as ﬁt", "--as ﬁt: Python reads this name as fit. Write --as fit."),
        ("-v hf://buckets/../x:/out", "--volume hf://buckets/../x:/out: hf://buckets/../x is not an address"),
        ("-v hf://buckets/me:/out", "--volume hf://buckets/me:/out: hf://buckets/me is not an address"),
        ("-v 'hf://buckets/me/a b:/out'", "--volume hf://buckets/me/a b:/out: hf://buckets/me/a b is not an address"),
        ("-v hf://buckets/me/b/../../c:/out", "--volume hf://buckets/me/b/../../c:/out: "),
        (f"-v hf://buckets/me/{'b' * 300}:/out", "--volume hf://buckets/me/bbb"),
        ("-v data:/out/../../etc", "--volume data:/out/../../etc: the path in the job must not contain . or .."),
        ("--image ''", "--image is empty."),
        ("--image 'my image'", "--image 'my image' is not the name of an image."),
        ("-e ../x=1", "--env ../x: a variable's name must start with a letter"),
        ("-s é", "--secrets é: a variable's name must start with a letter"),
    ],
)
def test_other_names_are_refused_in_one_line(line: str, message: str):
    with pytest.raises(OptionError) as caught:
        options_of(line)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "--namespace HuggingFaceH4",
        "--namespace my-org_2.x",
        "-v hf://me/model:/m",
        "-v hf://models/me/model.v2@main/sub/dir:/m:ro",
        "-v hf://datasets/me/d@refs/pr/3:/d",
        "-v hf://spaces/me/s:/s",
        "-v ../data:/data2",
        "--as übung",
        "--image ghcr.io/me/x:1.0@sha256:abc",
        "--image hf.co/spaces/me/s",
    ],
)
def test_usual_names_are_accepted(line: str):
    options_of(line)


@given(st.text(string.printable, max_size=80))
def test_a_repeated_value_shows_what_is_in_it(text: str):
    assert shorten(text).isprintable()
