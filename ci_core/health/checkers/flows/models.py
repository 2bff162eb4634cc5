"""What a call comes to: what is known of the libraries' functions, and of those of this file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from ci_core.health.checkers.flows import catalogue
from ci_core.health.checkers.flows.catalogue import EVERYTHING, LDAP, PATH, SQL, XPATH
from ci_core.health.checkers.flows.frames import Frame
from ci_core.health.checkers.flows.operators import as_text
from ci_core.health.checkers.flows.values import (
    ABSENT,
    CLEAN,
    HOLE,
    LONGEST_TEXT,
    Origin,
    Value,
    a_kind,
    known,
    made_of,
    unknown,
)

# Methods of texts that leave them texts; those marked True are carried out where the text is certain.
_TEXT_METHODS = {
    "strip": True, "lstrip": True, "rstrip": True, "lower": True, "upper": True, "title": True, "capitalize": True,
    "casefold": True, "encode": False, "decode": False, "zfill": False, "ljust": False, "rjust": False,
    "removeprefix": True, "removesuffix": True, "expandtabs": False, "center": False, "swapcase": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """A call, with all that is known of what takes part in it.

    Attributes:
        kind: the dotted path of what is called, with "()"; empty where that is not known.
        name: the last part of that path as it is written.
        target: the dotted path of what the method belongs to, where it is only names.
    """

    node: ast.Call
    kind: str
    name: str
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    callee: Value
    receiver: Value | None = None
    target: str | None = None

    def argument(self, position: int, keyword: str) -> Value | None:
        """One of its arguments."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(keyword)

    @property
    def everything(self) -> list[Value]:
        """All that its result may be made of."""
        values = [*self.args, *self.kwargs.values(), Value(taints=self.callee.taints)]
        return values if self.receiver is None else [self.receiver, *values]


def result(frame: Frame, call: Call) -> Value:
    """What is known of what a call returns."""
    for model in (_from_outside, _container, _text, _made_safe, _library):
        value = model(frame, call)
        if value is not None:
            return value
    return _anything(call)


def _from_outside(_: Frame, call: Call) -> Value | None:
    line = call.node.lineno
    label = catalogue.LOCAL_SOURCES.get(call.kind)
    if label is not None:
        return unknown(label, line, Origin.LOCAL, call.kind)
    if call.name in catalogue.STREAMLIT_INPUTS and call.kind.startswith("streamlit"):
        return unknown("what a visitor typed", line, Origin.OUTSIDE)
    if call.name in catalogue.ASKING and call.target == "self":
        return unknown("the request", line, Origin.OUTSIDE)
    if call.name == "parse_args":
        return unknown("the command line", line, Origin.LOCAL)
    return None


def _container(frame: Frame, call: Call) -> Value | None:
    """Lists, mappings, buffers and settings whose content is known as long as it is only changed by these methods."""
    if call.receiver is None:
        return None
    if call.receiver.kind == "io.StringIO()" and call.target is not None:
        return _buffer(frame, call)
    if call.receiver.kind == "configparser.ConfigParser()" and call.target is not None:
        return _settings(frame, call)
    items = call.receiver.items
    if isinstance(items, tuple):
        return _list(frame, call, items)
    if isinstance(items, dict):
        return _dict(frame, call, items)
    if call.name in {"append", "add", "extend", "insert", "update", "write", "appendleft"} and call.target in frame.env:
        changed = frame.env[call.target]
        added = Value(taints=frozenset().union(*(value.all_taints() for value in call.args)))
        frame.env[call.target] = replace(changed, taints=changed.taints | added.taints, const=ABSENT)
        return CLEAN
    return None


def _buffer(frame: Frame, call: Call) -> Value | None:
    if call.receiver is None or call.target is None:
        return None
    if call.name == "write" and call.args:
        text = call.receiver.text if call.receiver.text is not None else ""
        frame.env[call.target] = made_of(
            [call.receiver, call.args[0]], text=text + as_text(call.args[0]), kind="io.StringIO()"
        )
        return CLEAN
    if call.name in {"getvalue", "read"}:
        return Value(taints=call.receiver.taints, text=call.receiver.text or "")
    return None


