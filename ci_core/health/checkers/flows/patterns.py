"""What is dangerous by itself, wherever its arguments come from: weak hashes, open cookies, secrets in the source."""

from __future__ import annotations

import ast
import re

from ci_core.health.checkers.flows import catalogue
from ci_core.health.checkers.flows.frames import Frame, Module, dotted
from ci_core.health.checkers.flows.models import Call
from ci_core.health.checkers.flows.values import Value

SECRET_NAME = re.compile(
    r"(?:^|[_\-. ])(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|apikey|auth_?key|access_?key|private_?key"
    r"|secret_?key|client_?secret|encryption_?key|credentials?)(?:$|[_\-. ]?\d*$)",
    re.IGNORECASE,
)
# What stands where a secret will be, rather than a secret.
NO_SECRET = re.compile(
    r"^$|^[<{\[(%$*.x\-_]|\s|^(?:none|null|true|false|your|my|change|example|dummy|placeholder|todo|string|text|hidden"
    r"|password|passwd|secret|token|key|api[_-]?key|bearer|basic|required|optional|str|env|n/?a|\*+)(?:$|[_\-. ])|://|^/|^[A-Z_]+$"
    r"|\\[bBdDsSwW]|\[[^\]]*[A-Za-z0-9]-[A-Za-z0-9]",  # a pattern that finds secrets is none
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?:Bearer|Basic|Token)\s+(?!.*(?:your|token|xxx|\.\.\.|<|\{))\S{12,}$", re.IGNORECASE)
SHORTEST_SECRET = 4
_UNSIGNED = frozenset({"jwt.decode()", "jose.jwt.decode()"})
_FOR_SECRETS = re.compile(
    r"token|secret|passw|session|salt|nonce|otp|csrf|api_?key|cookie|reset|verif|auth|invite|captcha|pin$",
    re.IGNORECASE,
)
_RANDOM = frozenset({
    "random", "randint", "randrange", "choice", "choices", "sample", "getrandbits", "uniform", "randbytes", "shuffle",
})  # fmt: skip
# Those that ruff's S311 does not know of.
_RANDOM_UNKNOWN = frozenset({"getrandbits", "randbytes", "normalvariate"})


def look(frame: Frame, call: Call) -> None:
    """Report what a call does wrong by itself."""
    _cookie(frame, call)
    _hash(frame, call)
    _tokens(frame, call)
    _unverified(frame, call)


def _cookie(frame: Frame, call: Call) -> None:
    if call.name not in {"set_cookie", "set_signed_cookie"} or not call.args:
        return
    if len(call.args) + len(call.kwargs) == 1:  # a jar's set_cookie(cookie), which sends none to anybody
        return
    secure = call.kwargs.get("secure")
    if "**" in call.kwargs or (secure is not None and not secure.is_const):
        return
    if secure is None or not secure.const:
        text = "a cookie is set that is sent over connections that are not encrypted too: pass secure=True"
        frame.module.report("insecure-cookie", text, call.node)
    only = call.kwargs.get("httponly")
    if only is not None and only.const is False:
        frame.module.report("script-readable-cookie", "a cookie is set that scripts of the page can read", call.node)


def _hash(frame: Frame, call: Call) -> None:
    if call.kwargs.get("usedforsecurity", Value()).const is False:
        return
    module, _, name = call.kind.removesuffix("()").rpartition(".")
    if call.kind == "hashlib.new()" and call.args:
        name = str(call.args[0].const).lower()
    elif module not in {"hashlib", "Crypto.Hash", "Cryptodome.Hash", "cryptography.hazmat.primitives.hashes"}:
        return
    if name.lower() in catalogue.WEAK_HASHES:
        text = (
            f"{name.upper()} is broken as a hash for security; where nothing depends on it, pass usedforsecurity=False"
        )
        frame.module.report("weak-hash", text, call.node)


def _tokens(frame: Frame, call: Call) -> None:
    """Python's `random` can be predicted; only reported where what it makes is meant to be secret."""
    if call.kind.startswith(("random.", "numpy.random.")) and call.name in _RANDOM:
        function = frame.function.name if frame.function is not None else ""
        if "SystemRandom" not in call.kind and _FOR_SECRETS.search(function):
            text = "a secret is made with a random generator that can be predicted: use the module `secrets`"
            frame.module.report("predictable-secret", text, call.node)
    if call.name in _RANDOM_UNKNOWN and call.kind == f"random.{call.name}()":
        text = "numbers of this generator can be predicted: for anything that is to be secret use the module `secrets`"
        frame.module.report("predictable-number", text, call.node)


def _unverified(frame: Frame, call: Call) -> None:
    if call.kind in _UNSIGNED:
        options = call.kwargs.get("options")
        inner = options.items.get("verify_signature") if options and isinstance(options.items, dict) else None
        flags = [call.kwargs.get("verify"), inner]
        if any(flag is not None and flag.const is False for flag in flags):
            frame.module.report("unverified-token", "a signed token is read without checking its signature", call.node)
    elif call.name == "run" and call.kwargs.get("debug", Value()).const is True and frame.module.uses_flask:
        frame.module.report("debug-mode", "the app runs with its debugger, which runs any code", call.node)


def assigned(frame: Frame, target: ast.expr, node: ast.expr, value: Value) -> None:
    """Report what is wrong with a value for the name that it is given."""
    name = (dotted(target) or "").rsplit(".", 1)[-1]
    made = value.kind.startswith(("random.", "numpy.random.")) and "SystemRandom" not in value.kind
    if made and _FOR_SECRETS.search(name):
        text = f"{name} is made with a random generator that can be predicted: use the module `secrets`"
        frame.module.report("predictable-secret", text, node)


def secrets(module: Module, tree: ast.Module) -> None:
    """Report passwords and the like that stand in mappings and in calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    _secret(module, key.value, value)


def _secret(module: Module, name: str, value: ast.expr) -> None:
    if name.lower() == "authorization" and isinstance(value, ast.Constant) and _SIGNED.match(str(value.value)):
        module.report("hardcoded-secret", 'a secret stands in the source, as the value of "Authorization"', value)
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str) or not SECRET_NAME.search(name):
        return
    text = value.value
    if len(text) >= SHORTEST_SECRET and not NO_SECRET.search(text) and text.lower() != name.lower():
        message = f'a secret stands in the source, as the value of "{name[:40]}"'
        module.report("hardcoded-secret", message, value)
