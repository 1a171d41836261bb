"""The answer `token_fields` as the parameters of one Python function."""

import ast
import keyword
import re
import warnings

from .text import RefusedAnswer, shown

EXAMPLE = 'tenant_id: UUID, roles: list[str] = ["user"]'


class Source:
    """One line of Python that declares the fields, and where its nodes stand in the answer."""

    def __init__(self, text: str) -> None:
        self._encoded = f"def f(*, {text}): ...".encode()

    def parse(self) -> ast.arguments:
        """Raises RefusedAnswer unless the line is one function with keyword-only parameters."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                tree = ast.parse(self._encoded)
        except SyntaxError as error:
            raise _unreadable(self._complaint(error)) from None
        # Null bytes, too deep nesting, numbers of thousands of digits, invalid escapes.
        except (ValueError, RecursionError, MemoryError, OverflowError, Warning):
            raise _unreadable("Python cannot read it") from None
        return self._parameters(tree)

    def _parameters(self, tree: ast.Module) -> ast.arguments:
        function = tree.body[0]
        # An answer that closes the parenthesis itself puts its own body before this one.
        own_body = len(self._encoded) - len("...")
        if (
            len(tree.body) != 1
            or not isinstance(function, ast.FunctionDef)
            or len(function.body) != 1
            or function.body[0].col_offset != own_body
            or function.returns
        ):
            raise _unreadable("there is more than a list of fields")
        if function.args.kwarg:
            raise _unreadable("`**` names no field")
        if raw := self._disguised(function.args):
            raise _unreadable(f"{shown(raw)} is not written in ASCII letters")
        return function.args

    def _complaint(self, error: SyntaxError) -> str:
        column = (error.offset or 1) - 1
        line = self._encoded.decode()
        word = re.compile(r"\w*").match(line, max(column, 0))
        if word and keyword.iskeyword(word[0]) and column >= len("def f(*, "):
            return f"{shown(word[0])} is a Python keyword and cannot stand there"
        if "#" in line:
            return "it is not a list of fields (a comment cannot stand in it)"
        return f"it is not a list of fields ({error.msg})"

    def _disguised(self, arguments: ast.arguments) -> str | None:
        """Find a name that Python has normalised, such as one with a ligature (PEP 3131)."""
        for node in ast.walk(arguments):
            name = node.arg if isinstance(node, ast.arg) else getattr(node, "id", None)
            if isinstance(node, ast.arg | ast.Name) and name is not None:
                raw = self._encoded[node.col_offset :].decode()
                if not name.isascii() or not raw.startswith(name):
                    match = re.match(r"\w+", raw)
                    return match[0] if match else name
        return None

    def text(self, node: ast.expr) -> str:
        return shown(self._encoded[node.col_offset : node.end_col_offset].decode())


def _unreadable(complaint: str) -> RefusedAnswer:
    # Messages of the parser come from elsewhere and may quote the answer.
    complaint = " ".join(complaint.encode("ascii", "backslashreplace").decode().split())
    return RefusedAnswer(f"token_fields: {complaint}; write for example {EXAMPLE}")