def _settings(frame: Frame, call: Call) -> Value | None:
    names = [value.const for value in call.args[:2]]
    if ABSENT in names:
        return None
    key = f"{call.target}[{names!r}]"
    if call.name == "set" and len(call.args) == 3:
        frame.env[key] = call.args[2]
        return CLEAN
    if call.name == "get" and len(names) == 2:
        return frame.env.get(key)
    return None


def _list(frame: Frame, call: Call, items: tuple[Value, ...]) -> Value | None:
    changed: tuple[Value, ...] | None = None
    value: Value | None = CLEAN
    first = call.args[0] if call.args else None
    if call.name == "append" and first is not None:
        changed = (*items, first)
    elif call.name == "extend" and first is not None and isinstance(first.items, tuple):
        changed = (*items, *first.items)
    elif call.name == "insert" and first is not None and isinstance(first.const, int) and len(call.args) == 2:
        changed = (*items[: first.const], call.args[1], *items[first.const :])
    elif call.name == "pop" and items and (first is None or isinstance(first.const, int)):
        index = -1 if first is None else first.const
        if isinstance(index, int) and -len(items) <= index < len(items):
            value = items[index]
            at = index % len(items)
            changed = (*items[:at], *items[at + 1 :])
    elif call.name == "copy":
        return call.receiver
    else:
        return None
    if changed is None:
        return None
    if call.target is not None:
        frame.env[call.target] = Value(items=changed[:1000], kind="list")
    return value


def _dict(frame: Frame, call: Call, items: dict[object, Value]) -> Value | None:
    if call.name == "get" and call.args and call.args[0].is_const:
        default = call.args[1] if len(call.args) > 1 else known(None)
        return items.get(call.args[0].const, default)
    if call.name == "values":
        return Value(items=tuple(items.values()))
    if call.name == "keys":
        return Value(items=tuple(known(key) for key in items))
    if call.name == "items":
        return Value(items=tuple(Value(items=(known(key), value)) for key, value in items.items()))
    if call.name == "update" and call.target is not None and len(call.args) == 1:
        other = call.args[0].items
        if isinstance(other, dict):
            frame.env[call.target] = Value(items={**items, **other}, kind="dict")
            return CLEAN
    return call.receiver if call.name == "copy" else None


def _text(_: Frame, call: Call) -> Value | None:
    receiver = call.receiver
    if receiver is None or receiver.items is not None:
        return None
    if call.name == "format" and receiver.text is not None:
        text = _filled(receiver.text)
        return made_of([receiver, *call.args, *call.kwargs.values()], text=text)
    if call.name == "join" and call.args and receiver.text is not None:
        return _put_together(receiver, call.args[0])
    if call.name == "replace" and len(call.args) >= 2:
        return _replaced(receiver, call.args[0], call.args[1])
    if call.name in _TEXT_METHODS:
        if isinstance(receiver.const, str) and _TEXT_METHODS[call.name] and all(one.is_const for one in call.args):
            return known(getattr(receiver.const, call.name)(*[one.const for one in call.args]))
        if receiver.taints or receiver.text is not None:
            return Value(receiver.taints, ABSENT, HOLE if receiver.text is None else receiver.text)
        return CLEAN if not receiver.kind else None
    if call.name in {"split", "rsplit", "splitlines", "partition", "rpartition"}:
        if isinstance(receiver.const, str) and len(call.args) <= 1:
            at = call.args[0].const if call.args else None
            parts = receiver.const.split(at if isinstance(at, str) and at else None)
            return Value(items=tuple(known(part) for part in parts[:200]))
        return Value(taints=receiver.taints, kind="comprehension", text=HOLE) if receiver.taints else None
    return None


