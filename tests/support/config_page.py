"""Write what is generated from the typed config.

schemas/config.schema.json, by which editors check config.yaml, and docs/config.md, which lists every key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from scripts.core.paths import ROOT
from scripts.workflow.config.model import Config

CONFIG = ROOT / "config.yaml"
SCHEMA, PAGE = ROOT / "schemas" / "config.schema.json", ROOT / "docs" / "config.md"
COMMAND = "make docs"

HEAD = f"""# The keys of config.yaml

Written by `{COMMAND}` from scripts/workflow/config/model.py, with the defaults and headings of
[config.yaml](../config.yaml). DATASET is the name of a dataset, N a place in a list.
"""
TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
    "object": "mapping",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
NO_DEFAULT = object()
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """One key of the config: a row of the page, all as text."""

    path: str
    type: str
    default: str
    allowed: str
    meaning: str


# ---- The schema ----


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the config."""
    of_config = without_noise(Config.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **of_config}


def without_noise(part: Any) -> Any:
    """Return a schema without pydantic's titles; what may be left out may be null."""
    if isinstance(part, list):
        return [without_noise(item) for item in part]
    if not isinstance(part, dict):
        return part
    noise = {"title"} if isinstance(part.get("title"), str) else set()
    kept = {key: without_noise(value) for key, value in part.items() if key not in noise}
    if "default" in kept and kept["default"] is None:
        description = kept.pop("description")
        del kept["default"]
        if {"type": "null"} in kept.get("anyOf", []):
            return {**kept, "description": description}
        return {"anyOf": [kept, {"type": "null"}], "description": description}
    return kept


# ---- The page ----


def page() -> str:
    """Return the text of docs/config.md: a table for each heading of config.yaml."""
    text, top = CONFIG.read_text(encoding="utf-8"), schema()
    defaults, fields, kinds = yaml.safe_load(text), top["properties"], top["$defs"]
    parts = [HEAD]
    for heading, names in headings(text):
        rows = [row for name in names for row in keys(name, fields[name], defaults[name], kinds)]
        parts.append(f"## {heading}\n\n{table(rows)}\n")
    return "\n".join(parts)


def headings(text: str) -> list[tuple[str, list[str]]]:
    """Return the headings of config.yaml, `# ---- Heading`, and the top-level keys below each."""
    sections: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if heading := re.match(r"# ---- ([^:.,]+)", line):
            sections.append((" ".join(heading[1].replace("----", "").split()), []))
        elif key := re.match(r"(\w+):", line):
            sections[-1][1].append(key[1])
    return sections


def table(rows: list[Key]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| key | type | default | allowed | meaning |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        default = f"`{row.default}`" if row.default else ""
        lines.append(f"| `{row.path}` | {row.type} | {default} | {row.allowed} | {row.meaning} |")
    return "\n".join(lines)


def keys(path: str, part: Schema, default: Any, kinds: Schema) -> Iterator[Key]:
    """Yield a key of the config and all keys below it; `default` is its value in config.yaml."""
    part = resolved(part, kinds)
    simple = not isinstance(default, dict) or isinstance(part.get("additionalProperties"), dict)
    shown = "" if default is NO_DEFAULT or not simple else as_yaml(default)
    yield Key(path, type_of(part), shown, allowed(part), part.get("description", ""))
    for name, one in part.get("properties", {}).items():
        inner = default.get(name, NO_DEFAULT) if isinstance(default, dict) else NO_DEFAULT
        yield from keys(f"{path}.{name}", one, inner, kinds)
    of_dataset = resolved(part.get("additionalProperties") or {}, kinds)
    if "properties" in of_dataset:
        for name, one in of_dataset["properties"].items():
            yield from keys(f"{path}.DATASET.{name}", one, NO_DEFAULT, kinds)
    yield from keys_of_variants(path, part, kinds)
    yield from keys_of_variants(f"{path}.N", part.get("items", {}), kinds)


def keys_of_variants(path: str, part: Schema, kinds: Schema) -> Iterator[Key]:
    """Yield the keys of a mapping of which there are several kinds, which one of its keys names."""
    for variant in part.get("oneOf", ()):
        fields = resolved(variant, kinds)["properties"]
        names = allowed(fields[part["discriminator"]["propertyName"]])
        for name, one in fields.items():
            for key in keys(f"{path}.{name}", one, NO_DEFAULT, kinds):
                if name == part["discriminator"]["propertyName"]:
                    yield key
                else:
                    yield replace(key, meaning=f"({names}) {key.meaning}")


def resolved(part: Schema, kinds: Schema) -> Schema:
    """Return a schema with the one that it refers to; its own description goes first."""
    if "$ref" not in part:
        return part
    return {**kinds[part["$ref"].rpartition("/")[2]], **part}


def type_of(part: Schema) -> str:
    """Write the type of a value for people."""
    if "anyOf" in part:
        return " or ".join(type_of(kind) for kind in part["anyOf"])
    return TYPES[part.get("type", "object")]


def allowed(part: Schema) -> str:
    """Write what is allowed besides the type, for people."""
    limits = [", ".join(part.get("enum", [part["const"]] if "const" in part else []))]
    limits += [f"{word} {part[key]:.15g}" for key, word in BOUNDS.items() if key in part]
    limits += map(allowed, part.get("anyOf", ()))
    if "items" in part:
        limits.append(allowed({key: value for key, value in part["items"].items() if key != "minLength"}))
    if isinstance(part.get("additionalProperties"), dict):
        limits.append(allowed(part["additionalProperties"]))
    limits.append(part.get("patternErrorMessage", "").removeprefix("is not "))
    limits += ["not empty"] if part.get("minItems") or part.get("minLength") else []
    limits += ["none twice"] if part.get("uniqueItems") else []
    return "; ".join(filter(None, limits))


def as_yaml(value: Any) -> str:
    """Return a default as it is written in YAML, in one line; a long one is left to config.yaml."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    text = text.removesuffix("...\n").strip()
    return text if len(text) < 60 else ""


def files() -> dict[Path, str]:
    """Return both files and their text."""
    return {SCHEMA: json.dumps(schema(), indent=2) + "\n", PAGE: page()}
