"""Reads SARIF 2.1.0 of any tool. It is somebody else's text: bounded, never trusted, every odd part passed over."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping

from ci_core.errors import InvalidInput
from ci_core.health.sarif.document import Object, harmless, index_at, number_at, object_at, objects_at, text_at
from ci_core.health.sarif.places import joined
from ci_core.health.sarif.rules_read import Rules, details_of, message_of
from ci_core.health.sarif.values import ForeignResult, ForeignRun

MIB = 1024 * 1024
LARGEST_FILE = 64 * MIB
# What GitHub takes in one upload, and more than twice what it takes of one tool.
MOST_RUNS, MOST_RESULTS = 20, 50_000
LONGEST_NAME = 40
COMMIT = re.compile(r"^[0-9a-f]{40,64}$")
# What says that there is something to be done; the others say that a rule was kept, or could not be asked.
KINDS_OF_DEFECTS = ("", "fail", "open", "review")
# CodeQL lists here which files it has read.
READ_FILES = "successfully-extracted-files"


def read_sarif(content: bytes) -> tuple[ForeignRun, ...]:
    """The runs of a SARIF file; those of one tool and category are one.

    Raises:
        InvalidInput: it is no SARIF 2.1.0, or larger than 64 MiB, 20 runs or 50,000 results.
    """
    runs = objects_at(_document(content), "runs")
    if len(runs) > MOST_RUNS:
        raise InvalidInput("file", f"The file has {len(runs)} runs; at most {MOST_RUNS} are read. Split it.")
    results = sum(len(objects_at(run, "results")) for run in runs)
    if results > MOST_RESULTS:
        told = f"The file has {results:,} results; at most {MOST_RESULTS:,} are read. Let the tool report fewer rules."
        raise InvalidInput("file", told)
    found: dict[str, ForeignRun] = {}
    for run in map(_run, runs):
        found[run.name] = _together(found[run.name], run) if run.name in found else run
    return tuple(found.values())


def _document(content: bytes) -> Object:
    if len(content) > LARGEST_FILE:
        size = len(content) / MIB
        raise InvalidInput(
            "file", f"The file is {size:.0f} MiB large; at most {LARGEST_FILE // MIB} are read. Split it."
        )
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput("file", f"The file is not UTF-8 (byte {error.start}); SARIF is.") from None
    except RecursionError:
        raise InvalidInput("file", "The file is nested more deeply than any SARIF is.") from None
    except ValueError as error:
        raise InvalidInput("file", f"The file is no JSON: {str(error)[:200]}. Name a SARIF file.") from None
    version = text_at(document, "version", longest=40)
    if not isinstance(document, dict) or "runs" not in document or not version:
        raise InvalidInput("file", "The file is JSON, but no SARIF: it has no version and runs.")
    if version != "2.1.0":
        raise InvalidInput("file", f"The file is SARIF {version}; only 2.1.0 is read. Let the tool write that.")
    if not isinstance(document["runs"], list):
        raise InvalidInput("file", "The file's runs are no list, as SARIF 2.1.0 wants them.")
    return document


def _run(run: Object) -> ForeignRun:
    tool = text_at(run, "tool", "driver", "name", longest=500) or "unnamed tool"
    category = text_at(run, "automationDetails", "id", longest=200).rpartition("/")[0]
    rules, artifacts, bases = Rules(run), _artifacts(run), _bases(run)
    results: list[ForeignResult] = []
    suppressed = unusable = 0
    for result in objects_at(run, "results"):
        if not _counts(result):
            continue
        if _is_suppressed(result):
            suppressed += 1
        elif (read := _result(result, rules, artifacts, bases, harmless(tool, 100))) is None:
            unusable += 1
        else:
            results.append(read)
    failed_on = dict(_failed_on(run, artifacts, bases))
    return ForeignRun(
        name=_name(tool, category),
        tool=harmless(tool, 100),
        version=next(
            filter(None, (text_at(run, "tool", "driver", n, longest=60) for n in ("semanticVersion", "version"))), ""
        ),
        results=tuple(results),
        looked_at=frozenset(_looked_at(run, artifacts, bases)),
        failed_on=failed_on,
        error=_error(run),
        revision=_revision(run),
        suppressed=suppressed,
        unusable=unusable,
    )


def _name(tool: str, category: str) -> str:
    """What the issues of a tool and category are followed under: lower-case words, at most 40 characters."""
    words = re.sub(r"[^a-z0-9]+", "_", f"sarif {tool} {category}".lower()).strip("_")
    if len(words) <= LONGEST_NAME:
        return words
    mark = hashlib.sha256(words.encode()).hexdigest()[:8]
    return f"{words[: LONGEST_NAME - 9].rstrip('_')}_{mark}"


def _together(one: ForeignRun, other: ForeignRun) -> ForeignRun:
    return ForeignRun(
        name=one.name,
        tool=one.tool,
        version=one.version or other.version,
        results=one.results + other.results,
        looked_at=one.looked_at | other.looked_at,
        failed_on={**one.failed_on, **other.failed_on},
        error=one.error or other.error,
        revision=one.revision or other.revision,
        suppressed=one.suppressed + other.suppressed,
        unusable=one.unusable + other.unusable,
    )


def _counts(result: Object) -> bool:
    """Whether a result is a defect that is there now (3.27.9, 3.27.24)."""
    kind, baseline = text_at(result, "kind"), text_at(result, "baselineState")
    return kind in KINDS_OF_DEFECTS and baseline != "absent"


def _is_suppressed(result: Object) -> bool:
    """Whether its tool was told to ignore it, and nobody has refused that (3.27.23)."""
    marks = objects_at(result, "suppressions")
    return bool(marks) and all(text_at(mark, "status") in ("", "accepted") for mark in marks)


def _result(
    result: Object, rules: Rules, artifacts: list[Object], bases: Mapping[str, tuple[str, str]], tool: str
) -> ForeignResult | None:
    name, rule = rules.of(result)
    message = message_of(result, rule)
    if not name and not message:
        return None
    location = next(iter(objects_at(result, "locations")), {})
    physical = object_at(location, "physicalLocation")
    region = object_at(physical, "region") or object_at(physical, "contextRegion")
    line, end = number_at(region, "startLine"), number_at(region, "endLine")
    path = _path(object_at(physical, "artifactLocation"), artifacts, bases)
    return ForeignResult(
        rule=name or "result",
        message=message or name,
        path=path,
        line=line,
        end_line=end if line is not None and end is not None and end >= line else line,
        column=number_at(region, "startColumn") if line is not None else None,
        subject=None if path is not None else _subject(location, message),
        details=details_of(result, rule, tool),
    )


def _subject(location: Object, message: str) -> str:
    """What a result without a place is about: a logical location such as a package, else what it says."""
    for one in objects_at(location, "logicalLocations"):
        for name in ("fullyQualifiedName", "name"):
            if found := text_at(one, name, longest=200):
                return found
    return message[:200]


def _path(location: Object, artifacts: list[Object], bases: Mapping[str, tuple[str, str]]) -> str | None:
    """The path that an artifact location means; it may only point into the list of artifacts (3.4.5)."""
    index = index_at(location, "index")
    if "uri" not in location and index is not None and index < len(artifacts):
        location = object_at(artifacts[index], "location")
    uri = location.get("uri")
    if not isinstance(uri, str) or not 0 < len(uri) <= 4096 or "\0" in uri or "%00" in uri:
        return None
    return joined(uri, text_at(location, "uriBaseId"), bases)


def _artifacts(run: Object) -> list[Object]:
    return objects_at(run, "artifacts")


def _bases(run: Object) -> dict[str, tuple[str, str]]:
    given = object_at(run, "originalUriBaseIds")
    return {name: (text_at(given, name, "uri"), text_at(given, name, "uriBaseId")) for name in given}


def _looked_at(run: Object, artifacts: list[Object], bases: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What the tool says it looked at (3.24.6), or has read."""
    for artifact in artifacts:
        roles = artifact.get("roles")
        if isinstance(roles, list) and "analysisTarget" in roles:
            yield from filter(None, [_path(object_at(artifact, "location"), artifacts, bases)])
    for notification in _notifications(run):
        if text_at(notification, "descriptor", "id").endswith(READ_FILES):
            yield from _places(notification, artifacts, bases)


