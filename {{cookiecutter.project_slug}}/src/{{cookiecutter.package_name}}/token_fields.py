"""The token fields: what a token says about its user beyond who it is.

A further token field is one line in `TokenFields`, one in `TokenFieldColumns`, and a migration.
"""

{{ cookiecutter.token_fields | parse_token_fields | import_block("standard", "from dataclasses import dataclass, fields", "from typing import Any") }}
{{ cookiecutter.token_fields | parse_token_fields | token_header }}

@dataclass(kw_only=True)
class TokenFields:
    """What a token says about its user beyond who it is. Set by operators, never at registration.

    A field without a default is required: a token without it is refused. No personal data here:
    who holds a token can read it.
    """
{{ cookiecutter.token_fields | parse_token_fields | token_body }}

class TokenFieldColumns:
    """The token fields as columns of `User`. One that is required is null until it is set."""
{{ cookiecutter.token_fields | parse_token_fields | column_body }}

FIELD_NAMES = tuple(field.name for field in fields(TokenFields))


def field_values(holder: object) -> dict[str, Any]:
    """Return the token fields that a token or a user has, by name."""
    return {name: getattr(holder, name) for name in FIELD_NAMES}
