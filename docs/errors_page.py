"""Makes `docs/errors.md`: every message of the error tree, read from the calls in the source, with an example."""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import convonet
from convonet import errors
from convonet.errors import ConvonetError
from convonet.params.labels import named
from convonet.text import alternatives

INTRO = """# Error messages

An error says what happened and, where it helps, where it happened, what was expected and received, and what to do
next. The command line prints the error on one line of standard error, and the window and the web page show it. The
HTTP API returns it as a problem document. Python raises it as an exception with the attributes `what`, `where`,
`expected`, `received` and `hint`.

This page lists the messages by their class in Python, except those about single invalid values and those of the
server. Words in ‹brackets› stand for your files, names and
values. Entries under DataError that begin with a lowercase letter are reasons why a file was skipped. If a message
does not solve the problem, see [Troubleshooting](troubleshooting.md).
"""
_FIELDS = ("where", "expected", "received", "hint", "reason")
_WORDS = {
    "differ": "path",
    "error": "reason",
    "get_intra_op_parallelism_threads": "threads",
    "images_of": "split",
    "lost": "label",
    "msg": "reason",
    "registry": "kinds",
    "self": "path",
    "strerror": "reason",
}
"""Names of values that a reader would not understand, and what to show instead."""


@dataclass(frozen=True)
class Message:
    """One call of an error class in the source: the class's name and the call's texts, with ‹names› for values."""

    kind: str
    what: str
    texts: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """The message as a person reads it, made by the class itself."""
        kind: type[ConvonetError] = getattr(errors, self.kind)
        return kind(self.what, **dict(self.texts)).sentence()  # type: ignore[arg-type]


def errors_page() -> str:
    """The messages of each class, sorted, every one once."""
    by_kind: dict[str, list[str]] = {name: [] for name in error_classes()}
    for message in messages():
        by_kind[message.kind].append(message.sentence)
    parts = [INTRO]
    for name, sentences in by_kind.items():
        if sentences:
            about = (getattr(errors, name).__doc__ or "").strip().splitlines()[0]
            code = getattr(errors, name).exit_code
            parts.append(f"## {name}\n\n{about} Exit code {code}.\n")
            parts += [f"- {_escape(sentence)}" for sentence in sorted(set(sentences), key=str.lower)]
            parts.append("")
    return "\n".join(parts)


def error_classes() -> list[str]:
    """Names of the tree's classes, the root first."""
    found = [ConvonetError, *_below(ConvonetError)]
    return list(dict.fromkeys(kind.__name__ for kind in found if kind.__module__ == errors.__name__))


def messages() -> Iterator[Message]:
    """Every call of an error class in the package whose first argument is a text."""
    kinds = set(error_classes())
    root = Path(convonet.__file__).parent
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(root.rglob("*.py"))}
    constants = {_module(path, root): _constants(tree) for path, tree in trees.items()}
    for path, tree in trees.items():
        # A reader needs the limit or the advice itself, not the name of its constant.
        spelled = _Spelled(
            _imported(tree, constants) | constants[_module(path, root)] | _phrases(tree)
        ).visit(tree)
        for node in ast.walk(spelled):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in kinds:
                what = text_of(node.args[0])
                # An error that is passed on has no words of its own.
                if re.search(r"\w{3}", re.sub("‹.*?›", "", what)):
                    given = {word.arg: text_of(word.value) for word in node.keywords}
                    if re.fullmatch("‹[^›]*›", given.get("hint", "")):
                        given["hint"] = "‹hint›"  # a function words it, and no name of a value describes it
                    texts = tuple((field, given[field]) for field in _FIELDS if given.get(field))
                    yield Message(_name(node.func), what, texts)


Constants = dict[str, ast.expr]