def _filled(template: str) -> str:
    pieces, depth = [], 0
    for character in template.replace("{{", "").replace("}}", ""):
        if character == "{":
            depth += 1
            pieces.append(HOLE)
        elif character == "}":
            depth -= 1
        elif not depth:
            pieces.append(character)
    return "".join(pieces)


def _put_together(glue: Value, parts: Value) -> Value:
    if isinstance(parts.items, tuple):
        text = (glue.text or "").join(as_text(part) for part in parts.items)
        if HOLE not in text and len(text) <= LONGEST_TEXT:
            return known(text)
        return made_of([glue, *parts.items], text=text)
    if parts.kind == "comprehension" and not parts.taints:
        return Value(text=parts.text or "")
    if not parts.taints and parts.items is None:
        return Value(text="") if parts.kind or parts.is_const else made_of([glue, parts], text=HOLE)
    return made_of([glue, parts], text=HOLE)


def _replaced(receiver: Value, old: Value, new: Value) -> Value:
    if isinstance(old.const, str) and isinstance(new.const, str):
        if isinstance(receiver.const, str):
            return known(receiver.const.replace(old.const, new.const)[:LONGEST_TEXT])
        dangers: set[str] = set()
        if old.const in {"..", "../", "/", "\\"}:
            dangers.add(PATH)
        if old.const in {"'", '"'} and new.const != old.const:
            dangers |= {SQL, XPATH}
        if old.const in {"*", "("}:
            dangers.add(LDAP)
        text = None if receiver.text is None else receiver.text.replace(old.const, new.const)
        return replace(receiver, text=text).made_safe(dangers) if old.const else receiver
    return made_of([receiver, old, new], text=HOLE)


def _made_safe(_: Frame, call: Call) -> Value | None:
    if call.kind in catalogue.CLEANING or call.name in catalogue.CLEANING_METHODS:
        return Value(kind=call.kind)
    dangers = catalogue.SANITISERS.get(call.kind)
    if dangers is None and catalogue.SAYS_HTML.search(call.name):
        dangers = catalogue.SANITISERS["html.escape()"]
    if dangers is None and call.kind.split(".")[0].rstrip("()") in sys.stdlib_module_names:
        return None
    if dangers is None and catalogue.SAYS_SAFE.search(call.name.lower()):
        dangers = EVERYTHING
    if dangers is None:
        return None
    if dangers == EVERYTHING:
        return CLEAN
    value = call.args[0] if call.args else CLEAN
    return replace(made_of([value], text=value.shown), const=ABSENT).made_safe(dangers)


def _library(frame: Frame, call: Call) -> Value | None:
    model = _MODELS.get(call.kind)
    if model is not None:
        return model(call)
    if call.receiver is not None and call.receiver.kind.startswith("pathlib."):
        if call.name in {"resolve", "absolute", "expanduser", "joinpath", "with_name", "with_suffix", "glob", "rglob"}:
            text = "/".join(as_text(part) for part in (call.receiver, *call.args)) if call.name == "joinpath" else None
            kind = "pathlib.Path().resolve()" if call.name == "resolve" else "pathlib.Path()"
            return made_of([call.receiver, *call.args], text=text or call.receiver.text, kind=kind)
        if call.name in {"read_text", "read_bytes", "open"}:
            return a_kind("open()")
    if call.name in {"setFeature", "setProperty"} and call.target is not None and len(call.args) == 2:
        if "external" in call.args[0].kind and call.args[1].const not in {False} and call.receiver is not None:
            frame.env[call.target] = replace(call.receiver, kind=f"{call.receiver.kind}+entities")
        return CLEAN
    if call.kind in {"re.sub()", "regex.sub()"} and len(call.args) >= 3:
        pattern = call.args[0].const
        allowed_only = isinstance(pattern, str) and pattern.startswith("[^") and call.args[1].is_const
        return CLEAN if allowed_only else Value(taints=call.args[2].taints | call.args[1].taints, text=HOLE)
    return None


