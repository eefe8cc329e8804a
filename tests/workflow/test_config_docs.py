"""The schema and the list of keys are those of the typed config."""

import json

import pytest
import yaml
from config_page import (
    COMMAND,
    CONFIG,
    PAGE,
    SCHEMA,
    Key,
    files,
    headings,
    keys,
    schema,
    table,
)
from paths import ROOT

from scripts.workflow.config.model import Config


@pytest.mark.parametrize("file", [SCHEMA, PAGE], ids=lambda file: file.name)
def test_what_is_generated_is_not_stale(file):
    assert file.read_text(encoding="utf-8") == files()[file], f"{file.name} is stale; run: {COMMAND}"


def test_the_headings_of_config_yaml_hold_every_key_in_the_order_of_the_model():
    held = [name for _, names in headings(CONFIG.read_text()) for name in names]
    assert held == [*Config.model_fields] == [*yaml.safe_load(CONFIG.read_text())]


def test_every_key_has_a_meaning():
    top = schema()
    rows = [row for name, one in top["properties"].items() for row in keys(name, one, None, top["$defs"])]
    assert len(rows) > 80
    assert [row.path for row in rows if not row.meaning] == []


def test_a_row_has_type_default_and_what_is_allowed():
    part = {"anyOf": [{"minimum": 2, "type": "integer"}, {"type": "null"}], "description": "How many"}
    (row,) = keys("a.b", part, None, {})
    assert row == Key("a.b", "whole number or null", "null", "at least 2", "How many")
    assert "| `a.b` | whole number or null | `null` | at least 2 | How many |" in table([row])
    numbers = {"type": "array", "items": part["anyOf"][0], "uniqueItems": True}
    (row,) = keys("a.c", {"anyOf": [numbers, {"type": "null"}]}, None, {})
    assert (row.type, row.allowed) == ("list or null", "at least 2; none twice")


def test_editors_find_the_schema():
    first = CONFIG.read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA.relative_to(ROOT)}"
    written = json.loads(SCHEMA.read_text())
    assert written["required"] == [name for name, one in Config.model_fields.items() if one.is_required()]
    assert written["additionalProperties"] is False
