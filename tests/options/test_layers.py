"""Where a value comes from: five sources, one order, and merging item by item where `hf jobs uv run` does."""

from __future__ import annotations

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.layers import Layer, from_environment, from_table, parse_setting, resolve
from hfjobs_magic.options.run_options import RunOptions


def test_the_strongest_layer_wins_and_is_remembered():
    options = resolve(
        [
            Layer("line", {"flavor": "a10g-small"}),
            Layer("[tool.hf-jobs]", {"flavor": "t4-small", "timeout": "2h"}),
            Layer("environment", {"timeout": "1h", "namespace": "org"}),
        ]
    )
    assert (options.flavor, options.timeout, options.namespace) == ("a10g-small", "2h", "org")
    assert dict(options.origins) == {"flavor": "line", "timeout": "[tool.hf-jobs]", "namespace": "environment"}


def test_named_items_merge_and_lists_are_replaced():
    options = resolve(
        [
            Layer("line", {"env": ["LR=2"], "volumes": ["hf://buckets/me/new:/out"], "network_aliases": ["b"]}),
            Layer(
                "[tool.hf-jobs]",
                {
                    "env": ("LR=1", "SEED=0"),
                    "volumes": ("hf://buckets/me/old:/out", "hf://datasets/me/d:/in"),
                    "labels": ("team=nlp",),
                    "secrets": ("HF_TOKEN",),
                    "network_group": "ring",
                    "network_aliases": ("a", "c"),
                },
            ),
        ]
    )
    assert options.env == ("LR=2", "SEED=0")
    assert options.volumes == ("hf://buckets/me/new:/out", "hf://datasets/me/d:/in")
    assert (options.labels, options.secrets, options.network_aliases) == (("team=nlp",), ("HF_TOKEN",), ("b",))
    assert options.origins["env"] == "line, [tool.hf-jobs]"


def test_nothing_set_is_the_default():
    assert resolve([Layer("line", {}), Layer("environment", {})]) == RunOptions()


def test_variables_of_the_environment_are_options():
    layer = from_environment(
        {"HFJOBS_FLAVOR": "t4-small", "HFJOBS_LOCAL": "yes", "HFJOBS_DEPENDENCIES": "torch 'numpy>=2'", "HFJOBS_X": "1"}
    )
    assert layer.values == {"flavor": "t4-small", "local": True, "dependencies": ("torch", "numpy>=2")}
    with pytest.raises(OptionError, match="HFJOBS_ATTEMPTS is 'many'; write a whole number"):
        from_environment({"HFJOBS_ATTEMPTS": "many"})
    with pytest.raises(OptionError, match="HFJOBS_LOCAL is 'maybe'; write true or false"):
        from_environment({"HFJOBS_LOCAL": "maybe"})


def test_a_table_takes_dashes_lists_and_flags():
    layer = from_table({"max-cost": "2", "local": True, "labels": ["a=b"], "attempts": 2}, "pyproject.toml")
    options = resolve([layer])
    assert (options.max_cost_usd, options.local, options.labels, options.attempts) == (2.0, True, ("a=b",), 2)
    with pytest.raises(OptionError, match=r"pyproject.toml has no setting 'flavour'\. Did you mean flavor\?"):
        from_table({"flavour": "x"}, "pyproject.toml")
    with pytest.raises(OptionError, match=r"no setting 'zzz'\. Each long option of %%hfjob --help is one"):
        from_table({"zzz": "x"}, "pyproject.toml")


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("flavor=t4-small", ("flavor", "t4-small")),
        ("--max-cost=2", ("max_cost", "2")),
        ("budget=20", ("budget", "20")),
        ("local=false", ("local", False)),
        ("env=LR=1 SEED=0", ("env", ("LR=1", "SEED=0"))),
    ],
)
def test_a_setting_is_a_key_and_a_value(text: str, setting: tuple[str, object]):
    assert parse_setting(text) == setting


@pytest.mark.parametrize("text", ["flavor", "=x", "", "as=job", "name=x", "dry-run=1"])
def test_what_is_no_setting_is_refused(text: str):
    with pytest.raises(OptionError):
        parse_setting(text)
