"""The rule files only wire: logic is in scripts/, where tests import it, and that stays light."""

import ast
import re
import subprocess
import sys

import pytest
from paths import ROOT

RULES = sorted((ROOT / "rules").glob("*.smk"))
# What a shell line may hold as it is: words quoted where they are made, numbers, and names that are checked.
PLAIN = {"threads", "params.step", "params.supervision", "params.mirror", "params.wait"}
PLAIN |= {f"params.{name}" for name in ("raw", "options", "declared", "rows", "test_size")}
PLAIN |= {f"params.{name}" for name in ("folds", "seed", "code", "cores")}
HEAVY = ("numpy", "pandas", "matplotlib", "pyarrow", "jsonschema")


def functions(file):
    """The functions of a rule file, as syntax trees."""
    text = file.read_text()
    blocks = re.findall(r"^def .*\n(?:(?:[ )].*)?\n)*", text, flags=re.M)
    assert len(blocks) == len(re.findall(r"^\s*def ", text, flags=re.M))
    return [ast.parse(block).body[0] for block in blocks]


def test_there_are_few_functions():
    count = {file.name: len(functions(file)) for file in RULES}
    assert 0 < count["common.smk"] <= 15
    assert sum(count.values()) <= 25


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.name)
def test_each_function_is_one_expression(file):
    for function in functions(file):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        assert [type(part) for part in body] == [ast.Return], function.name


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.name)
def test_shell_lines_quote_every_path(file):
    """A checkout may lie in `My Drive (1)`."""
    shells = re.findall(r'^ +shell:\n((?: +".*\n)+)', file.read_text(), flags=re.M)
    assert len(shells) == file.read_text().count("    shell:")
    fields = {field for shell in shells for field in re.findall(r"\{([^{}]+)\}", shell)}
    assert {field for field in fields - PLAIN if not field.startswith("wildcards.")} == {
        field for field in fields if field.endswith(":q")
    }


def test_what_the_rules_import_is_light():
    """Every job on a cluster node imports it, too."""
    text = (ROOT / "rules" / "common.smk").read_text()
    imports = re.findall(r"^from scripts.*import (?:\([^)]*\)|.*)", text, flags=re.M)
    imported = {name for line in imports for name in re.findall(r"\w+", line)}
    assert {"config", "run_status", "targets"} <= imported
    code = "\n".join([*imports, "import sys", f"print(*(name for name in {HEAVY} if name in sys.modules))"])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
