"""Files a job will not find: plain literals, opened for reading, under no mount."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.local_reads import LocalRead, find_local_reads


@pytest.mark.parametrize(
    "code",
    [
        "open('/home/me/x.txt')",
        "with open('data/x.csv', 'rb') as f: pass",
        "open('x.json', mode='r')",
        "pd.read_csv('data/x.csv')",
        "pl.scan_parquet('./x')",
        "np.load('a.npy')",
        "Image.open('cat.png')",
        "cv2.imread('cat.png')",
        "Path('x.md').read_text()",
        "pathlib.Path('x.md').open()",
        "torch.load('model.pt')",
        "def f():\n    open('~/x')",
    ],
)
def test_a_file_of_this_machine_is_found(code: str):
    (found,) = find_local_reads(ast.parse("import x\n" + code))
    assert found.line == code.count("\n") + 2
    assert found.path in code


@pytest.mark.parametrize(
    "code",
    [
        "open('x.txt', 'w')",
        "open('x.txt', mode)",
        "Path('x.txt').open('a')",
        "Path('x.txt').write_text('')",
        "open(name)",
        "open(f'{a}.txt')",
        "pd.read_csv('https://example.org/x.csv')",
        "pd.read_csv('hf://datasets/a/b/x.csv')",
        "pd.read_sql('select a.b from c.d', db)",
        "open('/proc/cpuinfo')",
        "open('/data/x.csv')",
        "pd.read_csv('/data/sub/x.csv')",
        "json.load(f)",
        "yaml.load('a: b')",
        "df.to_csv('x.csv')\npd.read_csv('x.csv')",
        "urlretrieve(url, 'x.zip')\nopen('x.zip')",
        "name = 'x.csv'\nopen('x.csv')",
    ],
)
def test_what_the_job_has_or_makes_is_left_alone(code: str):
    assert find_local_reads(ast.parse(code), mounts=["/data"]) == ()


def test_each_file_is_named_once_at_its_first_line():
    code = "open('b.txt')\nopen('a.txt')\nopen('b.txt')\n"
    assert find_local_reads(ast.parse(code)) == (LocalRead("b.txt", 1), LocalRead("a.txt", 2))
