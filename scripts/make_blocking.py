"""Generate `aiosyncthing.blocking.generated` from the asynchronous classes, or check it.

    make_blocking.py           writes src/aiosyncthing/blocking/generated
    make_blocking.py --check   writes nothing; the status is 1 if a file would change

Signatures, overloads and docstrings are those of the asynchronous methods, without the parts about asyncio. Bodies are
a single call, which depends on how the method is declared (`Method._body`). A public method for which there is no
rule is an error.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import importlib
import inspect
import re
import subprocess
import sys
import tempfile
import textwrap
from importlib.util import resolve_name
from pathlib import Path
from typing import Final, TypeAlias, TypeGuard

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
TARGET: Final = ROOT / "src" / "aiosyncthing" / "blocking" / "generated"

# The asynchronous classes. For those that users construct, the twin is written by hand, with a generated base class.
CLASSES: Final = [
    *("api.API", "system.System", "config.Config", "cluster.Cluster", "database.Database", "folder.Folder"),
    *("events.Events", "stats.Stats", "svc.Svc", "debug.Debug", "noauth.Noauth", "syncthing.Syncthing"),
    "daemon.Daemon",
]
CONSTRUCTED: Final = {"Syncthing", "Daemon"}

# The twins of objects that methods or properties return, and their modules.
TWINS: Final = {
    **{path.partition(".")[2]: (path.partition(".")[2], f".{path.partition('.')[0]}") for path in CLASSES},
    "Syncthing": ("BorrowedClient", "aiosyncthing.blocking.syncthing"),
    "EventStream": ("EventStream", "aiosyncthing.blocking.stream"),
    "Live": ("Live", "aiosyncthing.blocking.live"),
    "Pause": ("Pause", "aiosyncthing.blocking.pause"),
    "ConfigEdit": ("ConfigEdit", "aiosyncthing.blocking.config_edit"),
}

# Members without a twin, and why.
LEFT_OUT: Final = {
    "API.raw_request": "it raises errors of aiohttp; `request` does the same with errors of this package",
    "API.exchange": "likewise",
    "API.call": "it takes a route, which is not public",
    "API.download": "likewise",
    "Syncthing.local": "a constructor: written by hand",
    "Syncthing.close": "it also ends what only the twin has: written by hand",
}

# Functions that are called in the thread of the event loop, not in that of the caller.
CALLED_THERE: Final = {"is_transient", "delays", "crash_handler"}

# The types of functions that may be asynchronous, and their blocking counterparts.
SYNCHRONOUS: Final = {
    "Awaitable[object] | object": "object",
    "pausing.Save": "Callable[[t.PauseState], object]",
}

# Sentences of docstrings that read differently for blocking code.
WORDING: Final = {
    "An awaitable result is awaited.": "It runs in this thread.",
    "It takes the same arguments as `Syncthing`, and raises the same errors.": "Made by `Syncthing`, as ``api``.",
    "an exception or a cancellation, and if": "an exception, and if",
    "After a cancellation, which is held back for 10 s at most, that is 8 s.": "",
    "by cancelling its task; `asyncio.run` does that for SIGINT.": "with an exception, as Python handles SIGINT.",
    "A cancellation takes precedence: it gets a note, and the error is logged.": "",
    "``contextlib.aclosing``": "``contextlib.closing``",
    "Clients in one event loop take turns.": "Clients in one process take turns.",
    "If the block raises or is cancelled, nothing is sent.": "If the block raises, nothing is sent.",
    "A cancellation while changes are being sent": "Ctrl-C while changes are being sent",
    "also after an error or a cancellation;": "also after an error or Ctrl-C;",
    "Giving up, by ``timeout`` or cancellation,": "Giving up, by ``timeout`` or Ctrl-C,",
    "``headers`` and ``observe``, as for `call`.": "and ``headers``.",
    "(seconds, ``math.inf`` for no limit),": "(seconds, ``math.inf`` for no limit)",
}
WIDTH: Final = 120 - 8
FORBIDDEN: Final = re.compile(r"\b(?:async\w*|await\w*|coroutine\w*|aclos\w*|event loops?|tasks?)\b", re.IGNORECASE)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


_reworded: set[str] = set()


class NoRuleError(Exception):
    """A public member for which there is no rule."""


class Module:
    """The source of a module.

    Args:
        name: Its full name.

    Attributes:
        classes: Its classes.
        origins: For each name in it, the statement that imports that name.
    """

    def __init__(self, name: str) -> None:
        module = importlib.import_module(name)
        tree = ast.parse(inspect.getsource(module))
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self.origins = {each: f"from {name} import {each}" for node in tree.body for each in _defined(node)}
        package = name if hasattr(module, "__path__") else name.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                start = "import"
                if isinstance(node, ast.ImportFrom):
                    home = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module
                    start = f"from {home} import"
                for alias in node.names:
                    self.origins.setdefault(alias.asname or alias.name, f"{start} {ast.unparse(alias)}")


def _defined(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module defines."""
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
        case _:
            return []


