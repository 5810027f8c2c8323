"""The verifiers as one file each: they stand alone, give the verdicts that the parts give, and the page's give the same."""

import ast
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from monitor.export.one_file import MODULES, SCRIPTS, page_policy, verify_html, verify_py
from monitor.export.verify import verify_file
from tests.support.node import run_node
from tests.unit.export.edits import edited
from tests.unit.export.proven import bundle_of, ring
from tests.unit.export.session_log import exported, short_log
from tests.unit.export.signed_logs import WRONG, signed_bundle

SEED = 20_261_122
EXPORT = Path(__file__).parents[3] / "monitor" / "export"
ASK = """
import {{ readFileSync }} from "node:fs";
import {{ verify }} from "{module}";
const key = new Uint8Array(Buffer.from("{key}", "base64"));
for (const name of JSON.parse(readFileSync(0, "utf8"))) {{
  const {{ isVerified, file, line, seq, lines }} = await verify(new Uint8Array(readFileSync(name)), key);
  console.log(JSON.stringify([isVerified, file, line, seq, lines[0]]));
}}
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Honest and changed bundles, and records alone."""
    folder, draw = tmp_path_factory.mktemp("samples"), random.Random(SEED)
    honest = [bundle_of(), bundle_of(short_log(is_closed=False), before=0, after=0)]
    data = {f"honest-{number}.zip": each for number, each in enumerate(honest)}
    data |= {f"edit-{number}.zip": edited(draw, honest[number % 2])[1] for number in range(80)}
    for number in range(40):
        at = draw.randrange(len(honest[0]))
        data[f"flip-{number}.zip"] = honest[0][:at] + bytes([honest[0][at] ^ (1 << draw.randrange(8))]) + honest[0][at + 1 :]
    data |= {"honest-signed.zip": signed_bundle()} | {
        f"edit-signed-{number}.zip": signed_bundle(**wrong) for number, wrong in enumerate(WRONG.values())
    }
    record = exported(short_log(), ring().key)
    data["honest.jsonl"] = record
    for number in range(40):
        at = draw.randrange(len(record))
        data[f"flip-{number}.jsonl"] = record[:at] + bytes([record[at] ^ (1 << draw.randrange(8))]) + record[at + 1 :]
    for name, each in data.items():
        (folder / name).write_bytes(each)
    return [folder / name for name in data]


def test_the_program_stands_alone_and_no_two_parts_share_a_name():
    parsed = ast.parse(verify_py())
    named = Counter(node.name for node in parsed.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    named.update(node.target.id for node in parsed.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name))
    assert [name for name, times in named.items() if times > 1] == []
    assert not re.search(r"^\s*(from|import) (monitor|schemas)", verify_py().decode(), re.MULTILINE)
    assert {path.stem for path in (EXPORT / "verify").glob("*.py")} == set(MODULES)
    assert {path.stem for path in (EXPORT / "verify_page").glob("*.mjs")} == set(SCRIPTS)


def test_the_program_says_what_the_parts_say(samples: list[Path], tmp_path: Path):
    """Run apart from this project, for a few: each is a process of its own."""
    program = tmp_path / "verify.py"
    program.write_bytes(verify_py())
    for path in (samples[0], samples[1], samples[5], samples[-1]):
        done = subprocess.run((sys.executable, "-I", program, path), cwd=tmp_path, capture_output=True, text=True, check=False)
        verdict = verify_file(path)
        assert done.stdout.splitlines() == list(verdict.lines), done.stderr
        assert done.returncode == verdict.exit_code


def test_the_page_finds_what_the_program_finds_and_names_the_same_place(samples: list[Path], tmp_path: Path):
    ask = tmp_path / "ask.mjs"
    ask.write_text(ASK.format(module=EXPORT / "verify_page" / "bundle.mjs", key=ring().key.public_text))
    done = run_node(str(ask), said=json.dumps([str(path) for path in samples]))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(samples)
    refused = 0
    for path, (is_verified, file, line, seq, said) in zip(samples, answers, strict=True):
        verdict = verify_file(path, pinned=ring().key.public)
        same = (path.name, said, verdict.lines)
        assert (is_verified, file) == (verdict.is_verified, verdict.file), same
        if not path.name.startswith("flip") or path.suffix == ".jsonl":  # of packed bytes that cannot be unpacked one reads on further
            assert (line, seq) == (verdict.line, verdict.seq), same
        assert is_verified == path.name.startswith("honest")
        refused += not is_verified
    assert refused == 160 + len(WRONG)


def test_the_page_has_everything_and_lets_nothing_in():
    page = verify_html().decode()
    assert f'content="{page_policy()}"' in page
    assert "import " not in page.split('<script type="module">')[1]
    assert not re.search(r"https?://|\bsrc=|\bhref=", page)
