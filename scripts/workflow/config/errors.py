"""What is wrong in a config file: each line names the key, its value and what is allowed."""

import difflib
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from scripts.core.files import utf8_text
from scripts.workflow.config.model import Config

KINDS = {
    "int_type": "a whole number",
    "float_type": "a finite number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list, [a, b]",
    "dict_type": "a mapping, {key: value}",
    "model_type": "a mapping, {key: value}",
    "model_attributes_type": "a mapping, {key: value}",
}
BOUNDS = {
    "greater_than": ("gt", "less than or equal to the minimum"),
    "greater_than_equal": ("ge", "less than the minimum"),
    "less_than": ("lt", "greater than or equal to the maximum"),
    "less_than_equal": ("le", "greater than the maximum"),
}
Where = tuple[str | int, ...]


def of_model(config: Mapping[str, Any], skip: Iterable[Where] = ()) -> list[str]:
    """Return one line for each value that does not fit the model; none below the paths `skip`."""
    try:
        Config.model_validate(config)
    except ValidationError as error:
        found = [explain(one) for one in error.errors(include_url=False)]
        kept = [(where, line) for where, line in found if not any(where[: len(p)] == p for p in skip)]
        kept.sort(key=lambda one: [str(part) for part in one[0]])
        return list(dict.fromkeys(line for _, line in kept))
    return []


# Keys that had another place.
MOVED = {"cluster.bundle": "the key 'bundle' is now folds_per_job, at the top of the config"}


def explain(error: Mapping[str, Any]) -> tuple[Where, str]:
    """Return where one of pydantic's errors is, and its line."""
    kind, value = error["type"], error["input"]
    if kind in ("extra_forbidden", "invalid_key"):
        where, model = place(error["loc"][:-1])
        key = error["loc"][-1] if kind == "extra_forbidden" else value
        message = MOVED.get(f"{'.'.join(map(str, where))}.{key}") or unknown(key, model.model_fields)
    elif kind == "missing":
        where, _ = place(error["loc"][:-1])
        message = f"the key {error['loc'][-1]!r} is missing"
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        where, _ = place(error["loc"])
        key = error["ctx"]["discriminator"].strip("'")
        if kind == "union_tag_not_found":
            message = f"the key {key!r} is missing"
        else:
            where, message = (*where, key), not_among(value[key], error["ctx"]["expected_tags"])
    else:
        where, _ = place(error["loc"])
        message = explain_value(kind, value, error.get("ctx", {}), error["msg"])
    return where, f"{'.'.join(map(str, where)) or 'config'}: {message}"


def explain_value(kind: str, value: Any, context: Mapping[str, Any], default: str) -> str:
    """Return what is wrong with a value at its place; `default` is pydantic's own message."""
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return f"{value!r} is {words} of {context[name]:.15g}"
    if kind == "literal_error":
        return not_among(value, context["expected"])
    if kind == "repeated":
        item = next(item for at, item in enumerate(value) if item in value[:at])
        return f"{shown(item)} is there twice"
    if kind in KINDS:
        return f"{shown(value)} is not {KINDS[kind]}"
    if kind in ("too_short", "string_too_short"):
        return f"{shown(value)} is empty"
    return f"{shown(value)} {context['text']}" if kind == "refused" else default


def not_among(value: Any, expected: str) -> str:
    """Return the message of a value that is not one of pydantic's list of texts, `'a', 'b' or 'c'`."""
    allowed = re.findall(r"'([^']*)'", expected)
    return f"{shown(value)} is not one of {', '.join(allowed)}{near(value, allowed)}"


def place(location: Where) -> tuple[Where, Any]:
    """Return the path of a value in the config, and its type, from pydantic's path.

    Where there are several kinds of a mapping (layers, optimizers), pydantic's path has their name, too.
    """
    path, kind = [], Config
    for part in location:
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            kind = next(one for one in typing.get_args(kind) if part in names_of(one))
            continue
        path.append(part)
        kind = plain(below(kind, part))
    return tuple(path), kind


def below(kind: Any, part: str | int) -> Any:
    """Return the type of one entry of a list or mapping of this type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return field.annotation if field else None
    return typing.get_args(kind)[-1] if typing.get_args(kind) else None


def plain(kind: Any) -> Any:
    """Return the type without what Annotated adds to it, and without null next to one kind."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        others = [one for one in typing.get_args(kind) if one is not types.NoneType]
        return plain(others[0]) if len(others) == 1 else kind
    return kind


def names_of(model: type[BaseModel]) -> set[Any]:
    """Return the names by which a union of models knows this one."""
    kinds = [plain(field.annotation) for field in model.model_fields.values()]
    literals = [kind for kind in kinds if typing.get_origin(kind) is typing.Literal]
    return {name for kind in literals for name in typing.get_args(kind)}


def unknown(key: Any, known: Iterable[Any], what: str = "key") -> str:
    """Return the message of a name that is not among the known ones, with the nearest of them."""
    hint = near(key, known) or f"; allowed: {', '.join(map(str, known))}"
    return f"unknown {what} {shown(key)}{hint}"


def near(value: Any, known: Iterable[Any]) -> str:
    """Return `; did you mean NAME?` of the known name that is most like the value, or an empty text."""
    names = {str(name).lower(): name for name in known}
    found = difflib.get_close_matches(str(value).lower(), names, n=1)
    return f"; did you mean {names[found[0]]}?" if found else ""


def shown(value: Any) -> str:
    """Return a value as people know it from YAML, shortened."""
    if value is None or isinstance(value, bool):
        return yaml.safe_dump(value).split()[0]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def repeated_keys(path: str | Path) -> Iterator[str]:
    """Yield `FILE, line N: ...` for keys that are twice in one mapping: YAML silently takes the last one."""
    nodes: list[Any] = []
    with suppress(yaml.YAMLError):  # JSON, say, indented by tabs
        nodes.append(yaml.compose(utf8_text(path), Loader=yaml.SafeLoader))
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            seen: set[Any] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield f"{path}, line {key.start_mark.line + 1}: the key {key.value!r} is there twice"
                seen.add(key.value)
                nodes.append(value)
