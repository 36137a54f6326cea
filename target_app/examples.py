"""Makes an example of a JSON schema, for documentation: what the schema itself gives, else something plain."""

from typing import Any

MOMENT = "2026-11-22T12:00:00Z"
IDENTITY = "0f8fad5bd9cb469fa16570867728950e"
PLAIN: dict[str, Any] = {"boolean": True, "null": None, "string": "text"}
REFERENCE = "#/components/schemas/"

Schema = dict[str, Any]


def example_of(schema: Schema, schemas: dict[str, Schema], name: str = "") -> Any:  # noqa: ANN401  any JSON
    """Return a value that fits. `schemas` are the document's; `name` is what the value is called, if anything."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(REFERENCE)], schemas, name)
    for given in (schema.get("examples"), schema.get("enum")):
        if given:
            return given[0]
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example_of(schema[key][0], schemas, name)
    return _of_type(schema, schemas, name)


def _of_type(schema: Schema, schemas: dict[str, Schema], name: str) -> Any:  # noqa: ANN401  any JSON
    kind = schema.get("type", "object")
    if kind == "object":
        return {key: example_of(value, schemas, key) for key, value in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, name.removesuffix("s"))]
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    if schema.get("format") == "date-time":
        return MOMENT
    if name == "id" or name.endswith("_id"):
        return IDENTITY
    return PLAIN[kind]
