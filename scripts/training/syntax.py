"""The syntax tree of a definition as text: what it computes, and not where or how it is written.

Left out are comments, docstrings, annotations, imports of our own modules, and the words of errors and of
what is printed; `timing.Stopwatch`, where `timing` is a module of ours, is `Stopwatch`, and `partial`,
imported from functools, is `functools.partial`. So it stays the same when a definition moves to another
module, or a module is renamed. Every Python from 3.6 on gives the same text.
"""

import ast
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple, Union

# Not the code's, or not of every Python.
LEFT_OUT = {"annotation", "ctx", "kind", "returns", "type_comment", "type_ignores", "type_params"}
CONTRACT = {"ABC", "Trainer"}  # base classes that only state what a class has
ABSTRACT = "abstractmethod"
Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def parse(path: Path) -> ast.Module:
    """Parse a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tree if sys.version_info >= (3, 8) else OldConstants().visit(tree)


class OldConstants(ast.NodeTransformer):
    """Makes of the constants in a tree of Python 3.6 and 3.7 what they are since."""

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace a constant, and one that is alone the format of a value in an f-string."""
        kind = type(node).__name__
        if kind in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis"):
            return ast.Constant(
                value=getattr(node, {"Num": "n", "NameConstant": "value"}.get(kind, "s"), ...)
            )
        node = self.generic_visit(node)
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.Constant):
            node.format_spec = ast.JoinedStr(values=[node.format_spec])
        return node


def definitions(tree: ast.Module, imports: "Imports") -> Iterator[Tuple[str, str]]:
    """Yield the name and text of every function, class and upper-case constant at the top of a module."""
    for node in tree.body:
        name = defined(node)
        if name:
            yield name, dump(Normaliser(imports).visit(node))


