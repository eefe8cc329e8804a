"""The structure of scripts/: what imports what, the rules that it keeps, and docs/architecture.md made of it.

`make docs` writes the page again.
"""

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from runpy import run_path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
PAGE = ROOT / "docs" / "architecture.md"

# Lowest floor first. A package may import those on lower floors, and itself.
FLOORS = [
    ("core",),
    ("training",),
    ("data", "environments"),
    ("workflow", "records"),
    ("analysis",),
    ("tables",),
    ("figures", "forecast"),
    ("parity", "compare"),
    ("replication",),
]
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}


@dataclass
class Module:
    """One file of scripts/, by its dotted name below scripts; `outside` are imports from elsewhere."""

    name: str
    path: Path
    tree: ast.Module
    imports: set[str] = field(default_factory=set)  # of our modules
    outside: set[str] = field(default_factory=set)  # top-level names, wherever they are imported
    outside_at_import: set[str] = field(default_factory=set)  # those outside of functions

    @property
    def package(self) -> str:
        """Return the package below scripts that it is in."""
        return self.name.split(".")[0]

    @property
    def lines(self) -> int:
        """Count its lines."""
        return len(self.path.read_text(encoding="utf-8").splitlines())

    @property
    def purpose(self) -> str:
        """Return the first sentence of its docstring, on one line."""
        paragraph = " ".join((ast.get_docstring(self.tree) or "").split("\n\n")[0].split())
        return paragraph if len(paragraph) < 160 else paragraph.partition(". ")[0].partition(": ")[0]


def read_modules(folder: Path = SCRIPTS) -> dict[str, Module]:
    """Read all modules of a folder, by name, with their imports resolved."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    for module in modules.values():
        add_imports(module, modules)
    return modules


def add_imports(module: Module, modules: dict[str, Module]) -> None:
    """Fill in what a module imports, of `modules` and from elsewhere."""
    inside = {
        id(node)
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(module.tree):
        for name in imported_names(node, module):
            if name.split(".")[0] != "scripts":
                module.outside.add(name.split(".")[0])
                if id(node) not in inside:
                    module.outside_at_import.add(name.split(".")[0])
                continue
            target = name.removeprefix("scripts").lstrip(".")
            while target and target not in modules:
                target = target.rpartition(".")[0]
            if target and target != module.name:
                module.imports.add(target)


def imported_names(node: ast.AST, module: Module) -> list[str]:
    """List the dotted names of all that an import statement may import: modules, or what is in them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        here = ["scripts", *module.name.split(".")]
        depth = node.level - (module.path.name == "__init__.py")
        base = ".".join([*here[: len(here) - depth], *filter(None, [base])])
    return [f"{base}.{alias.name}" for alias in node.names]


def arrows_up(modules: dict[str, Module]) -> list[str]:
    """List imports from a package on a higher floor, or from another one on the same floor."""
    arrows = []
    for module in modules.values():
        for target in sorted(module.imports):
            mine, other = module.package, target.split(".")[0]
            if other != mine and mine in FLOOR_OF and FLOOR_OF[other] >= FLOOR_OF[mine]:
                arrows.append(f"{module.name} imports {target}")
    return arrows


def circles(modules: dict[str, Module]) -> list[str]:
    """List modules that import each other, directly or through others, as `a -> b -> a`."""
    trails, finished = [], set()

    def visit(name: str, trail: list[str]) -> None:
        if name in trail:
            trails.append(" -> ".join([*trail[trail.index(name) :], name]))
            return
        if name not in finished:
            for target in sorted(modules[name].imports):
                visit(target, [*trail, name])
            finished.add(name)

    for name in modules:
        visit(name, [])
    return trails


def steps() -> dict[str, dict[str, tuple[str, str]]]:
    """Read the registry of scripts/__main__.py: stage, step, (module, purpose)."""
    before = list(sys.path)
    try:
        return run_path(str(SCRIPTS / "__main__.py"))["STEPS"]
    finally:
        sys.path[:] = before


def page(modules: dict[str, Module]) -> str:
    """Write the text of docs/architecture.md."""
    parts = [
        "# Architecture",
        "Written by `make docs` from the docstrings and imports of `scripts/`.",
        "## Floors",
        "A package imports from lower floors only. Each file in `rules/` runs the package of its name through"
        " `python scripts STEP`.",
        floors_table(modules),
        "## Steps",
        "\n".join(step_lines()),
        "## Modules",
    ]
    for package in FLOOR_OF:
        own = [module for module in modules.values() if module.package == package]
        head = modules[package]
        parts += [f"### {package}", head.purpose]
        parts.append("\n".join(module_line(module) for module in own if module is not head))
    return "\n\n".join(parts) + "\n"


def floors_table(modules: dict[str, Module]) -> str:
    """Write the table of packages by floor, the highest first."""
    uses = defaultdict(set)
    for module in modules.values():
        uses[module.package] |= {target.split(".")[0] for target in module.imports} - {module.package}
    lines = ["| floor | package | what it is | imports |", "| ---: | --- | --- | --- |"]
    for floor, packages in reversed(list(enumerate(FLOORS, start=1))):
        for package in packages:
            below = ", ".join(name for name in FLOOR_OF if name in uses[package])
            lines.append(f"| {floor} | `{package}` | {modules[package].purpose} | {below} |")
    return "\n".join(lines)


def step_lines() -> list[str]:
    """Write the table of steps."""
    lines = ["| stage | step | what it does | module |", "| --- | --- | --- | --- |"]
    for stage, some in steps().items():
        for name, (module, purpose) in some.items():
            lines.append(f"| {stage} | `{name}` | {purpose} | `{module}` |")
    return lines


def module_line(module: Module) -> str:
    """Write a module and its purpose."""
    purpose = module.purpose.rstrip(".")
    return f"- `{module.name.partition('.')[2]}`: {purpose}"


def files() -> dict[Path, str]:
    """Return the page and its text."""
    return {PAGE: page(read_modules())}