class Twin:
    """The module with the twin of one class.

    Args:
        path: The class, without the name of the package.
    """

    def __init__(self, path: str) -> None:
        module, _, self.name = path.rpartition(".")
        self.file = f"{module}.py"
        self._home = f"aiosyncthing.{module}"
        self._class: type = getattr(importlib.import_module(self._home), self.name)
        self._imports: set[str] = {
            "from typing import TYPE_CHECKING",
            "from aiosyncthing.blocking.base import Blocking",
        }

    def text(self) -> str:
        """Return its source."""
        if self.name in CONSTRUCTED:
            name, doc = f"{self.name}Methods", f"The methods of `{self.name}`."
        else:
            name, doc = self.name, _without_arguments(self._class.__doc__ or "")
        members = "\n\n".join(self._member(*each) for each in self._members())
        body = textwrap.indent(f"{_quoted(doc, self.name)}\n\n{members}", "    ")
        summary = sys.modules[_home(self._class)].__doc__ or ""
        return "\n".join(
            [
                f"# Generated from {self._home} by scripts/make_blocking.py; change that.",
                _quoted(summary, self.name),
                "",
                "from __future__ import annotations",
                "",
                *sorted(self._imports),
                "if TYPE_CHECKING:",
                f"    from {self._home} import {self.name} as Inner",
                "",
                "",
                f'class {name}(Blocking["Inner"]):',
                body,
                "",
            ]
        )

    def _members(self) -> list[tuple[Module, list[Function]]]:
        """Return the public methods and properties, also inherited ones, each after its overloads."""
        found: dict[str, tuple[Module, list[Function]]] = {}
        for cls in self._class.__mro__[:-1]:
            module = Module(_home(cls))
            own: dict[str, list[Function]] = {}
            for node in module.classes[cls.__name__].body:
                names = [node.name] if isinstance(node, Function) else _defined(node)
                for name in names:
                    if name.startswith("_") or f"{self.name}.{name}" in LEFT_OUT:
                        continue
                    if not isinstance(node, Function):
                        if not name.isupper():
                            raise NoRuleError(f"{self.name}.{name} is neither a method nor a property")
                        continue
                    own.setdefault(name, []).append(node)
            for name, nodes in own.items():
                found.setdefault(name, (module, nodes))
        return list(found.values())

    def _member(self, module: Module, nodes: list[Function]) -> str:
        """Return the source of a method or property, with its overloads."""
        *overloads, last = [Method(self, module, node) for node in nodes]
        return "\n\n".join([*(f"{each.head()} ..." for each in overloads), last.text(overloaded=bool(overloads))])

    def use(self, statement: str) -> None:
        """Add an import."""
        self._imports.add(statement)