def _anything(call: Call) -> Value:
    """Of a function that is not known: something that is made of its arguments."""
    value = made_of(call.everything, kind=call.kind)
    if any(one.kind == "REQUEST" for one in (*call.args, *call.kwargs.values())):
        return unknown("the request", call.node.lineno, Origin.OUTSIDE, kind=call.kind)
    root = call.kind.split(".")[0].rstrip("()")
    if value.taints and max(taint.origin for taint in value.taints) < Origin.OUTSIDE and _makes_an_object(call.name):
        return a_kind(call.kind)
    if value.taints or not call.name or root in sys.stdlib_module_names or root in {"list", "dict", "set", "tuple"}:
        return value
    if call.receiver is not None and (call.receiver.is_const or call.receiver.items is not None):
        return value
    if call.kind == "open()":
        return value
    return unknown(f"what {call.name} returns", call.node.lineno, kind=call.kind)


def _makes_an_object(name: str) -> bool:
    """Whether a call looks like a constructor or opens a connection: what that gives later are not its arguments."""
    return name[:1].isupper() or "connect" in name.lower() or name in {"cursor", "client", "create_engine", "session"}


def _first(call: Call) -> Value:
    value = call.args[0] if call.args else CLEAN
    return replace(value, text=as_text(value), const=ABSENT if not isinstance(value.const, str) else value.const)


def _path_joined(call: Call) -> Value:
    kind = "pathlib.Path()" if call.kind.startswith("pathlib") else ""
    if not call.args:
        return Value(kind=kind)
    text = "/".join(as_text(part).rstrip("/") for part in call.args)
    return made_of(call.args, text=text, kind=kind)


def _resolved(call: Call) -> Value:
    return replace(made_of(call.args, text=as_text(call.args[0]) if call.args else None), kind="os.path.resolve()")


def _opened(_: Call) -> Value:
    return a_kind("open()")


def _attribute_by_name(call: Call) -> Value:
    if len(call.args) >= 2 and isinstance(call.args[1].const, str) and call.args[0].kind:
        return a_kind(f"{call.args[0].kind}.{call.args[1].const}")
    return made_of(call.args)


def _xml_parser(call: Call) -> Value:
    entities = call.kwargs.get("resolve_entities")
    network = call.kwargs.get("no_network")
    opened = (entities is not None and entities.const is True) or (network is not None and network.const is False)
    return a_kind("lxml.etree.XMLParser()" + ("+entities" if opened else ""))


def _as_list(call: Call) -> Value:
    if not call.args:
        return Value(items=(), kind="list")
    value = call.args[0]
    return value if isinstance(value.items, tuple) else made_of([value], text=value.text, kind="comprehension")


_MODELS: dict[str, Callable[[Call], Value]] = {
    "str()": _first,
    "repr()": _first,
    "bytes()": _first,
    "urllib.parse.unquote()": _first,
    "urllib.parse.unquote_plus()": _first,
    "os.path.join()": _path_joined,
    "posixpath.join()": _path_joined,
    "pathlib.Path()": _path_joined,
    "pathlib.PurePath()": _path_joined,
    "os.path.realpath()": _resolved,
    "os.path.abspath()": _resolved,
    "os.path.normpath()": _resolved,
    "os.fspath()": _first,
    "os.path.expanduser()": _first,
    # What is dangerous about it is told where the text is made, and not again where it is executed.
    "sqlalchemy.text()": lambda call: _first(call).made_safe({SQL}),
    "textwrap.dedent()": _first,
    "open()": _opened,
    "io.open()": _opened,
    "codecs.open()": _opened,
    "gzip.open()": _opened,
    "getattr()": _attribute_by_name,
    "lxml.etree.XMLParser()": _xml_parser,
    "list()": _as_list,
    "tuple()": _as_list,
    "sorted()": _as_list,
    "set()": _as_list,
    "dict()": lambda call: Value(items=dict(call.kwargs.items()), kind="dict") if not call.args else made_of(call.args),
}
