"""Sets of answers to render with.

Backend, token fields and what is accepted act on one another, so all their combinations are
rows; the other answers fill the rows up in a way that each pair of answers occurs in one.
"""

from dataclasses import dataclass
from itertools import combinations, cycle, product

from litestar_jwt_template.catalogue import ALGORITHMS, BACKENDS, DATABASES, LICENSES

TYPES = {
    "str": '"it\'s \\"née\\" \\\\ {x}"',
    "int": "-9223372036854775808",
    "float": "2.5",
    "bool": "True",
    "UUID": '"f47ac10b-58cc-4372-a567-0e02b2c3d479"',
    "datetime": '"2025-06-30T10:00:00+02:00"',
    "date": '"2025-06-30"',
    "Decimal": '"19.90"',
    'Literal["free", "pro"]': '"free"',
    "Literal[1, 2]": "2",
    "list[str]": '["user"]',
    "list[int]": "[]",
    "list[bool]": "[True, False]",
    'list[Literal["red", "green"]]': '["red"]',
    "list[Literal[1, 2]]": "[1]",
    # Longer than a line: the type, and the default.
    f'Literal["{"word " * 26}", "short"]': f'"{"word " * 26}"',
}
EVERY_FIELD = ", ".join(
    f"required_{n}: {type_}, default_{n}: {type_} = {default}, optional_{n}: {type_} | None"
    for n, (type_, default) in enumerate(TYPES.items())
)

INTERACTING = {
    "auth_backend": tuple(BACKENDS),
    "accepted": ("some", "none"),
    "token_fields": ("", "user: str | None", EVERY_FIELD),
}
OTHERS = {
    "signing_algorithm": tuple(ALGORITHMS),
    "database": tuple(DATABASES),
    "license": tuple(LICENSES),
}
ACCEPTED = {
    "some": {
        "accepted_issuers": "https://api.example, https://partner.example/realms/one",
        "accepted_audiences": "urn:api, https://api.example/v1",
    },
    "none": {"accepted_issuers": "none", "accepted_audiences": "none"},
}
NAMES = [
    {"project_name": "My Secured API"},
    {"project_name": "Q", "project_slug": "q", "package_name": "q"},
    {
        "project_name": 'Größe 9: it\'s "big" \\ 🎉',
        "project_slug": "9-to-5",
        "package_name": "a_package_with_forty_characters_in_a_row",
    },
    {"project_slug": "zoo", "package_name": "zz", "author_name": 'O\'Neil "Zoë" \\'},
]

Choice = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One set of answers."""

    id: str
    answers: dict[str, str]


def pairs(choices: dict[str, str]) -> set[tuple[Choice, Choice]]:
    return set(combinations(choices.items(), 2))


def choose() -> list[dict[str, str]]:
    """Return every combination of what interacts, each with the others that add most pairs."""
    seen: set[tuple[Choice, Choice]] = set()
    chosen = []
    for values in product(*INTERACTING.values()):
        fixed = dict(zip(INTERACTING, values, strict=True))
        candidates = [
            fixed | dict(zip(OTHERS, others, strict=True)) for others in product(*OTHERS.values())
        ]
        best = max(candidates, key=lambda choices: len(pairs(choices) - seen))
        seen |= pairs(best)
        chosen.append(best)
    return chosen


def make_row(choices: dict[str, str], names: dict[str, str]) -> Row:
    fields = choices["token_fields"]
    kind = {"": "no-fields", EVERY_FIELD: "every-field"}.get(fields, "one-field")
    parts = [kind if name == "token_fields" else value for name, value in choices.items()]
    plain = {name: value for name, value in choices.items() if name != "accepted"}
    return Row("-".join(parts), {**plain, **ACCEPTED[choices["accepted"]], **names})


ROWS = [make_row(choices, names) for choices, names in zip(choose(), cycle(NAMES))]
DEFAULTS = Row("defaults", {})

SPREAD = [
    DEFAULTS,
    *(
        row
        for row, places in zip(
            ROWS, product(*map(range, map(len, INTERACTING.values()))), strict=True
        )
        if sum(places) % 2
    ),
]
"""The defaults and every second row: each two of the answers that interact occur together."""