class Method:
    """A method or property of an asynchronous class, and the source of its twin."""

    def __init__(self, twin: Twin, module: Module, node: Function) -> None:
        self._twin = twin
        self._module = module
        self._node = node
        self._path = f"{twin.name}.{node.name}"
        self._decorators = {ast.unparse(each).partition("(")[0]: each for each in node.decorator_list}
        arguments = node.args
        self._parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs][1:]
        self._parameters += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        types = {each.arg: self._type(_annotation(each)) for each in self._parameters}
        self._callbacks = {name for name, text in types.items() if "Callable" in text}
        self._called_here = {name for name in self._callbacks if "Awaitable" in types[name]}
        if node.returns is None:
            raise NoRuleError(f"{self._path} doesn't say what it returns")
        self._returns = node.returns
        self._kind = self._rule()

    def head(self) -> str:
        """Return its signature, with the decorators that it keeps."""
        node = self._node
        kept = [each for name, each in self._decorators.items() if name != "asynccontextmanager"]
        decorators = "".join(f"@{ast.unparse(each)}\n" for each in kept)
        arguments = ast.unparse(node.args)
        for asynchronous, blocking in SYNCHRONOUS.items():
            arguments = arguments.replace(asynchronous, blocking)
        self._import_names(ast.parse(f"def {node.name}({arguments}): ..."))
        for each in kept:
            self._import_names(each)
        return f"{decorators}def {node.name}({arguments}) -> {self._result()}:"

    def text(self, *, overloaded: bool) -> str:
        """Return its source."""
        doc = textwrap.indent(_quoted(ast.get_docstring(self._node) or "", self._path), "    ")
        body = textwrap.indent(self._body(overloaded=overloaded), "    ")
        if "deprecated" in self._decorators:
            body += "  # pyright: ignore[reportDeprecated] - so is this"
        return f"{self.head()}\n{doc}\n{body}"

    def _rule(self) -> str:
        """Return the rule that applies to it."""
        unknown = self._decorators.keys() - {"property", "overload", "deprecated", "asynccontextmanager"}
        if unknown:
            raise NoRuleError(f"{self._path}: there is no rule for {', '.join(sorted(unknown))}")
        if unclear := self._callbacks - self._called_here - CALLED_THERE:
            raise NoRuleError(f"{self._path}: in which thread is {', '.join(unclear)} to be called?")
        head = _head(self._returns)
        runs = isinstance(self._node, ast.AsyncFunctionDef)
        if "property" in self._decorators:
            return "twin property" if head in TWINS else self._plain("property")
        if "asynccontextmanager" in self._decorators or head == "AbstractAsyncContextManager":
            return "block"
        if head in {"AsyncGenerator", "AsyncIterator"}:
            return "iterator"
        if head in TWINS and not runs:
            return "twin"
        return self._plain("run" if runs else "call")

    def _plain(self, rule: str) -> str:
        """Return the rule, after checking that the result needs no twin."""
        for part in ast.walk(self._returns):
            name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
            if name in {"Coroutine", "Awaitable", "AbstractAsyncContextManager"} or _is_asynchronous(self._find(part)):
                raise NoRuleError(f"{self._path}: there is no rule for what it returns, {ast.unparse(self._returns)}")
        return rule

    def _type(self, annotation: ast.expr) -> str:
        """Return an annotation as text, with type aliases resolved."""
        return ast.unparse(annotation) + "".join(str(self._find(part)) for part in ast.walk(annotation))

    def _find(self, part: ast.AST) -> object:
        """Return the object that a name in an annotation refers to, if it is this package's."""
        match part:
            case ast.Name(id=name):
                return self._load(name)
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                return getattr(self._load(module), name, None)
            case _:
                return None

    def _load(self, name: str) -> object:
        origin = self._module.origins.get(name, "")
        if "aiosyncthing" not in origin:
            return None
        space: dict[str, object] = {}
        exec(origin, space)
        return space[name]

    def _body(self, *, overloaded: bool) -> str:
        """Return its body, a single call."""
        target = f"self._inner.{self._node.name}"
        call = f"{target}({', '.join(self._passed())})"
        match self._kind:
            case "property":
                return f"return {target}"
            case "twin property":
                return f"return self._twin({self._maker()}, {target})"
            case "twin":
                return f"return {self._maker()}({call}, self._bridge)"
            case "block":
                return f"return self._block({call})"
            case "iterator":
                return f"return self._iterate({call})"
            case "call":
                return f"return self._call({f'lambda: {call}' if self._parameters else target})"
            case _ if overloaded:  # a union of coroutines is not a coroutine of a union
                self._twin.use("from collections.abc import Coroutine")
                self._twin.use("from typing import Any")
                return f"answer: Coroutine[Any, Any, {self._result()}] = {call}\nreturn self._run(answer)"
            case _:
                return f"return self._run({call})"

    def _passed(self) -> list[str]:
        arguments = self._node.args
        return [
            *(self._argument(each.arg) for each in [*arguments.posonlyargs, *arguments.args][1:]),
            *([f"*{arguments.vararg.arg}"] if arguments.vararg else []),
            *(f"{each.arg}={self._argument(each.arg)}" for each in arguments.kwonlyargs),
            *([f"**{arguments.kwarg.arg}"] if arguments.kwarg else []),
        ]

    def _argument(self, name: str) -> str:
        """Return the argument that is passed on for a parameter."""
        if name not in self._called_here:
            return name
        self._twin.use("from aiosyncthing.blocking.calls import in_caller")
        return f"in_caller({name})"

    def _maker(self) -> str:
        name, home = TWINS[_head(self._returns)]
        self._twin.use(f"from {home} import {name}")
        return name

    def _result(self) -> str:
        """Return the annotation of what it returns."""
        returned = self._returns
        if self._kind.startswith("twin"):
            name = _head(returned)
            self._twin.use(f"from {TWINS[name][1]} import {name}")
            return name
        if self._kind not in {"block", "iterator"}:
            self._import_names(returned)
            return ast.unparse(returned)
        name, home = ("BlockingContext", "contexts") if self._kind == "block" else ("BlockingIterator", "iterators")
        self._twin.use(f"from aiosyncthing.blocking.{home} import {name}")
        assert isinstance(returned, ast.Subscript)
        item = returned.slice.elts[0] if _is_generator_of_two(returned.slice) else returned.slice
        self._import_names(item)
        return f"{name}[{ast.unparse(item)}]"

    def _import_names(self, tree: ast.AST) -> None:
        for part in ast.walk(tree):
            if isinstance(part, ast.Name) and not hasattr(builtins, part.id):
                self._twin.use(self._module.origins[part.id])


