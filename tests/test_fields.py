"""Names, types and defaults of token fields that are refused."""

import pytest

from litestar_jwt_template.token_fields import parse_token_fields

from .refusals import UUID_TEXT, refusal, words


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        # Names
        ("ﬁ: int", r"`\ufb01` is not written in ASCII"),
        ("größe: int", "is not written in ASCII"),
        ("\U0001d4ea: int", "is not written in ASCII"),
        ("a: \u017ftr", "is not written in ASCII"),
        ("class: str", "`class` is a Python keyword"),
        ("a: int, lambda: str", "`lambda` is a Python keyword"),
        ("__class__: str", "`__class__` begins with an underscore"),
        ("_a: str", "`_a` begins with an underscore"),
        ("a: int, a: int", "`a` stands there twice"),
        ("a: int, A: int", "`A` stands there twice"),
        ("x" * 41 + ": int", "longer than 40"),
        *[
            (f"{name}: str", "standard claim")
            for name in words(
                """
                exp iat nbf iss sub aud jti sid extras encode decode decode_payload adapt_claims EXP
                auth_time amr acr nonce azp scope identifier token_expiration token_issuer
                token_audience token_unique_jwt_id token_extras
            """
            )
        ],
        *[
            (f"{name}: str", "every user has")
            for name in words(
                """
                id email name password password_hash is_active created_at updated_at
                last_login_at sessions identities metadata registry Email
                email_verified_at unverified_until failures notes events
            """
            )
        ],
        *[
            (f"{name}: str", "would hide a name")
            for name in words(
                """
                str int float bool list UUID datetime date timedelta Decimal Literal Any Annotated
                field dataclass Mapped mapped_column UTC AwareDatetime Token self cls type JSON
            """
            )
        ],
        # Types
        ("none", "leave the answer empty"),
        ("None", "leave the answer empty"),
        ("a", "`a` has no type"),
        ("a = 1", "`a` has no type"),
        ("a: list", "list[str]"),
        ("a: list[float]", "str, int, bool or Literal"),
        ("a: list[UUID]", "str, int, bool or Literal"),
        ("a: list[list[str]]", "str, int, bool or Literal"),
        ("a: list[str | None]", "str, int, bool or Literal"),
        ("a: list[str, int]", "str, int, bool or Literal"),
        ("a: List[str]", "write list[str]"),
        ("a: typing.List[str]", "write list[str]"),
        ("a: set[str]", "write list[str]"),
        ("a: tuple[str, ...]", "write list[str]"),
        ("a: Optional[str]", "write T | None"),
        ("a: Union[str, None]", "T | None"),
        ("a: dict", "one field for each"),
        ("a: dict[str, int]", "one field for each"),
        ("a: Any", "name the type"),
        ("a: typing.Any", "name the type"),
        ("a: EmailStr", "personal data"),
        ("a: bytes", "write str"),
        ("a: string", "write str"),
        ("a: Foo", "write str, int"),
        ("a: uuid.UUID", "without a module"),
        ("a: 'str'", "without quotes"),
        ("a: None", "write str, int"),
        ("a: 1", "write str, int"),
        ("a: str[int]", "write str, int"),
        ("a: (lambda: str)", "write str, int"),
        ("a: str | int", "T | None"),
        ("a: str | int | None", "T | None"),
        ("a: None | None", "T | None"),
        ("a: str & None", "T | None"),
        ("a: Literal", "list its values"),
        ("a: Literal[()]", "between 1 and 100"),
        ("a: Literal[free, pro]", 'write a string such as "free"'),
        ("a: Literal['x', 1]", "all strings or all integers"),
        ("a: Literal[1, 'x']", "all strings or all integers"),
        ("a: Literal[True]", "all strings or all integers"),
        ("a: Literal[1.5]", "all strings or all integers"),
        ("a: Literal[b'x']", "all strings or all integers"),
        ("a: Literal[X.y]", "all strings or all integers"),
        ("a: Literal['x', 'x']", "once"),
        ("a: Literal['x', None]", "Literal[...] | None"),
        (r"a: Literal['\n']", "U+000A"),
        (f"a: Literal[{2**63}]", "64 bits"),
        # Defaults
        ('a: int = "no"', "a whole number"),
        ("a: int = True", "a whole number"),
        ("a: int = 1.0", "a whole number"),
        ("a: int = --1", "a whole number"),
        ("a: int = 1 + 1", "a whole number"),
        ("a: int = x", "a whole number"),
        ("a: int = ...", "a whole number"),
        ("a: int = None", "int | None"),
        ("a: int | None = 'x'", "a whole number"),
        (f"a: int = {2**63}", "64 bits"),
        (f"a: int = {-(2**63) - 1}", "64 bits"),
        ("a: float = 'x'", "a number"),
        ("a: float = True", "a number"),
        ("a: float = 1j", "a number"),
        ("a: float = 1e999", "finite"),
        ("a: float = -1e999", "finite"),
        ("a: float = 1" + "0" * 400, "finite"),
        ("a: float = nan", "a number"),
        ("a: bool = 1", "True or False"),
        ("a: bool = -True", "True or False"),
        ("a: bool = 'yes'", "True or False"),
        ("a: str = 1", "a string"),
        ("a: str = b'x'", "a string"),
        ("a: str = f'x'", "a string"),
        ("a: str = 'x' + 'y'", "a string"),
        ('a: str = open("/etc/passwd").read()', "a string"),
        ("a: str = __import__('os').getcwd()", "a string"),
        ("a: str = (b := 'x')", "a string"),
        (r"a: str = '\0'", "U+0000"),
        (r"a: str = '\ud800'", "U+D800"),
        (r"a: str = '\u202e'", "U+202E"),
        ("a: str = '" + "x" * 201 + "'", "at most 200"),
        ("a: UUID = 'x'", UUID_TEXT),
        ("a: UUID = UUID('x')", UUID_TEXT),
        ("a: UUID = '{" + UUID_TEXT + "}'", UUID_TEXT),
        ("a: datetime = '2024-01-31T12:00'", "no offset"),
        ("a: datetime = '2024-01-31'", "no offset"),
        ("a: datetime = 'now'", "ISO 8601"),
        ("a: datetime = 0", "ISO 8601"),
        ("a: datetime = datetime.now(UTC)", "ISO 8601"),
        ("a: datetime = '0001-01-01T00:00:00+14:00'", "years 1 to 9999"),
        ("a: date = '2024-02-30'", "ISO 8601"),
        ("a: date = '2024-01-31T00:00Z'", "ISO 8601"),
        ("a: Decimal = 1.5", '"19.90"'),
        ("a: Decimal = 'NaN'", '"19.90"'),
        ("a: Decimal = 'Infinity'", '"19.90"'),
        ("a: Decimal = '1_000'", '"19.90"'),
        ("a: Decimal = ' 1'", '"19.90"'),
        ("a: Literal['x'] = 'y'", "one of the values"),
        ("a: Literal[1] = True", "a whole number"),
        ("a: list[str] = 'x'", "square brackets"),
        ("a: list[str] = ('x',)", "square brackets"),
        ("a: list[str] = [1]", "a string"),
        ("a: list[int] = [*x]", "a whole number"),
        ("a: list[int] = [None]", "a whole number"),
        ("a: list[str] = [s for s in 'x']", "square brackets"),
        ("a: list[Literal['x']] = ['y']", "one of the values"),
        ("a: list[int] = [" + "1," * 101 + "]", "at most 100"),
    ],
)
def test_token_fields_that_are_refused(text: str, fragment: str) -> None:
    message = refusal(parse_token_fields, text)
    assert message.startswith("token_fields: ")
    assert fragment in message


def test_all_wrong_fields_are_named_at_once() -> None:
    message = refusal(parse_token_fields, "ok: int, exp: int, a: list, b: int = 'x', c: str")
    assert [part.split("`")[1] for part in message.split("; ")] == ["exp", "a", "b"]