def _module(path: Path, root: Path) -> str:
    """A file as an import names it: `convonet.data.decode`."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _constants(tree: ast.Module) -> Constants:
    """The constants of a module that are numbers, texts or tuples, by name."""
    found: Constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.isupper() and isinstance(node.value, ast.Constant | ast.JoinedStr | ast.Tuple | ast.Call):
                found[name] = node.value
    return found


def _phrases(tree: ast.Module) -> Constants:
    """The parts of messages that stand only in some cases and have a name of their own, such as ` of class ‹name›`."""
    return {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.IfExp)
        and isinstance(node.value.body, ast.JoinedStr)
        and text_of(node.value.body).startswith(" ")
    }


def _imported(tree: ast.Module, constants: dict[str, Constants]) -> Constants:
    """The constants that a module imports from others of the package."""
    return {
        alias.asname or alias.name: constants[node.module][alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in constants
        for alias in node.names
        if alias.name in constants[node.module]
    }


class _Spelled(ast.NodeTransformer):
    """Puts the values of constants where a module names them."""

    def __init__(self, constants: Constants) -> None:
        self._constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load) or node.id not in self._constants:
            return node
        # Without itself, so that a constant made from another one of the same name ends.
        rest = {name: value for name, value in self._constants.items() if name != node.id}
        return _Spelled(rest).visit(copy.deepcopy(self._constants[node.id]))


def text_of(node: ast.expr) -> str:
    """An expression as text: literals as they are, values as ‹name›."""
    match node:
        case ast.Constant(value=None):
            return ""
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=values):
            return "".join(text_of(value) for value in values)
        case ast.FormattedValue(
            value=ast.Constant(value=float() | int() as number),
            format_spec=ast.JoinedStr(values=[ast.Constant(value=str() as spec)]),
        ):
            return format(number, spec)
        case ast.FormattedValue(value=ast.BinOp() as value):
            return f"‹{_shown(value.left)}›"
        case ast.FormattedValue(value=ast.Call(func=ast.Name(id="_install"))):
            return "Run pip install ‹package›"
        case ast.FormattedValue(value=value):
            return text_of(value)
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mult()):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return text_of(left) + text_of(right)
        case ast.IfExp(body=body):
            return text_of(body)
        case ast.Call(func=ast.Name(id="named"), args=[ast.Constant(value=parameter)]):
            return named(str(parameter))
        case ast.Call(func=ast.Name(id="alternatives"), args=[ast.Tuple(elts=parts)]):
            return alternatives([text_of(part) for part in parts])
        case ast.Call(func=ast.Name(id="counted"), args=[count, one, *many]):
            number = "count" if _is_length(count) else _shown(count)
            return f"‹{number}› {text_of(many[0]) if many else f'{text_of(one)}s'}"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="Hint"), attr="of"), args=[text, *parts]):
            pieces = [text_of(text), *map(_option, parts)]
            return functools.reduce(lambda hint, words: hint.replace("{}", words, 1), pieces)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=between), attr="join"), args=[ast.Tuple(elts=parts)]
        ):
            return str(between).join(map(text_of, parts))
    return f"‹{_shown(node)}›"


def _is_length(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"


def _shown(node: ast.expr) -> str:
    """What stands between the brackets: the name of a value in words."""
    return _WORDS.get(name := _name(node).strip("_").lower(), name.replace("_", " "))


def _option(node: ast.expr) -> str:
    """An option, a value or a call that a hint names, as Python spells it."""
    match node:
        case ast.Call(func=ast.Name(id="option"), args=[name, value]):
            return f"{text_of(name)}={ast.unparse(value)}"
        case ast.Call(func=ast.Name(id="data_value"), args=[name, value]):
            return f"{text_of(name)}=‹{_shown(value)}›"
        case ast.Call(func=ast.Name(id="call"), args=[python, *_]):
            return f"convonet.{text_of(python)}"
        case ast.Call(args=[first, *_]):
            return text_of(first)
    return f"‹{_shown(node)}›"


def _name(node: ast.expr) -> str:
    """The word of an expression that says most to a reader: the last name in it that is not a function of text."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr="name" | "path" | "value" | "what", value=value):
            return _name(value)
        case ast.Attribute(attr=name):
            return name.strip("_")
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
        case ast.Subscript(value=value):
            return _name(value)
        case ast.Call(func=ast.Attribute(value=ast.Constant()), args=[first, *_]):
            return _name(first)
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=key)]):
            return str(key)
        case ast.Call(func=ast.Name(id="map"), args=[_, value]):
            return _name(value)
        case ast.Call(
            func=ast.Attribute(value=value, attr=("lower" | "removesuffix" | "splitlines" | "title"))
        ):
            return _name(value)
        case ast.Call(args=[first, *_]) if not isinstance(first, ast.Constant):
            return _name(first)
        case ast.Call(func=func):
            return _name(func)
        case ast.GeneratorExp(elt=elt) | ast.ListComp(elt=elt):
            return _name(elt)
        case ast.JoinedStr(values=values):
            return next((_name(v.value) for v in values if isinstance(v, ast.FormattedValue)), "value")
    return "value"


def _below(kind: type[ConvonetError]) -> Iterator[type[ConvonetError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _escape(sentence: str) -> str:
    """Text that Markdown would read as markup stands as it is."""
    return re.sub(r"([\\`*_\[\]<>|$~{}])", r"\\\1", " ".join(sentence.split()))