def defined(node: ast.stmt) -> Optional[str]:
    """Name the function or class that a statement defines, or the first of its constants."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) or node.value is None:
        return None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]
    return next(filter(str.isupper, names), None)


class Imports:
    """What the imported names of a module stand for; `root` is the folder that our own modules lie in."""

    def __init__(self, tree: ast.Module, path: Path, root: Path) -> None:
        self.path, self.root = path, root
        self.modules: Dict[str, Path] = {}  # name: a module or package of ours, without suffix
        self.objects: Dict[str, str] = {}  # name: the name that it has in the module of ours
        self.others: Dict[str, str] = {}  # name, at the top of the module: a.b.c
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._add_import(node, top=node in tree.body)
            elif isinstance(node, ast.ImportFrom):
                self._add_import_from(node, top=node in tree.body)

    def _add_import(self, node: ast.Import, top: bool) -> None:
        for alias in node.names:
            first = alias.name.split(".")[0]
            name, module = (alias.asname, alias.name) if alias.asname else (first, first)
            place = self.place(module)
            if place:
                self.modules[name] = place
            elif top:
                self.others[name] = module

    def _add_import_from(self, node: ast.ImportFrom, top: bool) -> None:
        package = self.package(node)
        for alias in node.names:
            name = alias.asname or alias.name
            if package is None:
                if top:
                    self.others[name] = f"{node.module}.{alias.name}"
            elif exists(package / alias.name):
                self.modules[name] = package / alias.name
            else:
                self.objects[name] = alias.name

    def package(self, node: ast.ImportFrom) -> Optional[Path]:
        """Find the module of ours that is imported from; None if it is not ours."""
        if not node.level:
            return self.place(node.module or "")
        folder = self.path.parents[node.level - 1]
        return folder.joinpath(*node.module.split(".")) if node.module else folder

    def place(self, module: str) -> Optional[Path]:
        """Find a module of ours by its absolute name: its path without suffix; None if it is not ours."""
        parts = module.split(".")
        root = self.root.parent if parts[0] == self.root.name else self.root
        place = root.joinpath(*parts)
        return place if exists(place) else None

    def is_ours(self, node: ast.stmt) -> bool:
        """Check whether a statement imports modules of ours, and nothing else."""
        if isinstance(node, ast.Import):
            return all(self.place(alias.name.split(".")[0]) for alias in node.names)
        return isinstance(node, ast.ImportFrom) and self.package(node) is not None

    def files(self, tree: ast.Module) -> Iterator[Path]:
        """Yield the files of our own modules that are imported, anywhere in the module."""
        places = list(self.modules.values())
        froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        places += [place for place in map(self.package, froms) if place]
        for place in dict.fromkeys(places):
            for file in (place.with_suffix(".py"), place / "__init__.py"):
                if file.exists():
                    yield file


def exists(place: Path) -> bool:
    """Check whether a path without suffix is that of a module or package."""
    return place.with_suffix(".py").exists() or place.is_dir()


class Normaliser(ast.NodeTransformer):
    """Takes out of a definition what does not change what it computes."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports
        self.local: List[Set[str]] = []  # names that each function around binds by itself

    # ---- Names ----

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Give an imported name as the module where it comes from has it."""
        if self._is_local(node.id):
            return node
        name = self.imports.objects.get(node.id, node.id)
        first, *rest = self.imports.others.get(name, name).split(".")
        full: ast.expr = ast.Name(id=first)
        for part in rest:
            full = ast.Attribute(value=full, attr=part)
        return full

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Leave the module away before what is in a module of ours."""
        if self._module(node.value) and not self._module(node):
            return ast.Name(id=node.attr)
        return self.generic_visit(node)

    def _module(self, node: ast.AST) -> Optional[Path]:
        """Find the module of ours that an expression stands for, or give None."""
        if isinstance(node, ast.Name):
            return None if self._is_local(node.id) else self.imports.modules.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        above = self._module(node.value)
        return above / node.attr if above and exists(above / node.attr) else None

    def _is_local(self, name: str) -> bool:
        return any(name in names for names in self.local)

    # ---- Functions and classes ----

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Optional[ast.AST]:
        """Leave out an abstract method; of others, know the names that they bind."""
        return self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Optional[ast.AST]:
        """Do the same."""
        return self._visit_function(node)

    def _visit_function(self, node: Function) -> Optional[ast.AST]:
        if any(ABSTRACT in ast.dump(decorator) for decorator in node.decorator_list):
            return None
        return self._visit_scope(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """Know the names that it binds."""
        return self._visit_scope(node)

    def _visit_scope(self, node: ast.AST) -> ast.AST:
        inner = list(ast.walk(node))
        bound = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.local.append(bound | {n.arg for n in inner if isinstance(n, ast.arg)})
        self.generic_visit(node)
        self.local.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave out the base classes that only state what a class has."""
        self.generic_visit(node)
        node.bases = [base for base in node.bases if last_name(base) not in CONTRACT]
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "metaclass"]
        return node

    # ---- Statements ----

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Optional[ast.AST]:
        """Leave out the annotation."""
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign(targets=[node.target], value=node.value))

    def visit_Expr(self, node: ast.Expr) -> Optional[ast.AST]:
        """Leave out docstrings, other constants that are statements, and what is printed."""
        printed = isinstance(node.value, ast.Call) and last_name(node.value.func) == "print"
        return None if printed or isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Keep the class of an error, and nothing else of it."""
        kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return ast.Raise(exc=kind and ast.Name(id=last_name(kind)), cause=None)

    def visit_Pass(self, node: ast.Pass) -> None:
        """Leave it out."""

    def visit_Import(self, node: ast.Import) -> Optional[ast.AST]:
        """Leave out imports of our own modules."""
        return None if self.imports.is_ours(node) else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Optional[ast.AST]:
        """Leave out imports from our own modules."""
        return None if self.imports.is_ours(node) else node


def last_name(node: ast.AST) -> str:
    """Give the `c` of an expression `a.b.c` or `c`."""
    return getattr(node, "attr", getattr(node, "id", ""))


def dump(node: object) -> str:  # noqa: PLR0911
    """Write an unambiguous text of a tree, the same in every Python; ast.dump() differs between them."""
    if isinstance(node, list):
        return f"[{', '.join(map(dump, node))}]"
    if isinstance(node, ast.Constant):
        return f"Constant({node.value!a})"
    if not isinstance(node, ast.AST):
        return ascii(node)
    kind, fields = type(node).__name__, dict(ast.iter_fields(node))
    if kind == "Index":  # Python 3.8
        return dump(fields["value"])
    if kind == "ExtSlice":  # Python 3.8
        return dump(ast.Tuple(elts=fields["dims"]))
    if isinstance(node, ast.JoinedStr):
        return f"JoinedStr({dump(joined(node.values))})"
    kept = {name: value for name, value in fields.items() if name not in LEFT_OUT and value not in (None, [])}
    return f"{kind}({', '.join(f'{name}={dump(value)}' for name, value in kept.items())})"


def joined(parts: List[ast.expr]) -> List[ast.expr]:
    """Join the texts of an f-string that are next to each other: Pythons cut them differently."""
    merged: List[ast.expr] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
            merged[-1] = ast.Constant(value=f"{last.value}{part.value}")
        elif not (isinstance(part, ast.Constant) and part.value == ""):
            merged.append(part)
    return merged
