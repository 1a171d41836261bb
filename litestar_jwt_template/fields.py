"""Token fields: their names, types and defaults, read from Python's syntax tree."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .grammar import Source
from .source import Brackets, flat
from .text import RefusedAnswer, shown, words
from .values import IN_LISTS, SCALARS, Default, Misfit, Scalar, Value, value_source

_MOST_VALUES = 100
_FIELD_NAME_LENGTH = 40
_CLAIMS = words(
    """
    exp iat nbf iss sub aud jti sid extras encode decode decode_payload adapt_claims
    auth_time amr acr nonce azp scope
    identifier token_expiration token_issuer token_audience token_unique_jwt_id token_extras
    """
)
_USER_COLUMNS = words(
    """
    id email name password password_hash is_active created_at updated_at last_login_at sessions
    identities metadata registry email_verified_at unverified_until failures notes events
    """
)
_GENERATED = words(
    """
    str int float bool list UUID datetime date timedelta Decimal Literal Any Annotated ClassVar
    field dataclass Mapped mapped_column relationship UTC AwareDatetime UtcDateTime DecimalText
    Token AccessToken Base User Session self cls type sa JSON String BigInteger Float Boolean
    Uuid Date DateTime ForeignKey
    """
)
_HINTS = {
    "list": "say what it lists, as in list[str]",
    "List": "write list[str]",
    "Optional": "write T | None, as in str | None",
    "Union": "write one type, or T | None",
    "set": "write list[str]",
    "frozenset": "write list[str]",
    "tuple": "write list[str]",
    "Sequence": "write list[str]",
    "dict": "write one field for each of its values",
    "Dict": "write one field for each of its values",
    "Any": "name the type that it really has",
    "object": "name the type that it really has",
    "EmailStr": "a token carries no personal data, look the address up in the user instead",
    "bytes": "write str",
    "string": "write str",
    "integer": "write int",
    "number": "write int, float or Decimal",
    "boolean": "write bool",
    "uuid": "write UUID",
    "UUID4": "write UUID",
    "decimal": "write Decimal",
    "timestamp": "write datetime",
    "AwareDatetime": "write datetime",
    "Literal": 'list its values, as in Literal["free", "pro"]',
}
_KNOWN_TYPES = "write str, int, float, bool, UUID, datetime, date, Decimal, Literal[...] or list[T]"


@dataclass(frozen=True)
class Type:
    scalar: Scalar
    choices: tuple[Value, ...] = ()
    many: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    required: bool
    default: Default

    @property
    def nullable(self) -> bool:
        # A required field has no value until an operator sets one.
        return self.required or self.type.optional


def annotation(type_: Type, choices: str = "") -> str:
    """The type as it is written, with `choices` as the name of its Literal."""
    text = type_.scalar.annotation or type_.scalar.name
    if type_.choices:
        text = choices or flat(literal(type_))
    if type_.many:
        text = f"list[{text}]"
    return f"{text} | None" if type_.optional else text


def literal(type_: Type) -> Brackets:
    return Brackets("Literal[", tuple(map(value_source, type_.choices)), "]")


def _name_fault(name: str, earlier: Iterable[str]) -> str | None:
    lowered = name.lower()
    if name.startswith("_"):
        return "begins with an underscore, begin it with a letter"
    if len(name) > _FIELD_NAME_LENGTH:
        return f"is longer than {_FIELD_NAME_LENGTH} characters, shorten it"
    if lowered in _CLAIMS:
        return f"is a standard claim or belongs to the token itself, write for example my_{lowered}"
    if lowered in _USER_COLUMNS:
        return f"is something that every user has or will have, write for example my_{lowered}"
    if name in _GENERATED:
        return f"would hide a name that the code uses, write for example my_{lowered}"
    # Column names are compared without regard to case.
    if lowered in (other.lower() for other in earlier):
        return "stands there twice, give each field a name of its own"
    return None


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(node: ast.expr) -> object:
    """The value of a constant or a negative number; anything else stays a node, never evaluated.

    No type of field can read a node, so it is refused where it is read.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _literal(node.operand) if isinstance(node.operand, ast.Constant) else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            return -number
    return node


