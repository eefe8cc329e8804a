"""Mistakes in a config file: what does not fit schemas/config.schema.yaml, in the words of the config."""

import difflib
import math
from contextlib import suppress
from pathlib import Path

import jsonschema
import yaml

# JSON Schema takes 12.0 for an integer, and NaN and infinity for numbers.
TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
        "number": lambda _, value: (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        ),
    }
)
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPES)
KINDS = {
    "integer": "a whole number",
    "number": "a finite number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list, [a, b]",
    "object": "a mapping, {key: value}",
    "null": "null",
}


def of_schema(config, schema, skip=()):
    """One line a mistake, each naming the key, its value and what is allowed; none below the paths `skip`."""
    errors = [error for error in Validator(schema).iter_errors(config) if not below(error, skip)]
    errors.sort(key=lambda error: [str(part) for part in error.absolute_path])
    return list(dict.fromkeys(line for error in errors for line in explain(error)))


def below(error, paths):
    return any(list(error.absolute_path)[: len(path)] == list(path) for path in paths)


def explain(error):
    """The lines of one schema error."""
    where = ".".join(str(part) for part in error.absolute_path) or "config"
    value, rule = error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            known = error.schema.get("properties", {})
            said = [unknown(key, known) for key in value if key not in known]
        case "required":
            said = [f"the key {key!r} is missing" for key in rule if key not in value]
        case "dependentRequired":
            pairs = [(key, need) for key, needs in rule.items() if key in value for need in needs]
            said = [f"{key} needs {need} beside it" for key, need in pairs if need not in value]
        case "enum":
            said = [f"{shown(value)} is not one of {', '.join(map(str, rule))}{near(value, rule)}"]
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            said = [f"{shown(value)} is not {' or '.join(KINDS[kind] for kind in kinds)}"]
        case "minItems" | "minLength":
            said = [f"{shown(value)} is empty"]
        case "uniqueItems":
            said = [
                f"{shown(item)} stands there twice" for at, item in enumerate(value) if item in value[:at]
            ]
        case "pattern":
            said = [f"{shown(value)} is not {error.schema['description']}"]
        case _:
            said = [error.message]
    return [f"{where}: {line}" for line in said]


def unknown(key, known, what="key"):
    """Words for a name that is not among the known ones, with the nearest of them."""
    hint = near(key, known) or f"; allowed: {', '.join(map(str, known))}"
    return f"unknown {what} {shown(key)}{hint}"


def near(value, known):
    found = difflib.get_close_matches(str(value), [str(name) for name in known], n=1)
    return f"; did you mean {found[0]}?" if found else ""


def shown(value):
    """A value as people know it from YAML, shortened."""
    if value is None or isinstance(value, bool):
        return yaml.safe_dump(value).split()[0]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def repeated_keys(path):
    """`FILE, line N: ...` for keys that stand twice in one mapping: YAML takes the last and says nothing."""
    nodes = []
    with suppress(yaml.YAMLError):  # JSON, say, indented by tabs
        nodes.append(yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader))
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if key.value in seen:
                    yield f"{path}, line {key.start_mark.line + 1}: the key {key.value!r} stands there twice"
                seen.add(key.value)
                nodes.append(value)