def _home(cls: type) -> str:
    """Return the module that defines a class; ``__module__`` is where users import it from."""
    functions = [inspect.unwrap(each) for each in vars(cls).values() if inspect.isfunction(each)]
    name: str = next(each.__globals__["__name__"] for each in functions)
    return name


def _annotation(parameter: ast.arg) -> ast.expr:
    assert parameter.annotation is not None, f"{parameter.arg} has no annotation"
    return parameter.annotation


def _head(annotation: ast.expr) -> str:
    """Return the last name in an annotation, without what is in brackets."""
    match annotation:
        case ast.Subscript(value=value):
            return _head(value)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _is_generator_of_two(item: ast.expr) -> TypeGuard[ast.Tuple]:
    """Return whether this is the older notation: ``AsyncGenerator[T, None]``."""
    return isinstance(item, ast.Tuple) and len(item.elts) == 2 and ast.unparse(item.elts[1]) == "None"  # noqa: PLR2004


def _is_asynchronous(found: object) -> bool:
    """Return whether objects of a class can only be used in an event loop."""
    if not isinstance(found, type):
        return False
    members = [member for name, member in inspect.getmembers(found) if not name.startswith("_")]
    return any(map(inspect.iscoroutinefunction, members)) or bool(
        {"__aenter__", "__aiter__", "__anext__", "__await__"} & {name for cls in found.__mro__ for name in vars(cls)}
    )


def _without_arguments(doc: str) -> str:
    """Return the docstring of a class that users don't construct."""
    return re.sub(r"\n\n *Args:\n.*", "", inspect.cleandoc(doc), flags=re.DOTALL)


def _quoted(doc: str, path: str) -> str:
    """Return a docstring as source, worded for blocking code."""
    text = inspect.cleandoc(doc)
    for asynchronous, blocking in WORDING.items():
        text, count = re.subn(r"\s+".join(map(re.escape, asynchronous.split())), blocking, text)
        if count:
            _reworded.add(asynchronous)
    text = re.sub(r"\n +EventLoopError: .*(?:\n {5,}.*)*", "", text)  # there is only one
    text = re.sub(r"\n\n *Raises:$", "", text)
    text = re.sub(r"\basync (with|for)\b", r"\1", text)
    text = re.sub(r"\bawait ", "", text)
    if found := FORBIDDEN.search(text):
        raise NoRuleError(f"the docstring of {path} says {found[0]!r}: reword it, or add to WORDING:\n\n{text}")
    text = "\n".join(_wrapped(line.rstrip()) for line in text.split("\n"))
    end = "\n" if "\n" in text else ""
    return f'{"r" if chr(92) in text else ""}"""{text}{end}"""'


def _wrapped(line: str) -> str:
    """Return a line of a docstring, wrapped."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, WIDTH, subsequent_indent=indent) if len(line) > WIDTH else line


def _formatted(texts: dict[str, str]) -> dict[str, str]:
    """Return source files, sorted and formatted by ruff."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, name).write_text(text)
        for arguments in (["check", "--fix", "--select", "I"], ["format"]):
            ruff = [sys.executable, "-m", "ruff", *arguments]
            subprocess.run([*ruff, "--quiet", "--config", ROOT / "pyproject.toml", folder], check=True, cwd=ROOT)
        return {name: Path(folder, name).read_text() for name in texts}


def make() -> dict[str, str]:
    """Return the source of each generated file by its name, not yet formatted.

    Raises:
        NoRuleError: There is no rule for something that is public.
    """
    texts = {"__init__.py": '"""The generated half of `aiosyncthing.blocking`; see scripts/make_blocking.py."""\n'}
    for path in CLASSES:
        twin = Twin(path)
        texts[twin.file] = twin.text()
    if unused := WORDING.keys() - _reworded:
        raise NoRuleError(f"no docstring contains this any more, so remove it from WORDING: {sorted(unused)}")
    return texts


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    check: bool = parser.parse_args().check
    try:
        files = _formatted(make())
    except NoRuleError as error:
        sys.exit(str(error))
    old = {file.name: file.read_text() for file in TARGET.glob("*.py")}
    changed = sorted(name for name in files.keys() | old.keys() if files.get(name) != old.get(name))
    if check:
        if changed:
            sys.exit(f"out of date: {', '.join(changed)} in {TARGET.relative_to(ROOT)}. Run: nox -s blocking")
        return
    TARGET.mkdir(exist_ok=True)
    for name in changed:
        if name in files:
            (TARGET / name).write_text(files[name])
        else:
            (TARGET / name).unlink()
        print(f"{'wrote' if name in files else 'removed'} {(TARGET / name).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
