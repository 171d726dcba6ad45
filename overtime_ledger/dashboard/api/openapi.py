"""The description of the API in OpenAPI 3.1, made from what it answers."""

from collections.abc import Mapping
from typing import Any

from overtime_ledger.dashboard.api.shapes import BURN_DOWN, POSITION, Shape

VERSION = "1.0.0"
A_MINUTE = 60
"""How many requests a client may make in a minute."""

PROBLEM = {
    "type": "object",
    "description": "What was wrong and what to do about it (RFC 9457).",
    "properties": {
        "title": {"type": "string", "description": "What was wrong."},
        "status": {"type": "integer", "description": "The status of the answer."},
        "detail": {"type": "string", "description": "What to do about it."},
    },
    "required": ["title", "status", "detail"],
    "additionalProperties": False,
}
PARAMETERS = (
    {
        "name": "reference",
        "in": "path",
        "required": True,
        "description": "The reference of the grant: PCD 911 is PCD%20911 in an address.",
        "schema": {"type": "string", "maxLength": 40},
    },
    {
        "name": "as_at",
        "in": "query",
        "required": False,
        "description": "A day that is over: the figures as they stood at its end. Today if left out.",
        "schema": {"type": "string", "format": "date"},
    },
)
HEADERS = {
    "ETag": {
        "description": "Changes if and only if the figures do: send it back as If-None-Match.",
        "schema": {"type": "string"},
    },
    "Protective-Marking": {
        "description": "The protective marking of what was answered.",
        "schema": {"type": "string"},
    },
}
REFUSALS = {
    "400": "The day cannot be read, or lies ahead.",
    "401": "No token, or one that is not in force.",
    "404": "There is no such grant for this token.",
    "405": "It was asked with something else than GET.",
    "429": f"More than {A_MINUTE} requests in a minute: wait for the seconds of Retry-After.",
}


def document() -> dict[str, Any]:
    """The whole description, ready for JSON."""
    shapes = {shape.name: shape.schema() for shape in [*POSITION.all(), *BURN_DOWN.all()]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Overtime Ledger",
            "version": VERSION,
            "summary": "Position and burn-down of a grant, to be read.",
            "description": "All amounts are integer pence, all days ISO 8601. No officer, subject or "
            "claim is named, and enquiries bear their neutral names.",
        },
        "paths": {
            "/api/grants/{reference}/position": _path("position", POSITION),
            "/api/grants/{reference}/burn-down": _path("burnDown", BURN_DOWN),
        },
        "components": {
            "schemas": {**shapes, "Problem": PROBLEM},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An administrator makes one for a program, and it is shown once.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _path(name: str, shape: Shape) -> dict[str, Any]:
    refusals = {status: _refusal(status, says) for status, says in REFUSALS.items()}
    return {
        "get": {
            "operationId": name,
            "summary": shape.says,
            "parameters": [*PARAMETERS],
            "responses": {
                "200": {
                    "description": shape.says,
                    "headers": HEADERS,
                    "content": {
                        "application/json": {"schema": {"$ref": f"#/components/schemas/{shape.name}"}}
                    },
                },
                "304": {"description": "Nothing has changed since the answer with that ETag."},
                **refusals,
            },
        }
    }


def _refusal(status: str, says: str) -> Mapping[str, Any]:
    headers = {
        "401": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        "405": {"Allow": {"schema": {"type": "string"}}},
        "429": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
    }
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": says, "headers": headers.get(status, {}), "content": problem}
