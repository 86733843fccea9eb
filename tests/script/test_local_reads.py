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
        "pd.read_csv(filepath_or_buffer='data/x.csv')",
        "load_dataset('csv', data_files='train.csv')",
        "load_from_disk('./set')",
        "AutoModel.from_pretrained('./checkpoint')",
        "wavfile.read('x.wav')",
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
        "AutoModel.from_pretrained('org/model-v1.x')",
        "load_dataset('org/name')",
        "df.to_csv('x.csv')\npd.read_csv('x.csv')",
        "urlretrieve(url, 'x.zip')\nopen('x.zip')",
        "name = 'x.csv'\nopen('x.csv')",
        "np.save('x', a)\nnp.load('x.npy')",
        "fetch(local_dir='model')\nM.from_pretrained('./model')",
        "M.from_pretrained('./model/')\nm.save_pretrained('model')",
        "get_ipython().system('wget -q https://a.org/b/x.csv?raw=1')\nopen('x.csv')",
        "get_ipython().system(\"wget -O 'x.csv' https://a.org/b\")\nopen('./x.csv')",
        "get_ipython().system('unzip a.zip -d data && ls')\nload_from_disk('./data')",
    ],
)
def test_what_the_job_has_or_makes_is_left_alone(code: str):
    assert find_local_reads(ast.parse(code), mounts=["/data"]) == ()


def test_a_file_below_a_folder_that_the_script_names_may_be_made():
    (found,) = find_local_reads(ast.parse("fetch(local_dir='model')\nopen('./model/a/config.json')"))
    assert found == LocalRead("./model/a/config.json", 2, is_below_made=True)
    (other,) = find_local_reads(ast.parse("fetch(local_dir='model')\nopen('models/config.json')"))
    assert not other.is_below_made


def test_each_file_is_named_once_at_its_first_line():
    code = "open('b.txt')\nopen('a.txt')\nopen('b.txt')\n"
    assert find_local_reads(ast.parse(code)) == (LocalRead("b.txt", 1, True), LocalRead("a.txt", 2, True))


@pytest.mark.parametrize(
    "code",
    [
        "open('x.csv')",
        "load_dataset('imdb')\nload_dataset('csv', data_files='x.csv')",
        "import json\nmodel = load()\nwith open('x.csv') as f: pass",
        "if __name__ == '__main__':\n    open('x.csv')",
        "def main():\n    read()\ndef read():\n    return open('x.csv')\nmain()",
        "try:\n    open('x.csv')\nexcept KeyError:\n    pass",
        "try:\n    open('x.csv')\nfinally:\n    print('end')",
        "f(*[line for line in open('x.csv')])",
        "if lr > 1:\n    print('high')\nopen('x.csv')",
        "for i in range(3):\n    print(i)\nopen('x.csv')",
        "for line in open('x.csv'):\n    print(line)",
        "df.copy()\nx = a.replace('b', 'c')\nopen('x.csv')",
        "get_ipython().system('nvidia-smi')\nopen('x.csv')",
        "get_ipython().run_line_magic('time', 'f()')\nopen('x.csv')",
        "open('x.csv')\nmodel.save_pretrained(out)",
        "def save():\n    model.save(out)\nopen('x.csv')\nsave()",
        "def f():\n    return 1\nf()\nopen('x.csv')",
    ],
)
def test_what_runs_whatever_happens_is_certain(code: str):
    (found,) = find_local_reads(ast.parse(code))
    assert found.is_certain


@pytest.mark.parametrize(
    "code",
    [
        "if flag:\n    open('x.csv')",
        "while flag:\n    open('x.csv')",
        "for i in items:\n    open('x.csv')",
        "match flag:\n    case 1:\n        open('x.csv')",
        "def f():\n    open('x.csv')",
        "f = lambda: open('x.csv')",
        "async def f():\n    open('x.csv')",
        "def f():\n    yield open('x.csv')\nf()",
        "flag and open('x.csv')",
        "x = open('x.csv') if flag else None",
        "[open('x.csv') for _ in items]",
        *(
            f"try:\n    open('x.csv')\nexcept {kind}:\n    pass"
            for kind in ("", "OSError", "(KeyError, Exception)", "E")
        ),
        "with suppress(FileNotFoundError):\n    open('x.csv')",
        "import sys\nsys.exit()\nopen('x.csv')",
        "if flag:\n    raise SystemExit\nopen('x.csv')",
        "def f():\n    return\n    open('x.csv')\nf()",
        "df.to_csv(name)\nopen('x.csv')",
        "with open(name, 'w') as f: pass\nopen('x.csv')",
        "hf_hub_download('a/b', name)\nopen('x.csv')",
        "subprocess.run(['make'])\nopen('x.csv')",
        "os.chdir(folder)\nopen('x.csv')",
        "get_ipython().system('wget -i list')\nopen('x.csv')",
        "get_ipython().system('ls > x')\nopen('x.csv')",
        "get_ipython().run_line_magic('cd', 'sub')\nopen('x.csv')",
        "get_ipython().run_cell_magic('bash', '', 'make')\nopen('x.csv')",
        "def prepare():\n    os.makedirs(x)\ndef again():\n    prepare()\nagain()\nopen('x.csv')",
        "class A:\n    def write(self): open(self.p, 'w')\n    def go(self): self.write()\nA()\nopen('x.csv')",
        "for i in items:\n    model.save(name)\nopen('x.csv')",
        "model.use('out')\nopen('out/x.csv')",
    ],
)
def test_what_may_not_run_or_may_have_been_made_is_not(code: str):
    (found,) = find_local_reads(ast.parse(code))
    assert not found.is_certain


def test_code_that_calls_itself_comes_to_an_end():
    (found,) = find_local_reads(ast.parse("def f():\n    f()\n    open('x.csv')\nf()"))
    assert found.line == 3