def _failed_on(run: Object, artifacts: list[Object], bases: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Files about which the tool says that something went wrong with them (3.20.21)."""
    for notification in _notifications(run):
        if text_at(notification, "level") == "error":
            reason = text_at(notification, "message", "text", longest=300) or "its tool could not read it"
            for path in _places(notification, artifacts, bases):
                yield path, reason


def _places(notification: Object, artifacts: list[Object], bases: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for location in objects_at(notification, "locations"):
        found = _path(object_at(location, "physicalLocation", "artifactLocation"), artifacts, bases)
        if found is not None:
            yield found


def _notifications(run: Object) -> Iterator[Object]:
    for invocation in objects_at(run, "invocations"):
        yield from objects_at(invocation, "toolExecutionNotifications")
        yield from objects_at(invocation, "toolConfigurationNotifications")


def _error(run: Object) -> str | None:
    """Why the run did not come to its end (3.20.14), in the words of its tool."""
    for invocation in objects_at(run, "invocations"):
        if invocation.get("executionSuccessful") is not False:
            continue
        said = [
            text_at(one, "message", "text", longest=300) for one in objects_at(invocation, "toolExecutionNotifications")
        ]
        why = text_at(invocation, "exitCodeDescription", longest=300) or next(filter(None, said), "")
        return why or "its tool says that it did not come to its end"
    return None


def _revision(run: Object) -> str | None:
    for provenance in objects_at(run, "versionControlProvenance"):
        revision = text_at(provenance, "revisionId", longest=100).lower()
        if COMMIT.match(revision):
            return revision
    return None