def _read_type(node: ast.expr, source: Source) -> Type:
    if not isinstance(node, ast.BinOp):
        return _read_plain_type(node, source)
    sides = [side for side in (node.left, node.right) if not _is_none(side)]
    if not isinstance(node.op, ast.BitOr) or len(sides) != 1 or isinstance(sides[0], ast.BinOp):
        raise Misfit(f"cannot have the type {source.text(node)}, write one type, or T | None")
    plain = _read_plain_type(sides[0], source)
    return Type(plain.scalar, plain.choices, plain.many, optional=True)


def _read_plain_type(node: ast.expr, source: Source) -> Type:
    if isinstance(node, ast.Name) and node.id in SCALARS:
        return Type(SCALARS[node.id])
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Literal":
            return _read_choices(node, source)
        if node.value.id == "list":
            return _read_list_type(node, source)
    raise Misfit(f"cannot have the type {source.text(node)}, {_type_hint(node)}")


def _type_hint(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        return _HINTS.get(node.id, _KNOWN_TYPES)
    if isinstance(node, ast.Attribute):
        return _HINTS.get(node.attr, "write the name without a module")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "write it without quotes"
    return _KNOWN_TYPES


def _read_list_type(node: ast.Subscript, source: Source) -> Type:
    try:
        item = _read_plain_type(node.slice, source)
    except Misfit:
        item = None
    if item is None or item.many or item.scalar.name not in IN_LISTS:
        raise Misfit(
            f"cannot have the type {source.text(node)}, write list[T] with str, int, bool or "
            "Literal[...]"
        )
    return Type(item.scalar, item.choices, many=True)


def _read_choices(node: ast.Subscript, source: Source) -> Type:
    fault = f"cannot have the type {source.text(node)}"
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if any(map(_is_none, nodes)):
        raise Misfit(f"{fault}, write the None after it, as in Literal[...] | None")
    if not 0 < len(nodes) <= _MOST_VALUES:
        raise Misfit(f"{fault}, write between 1 and {_MOST_VALUES} values")
    scalar = SCALARS["int" if isinstance(_literal(nodes[0]), int) else "str"]
    try:
        choices = tuple(scalar.read(_literal(value)) for value in nodes)
    except Misfit as misfit:
        raise Misfit(f"{fault}, its values are all strings or all integers: {misfit}") from None
    if len(set(choices)) != len(choices):
        raise Misfit(f"{fault}, write each of its values once")
    return Type(scalar, choices)


def _read_default(type_: Type, node: ast.expr, source: Source) -> Default:
    try:
        if _is_none(node):
            if type_.optional:
                return None
            raise Misfit(f"write {annotation(type_)} | None for a field that may be None")
        if not type_.many:
            return _read_value(type_, node)
        if not isinstance(node, ast.List):
            raise Misfit("write a list in square brackets")
        if len(node.elts) > _MOST_VALUES:
            raise Misfit(f"write at most {_MOST_VALUES} values")
        return [_read_value(type_, item) for item in node.elts]
    except Misfit as misfit:
        fault = f"cannot have the default {source.text(node)}"
        raise Misfit(f"{fault}, {misfit}") from None


def _read_value(type_: Type, node: ast.expr) -> Value:
    value = type_.scalar.read(_literal(node))
    if type_.choices and value not in type_.choices:
        raise Misfit("write one of the values of its Literal")
    return value


def _read_field(argument: ast.arg, default: ast.expr | None, source: Source) -> Field:
    if argument.annotation is None:
        raise Misfit(f"has no type, write for example {argument.arg}: str")
    type_ = _read_type(argument.annotation, source)
    if default is None:
        return Field(argument.arg, type_, required=not type_.optional, default=None)
    return Field(argument.arg, type_, False, _read_default(type_, default, source))


def read_fields(arguments: ast.arguments, source: Source) -> Iterator[Field]:
    faults = []
    names = [argument.arg for argument in arguments.kwonlyargs]
    for place, argument in enumerate(arguments.kwonlyargs):
        try:
            if fault := _name_fault(argument.arg, names[:place]):
                raise Misfit(fault)
            yield _read_field(argument, arguments.kw_defaults[place], source)
        except Misfit as misfit:
            faults.append(f"{shown(argument.arg)} {misfit}")
    if faults:
        raise RefusedAnswer(f"token_fields: {'; '.join(faults)}")
