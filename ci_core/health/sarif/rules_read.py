"""What a SARIF file says about the rules of its tool: names, levels, weaknesses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ci_core.health.sarif.document import Object, harmless, index_at, object_at, objects_at, text_at

# Tools write CWE-89, external/cwe/cwe-089, or the number with its title behind it.
WEAKNESS = re.compile(r"\bcwe[-_/: ]{0,2}0*(\d{1,5})\b", re.IGNORECASE)
LEVELS = ("error", "warning", "note", "none")
LONGEST_RULE = 200


class Rules:
    """The rules of one run: those of the tool itself and of its extensions."""

    def __init__(self, run: Object) -> None:
        self._driver = objects_at(object_at(run, "tool", "driver"), "rules")
        self._extensions = [objects_at(one, "rules") for one in objects_at(object_at(run, "tool"), "extensions")]
        self._by_id: dict[str, Object] = {}
        for rule in (*self._driver, *(rule for rules in self._extensions for rule in rules)):
            self._by_id.setdefault(text_at(rule, "id", longest=LONGEST_RULE), rule)

    def of(self, result: Object) -> tuple[str, Object]:
        """The rule of a result: its id and what is known about it (nothing, where the file does not describe it)."""
        reference = object_at(result, "rule")
        index = index_at(result, "ruleIndex")
        index = index_at(reference, "index") if index is None else index
        component = index_at(object_at(reference, "toolComponent"), "index")
        name = text_at(result, "ruleId", longest=LONGEST_RULE) or text_at(reference, "id", longest=LONGEST_RULE)
        described = self._at(component, index)
        if name:
            # "CA1000/1" is a finer id of the rule CA1000.
            known = self._by_id.get(name) or self._by_id.get(name.rpartition("/")[0]) or described
            return name, known
        return text_at(described, "id", longest=LONGEST_RULE), described

    def _at(self, component: int | None, index: int | None) -> Object:
        if component is None:
            rules = self._driver
        else:
            rules = self._extensions[component] if component < len(self._extensions) else []
        return rules[index] if index is not None and index < len(rules) else {}


def message_of(result: Object, rule: Object) -> str:
    """The message of a result, with its arguments put in, and links to other places as their text."""
    message = object_at(result, "message")
    text = text_at(message, "text")
    if not text and (name := text_at(message, "id")):
        text = text_at(rule, "messageStrings", name, "text")
    if not text:
        text = text_at(message, "markdown") or text_at(rule, "shortDescription", "text") or text_at(rule, "name")
    arguments = message.get("arguments")
    given = [one for one in arguments if isinstance(one, str)] if isinstance(arguments, list) else []
    text = re.sub(r"\{(\d{1,3})\}", lambda found: _argument(given, found), text)
    # "[user input](1)" points at a related location of the same result.
    return re.sub(r"\[((?:[^\[\]\\]|\\.){1,500})\]\(\d{1,9}\)", r"\1", text).strip()


def _argument(given: list[str], found: re.Match[str]) -> str:
    place = int(found.group(1))
    return given[place] if place < len(given) else found.group(0)


def details_of(result: Object, rule: Object, tool: str) -> dict[str, Any]:
    """What the tool says about severity and rule; what it does not say is not there."""
    found: dict[str, Any] = {"tool": tool, "level": _level(result, rule)}
    severity = _security_severity(object_at(result, "properties")) or _security_severity(object_at(rule, "properties"))
    if severity is not None:
        found["security_severity"] = severity
    if weakness := next(_weaknesses(result, rule), None):
        found["cwe"] = weakness
    if tags := _tags(rule):
        found["tags"] = tags
    texts = {
        "rule_name": text_at(rule, "name", longest=LONGEST_RULE),
        "rule_text": text_at(rule, "shortDescription", "text", longest=500)
        or text_at(rule, "fullDescription", "text", longest=500),
        "help_uri": _address(text_at(rule, "helpUri", longest=1000)),
    }
    return found | {name: text for name, text in texts.items() if text}


def _level(result: Object, rule: Object) -> str:
    """SARIF 2.1.0, 3.27.10: the result's own level, else its rule's, else "warning"."""
    for level in (text_at(result, "level"), text_at(rule, "defaultConfiguration", "level")):
        if level in LEVELS:
            return level
    return "warning"


def _security_severity(properties: Mapping[str, Any]) -> float | None:
    """A figure of CVSS's scale, as GitHub and others write it: a text such as "7.5"."""
    try:
        found = float(properties.get("security-severity", ""))
    except (TypeError, ValueError):
        return None
    return found if 0 <= found <= 10 else None


def _weaknesses(result: Object, rule: Object) -> Iterator[str]:
    """CWE ids, wherever tools write them: taxa of the result, relationships and tags of the rule."""
    for one in objects_at(result, "taxa") + [object_at(way, "target") for way in objects_at(rule, "relationships")]:
        name = text_at(one, "id", longest=60)
        if text_at(one, "toolComponent", "name").upper() == "CWE" and name.isdecimal():
            yield f"CWE-{int(name)}"
        elif found := WEAKNESS.search(name):
            yield f"CWE-{int(found.group(1))}"
    for properties in (object_at(result, "properties"), object_at(rule, "properties")):
        for name in ("cwe", "tags", "problem.cwe"):
            given = properties.get(name)
            for text in given if isinstance(given, list) else [given]:
                if isinstance(text, str) and (found := WEAKNESS.search(text[:200])):
                    yield f"CWE-{int(found.group(1))}"


def _tags(rule: Object) -> list[str]:
    given = object_at(rule, "properties").get("tags")
    return [harmless(tag, 60) for tag in given[:20] if isinstance(tag, str)] if isinstance(given, list) else []


def _address(text: str) -> str:
    """An address that a page may link to."""
    return text if re.match(r"^https?://[^\s<>\"']+$", text) else ""
