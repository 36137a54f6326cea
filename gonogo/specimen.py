"""A value of a schema: what the document gives as an example, else the simplest that fits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DEEPEST = 6
NOTHING = "gonogo-nothing"
FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "nobody-here@example.com",
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "uri": "https://example.com/",
}
UNKNOWN_NUMBER = 987654321


@dataclass(frozen=True)
class Specimens:
    """Makes values by the schemas of one document."""

    document: dict[str, Any]

    def resolved(self, part: Any) -> dict[str, Any]:  # noqa: ANN401  whatever the document holds
        """A part of the document, where it is a reference what that leads to; nothing where that is nothing."""
        for _ in range(DEEPEST):
            if not isinstance(part, dict) or "$ref" not in part:
                break
            part = self._at(str(part["$ref"]))
        return part if isinstance(part, dict) else {}

    def _at(self, reference: str) -> Any:  # noqa: ANN401  whatever the document holds
        found: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return found

    def of_parameter(self, parameter: dict[str, Any]) -> Any:  # noqa: ANN401  JSON has no narrower type
        """A parameter's value: in a path always a made-up one, since an example may be somebody's."""
        schema = self.resolved(parameter.get("schema"))
        if parameter.get("in") == "path":
            return UNKNOWN_NUMBER if "integer" in kinds(schema) else FORMATS.get(schema.get("format", ""), NOTHING)
        return parameter["example"] if "example" in parameter else self.of_schema(schema)

    def of_media(self, media: Any) -> Any:  # noqa: ANN401  JSON has no narrower type
        """A body's value."""
        media = self.resolved(media)
        if "example" in media:
            return media["example"]
        examples = [self.resolved(one) for one in dict(media.get("examples") or {}).values()]
        given = [one["value"] for one in examples if "value" in one]
        return given[0] if given else self.of_schema(media.get("schema"))

    def of_schema(self, schema: Any, depth: int = 0) -> Any:  # noqa: ANN401  JSON has no narrower type
        """A value of a schema."""
        schema = self.resolved(schema)
        if depth > DEEPEST:
            return None
        for given in (
            schema.get("examples"),
            [schema[key] for key in ("example", "default", "const") if key in schema],
        ):
            if isinstance(given, list) and given:
                return given[0]
        if schema.get("enum"):
            return schema["enum"][0]
        if "allOf" in schema:
            return self._together(schema["allOf"], depth)
        choices = [
            one for one in schema.get("anyOf") or schema.get("oneOf") or () if kinds(self.resolved(one)) != ["null"]
        ]
        return self.of_schema(choices[0], depth + 1) if choices else self._of_kind(schema, depth)

    def _together(self, parts: list[Any], depth: int) -> Any:  # noqa: ANN401  JSON has no narrower type
        values = [self.of_schema(part, depth + 1) for part in parts]
        objects = [value for value in values if isinstance(value, dict)]
        return {key: value for one in objects for key, value in one.items()} if objects else next(iter(values), None)

    def _of_kind(self, schema: dict[str, Any], depth: int) -> Any:  # noqa: ANN401  JSON has no narrower type
        kind = next((one for one in kinds(schema) if one != "null"), "object" if "properties" in schema else "string")
        if kind == "object":
            required = schema.get("required") or ()
            fields = dict(schema.get("properties") or {})
            return {name: self.of_schema(fields.get(name), depth + 1) for name in required}
        if kind == "array":
            return [self.of_schema(schema.get("items"), depth + 1) for _ in range(min(schema.get("minItems", 1), 3))]
        if kind == "boolean":
            return False
        return text_of(schema) if kind == "string" else schema.get("minimum", 1)


def kinds(schema: dict[str, Any]) -> list[str]:
    """The types that a schema allows."""
    kind = schema.get("type")
    return [str(one) for one in kind] if isinstance(kind, list) else [str(kind)] if kind else []


def text_of(schema: dict[str, Any]) -> str:
    """A text that is long enough, and not too long."""
    text = FORMATS.get(str(schema.get("format")), NOTHING)
    return text.ljust(int(schema.get("minLength", 0)), "x")[: int(schema.get("maxLength", 1000))]
