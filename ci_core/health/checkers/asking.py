"""Asks programs of ours, one or several side by side, each about a part of the files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ci_core.health.checkers.kinds import CheckerFailed, Workbench
from ci_core.health.checkers.tools import own_program, run_tool
from ci_core.health.values import SourceFile, Target

# A process costs a tenth of a second before it does anything; less than this is not worth another.
SHARD_BYTES = 400_000


def ask(module: str, question: Mapping[str, Any], workbench: Workbench, *, memory_mib: int | None = None) -> Any:
    """What a program of ours answers; it works in a folder without the checked files.

    Raises:
        CheckerFailed: it failed, or wrote what is no answer.
    """
    run = run_tool(
        own_program(module),
        cwd=workbench.scratch,
        workbench=workbench,
        stdin=json.dumps(question),
        memory_mib=memory_mib,
    )
    try:
        return json.loads(run.stdout)
    except ValueError as error:
        raise CheckerFailed(f"{module.rsplit('.', 1)[-1]} wrote what is no answer.") from error


def ask_in_shards(
    module: str, target: Target, files: Sequence[SourceFile], workbench: Workbench, **more: object
) -> list[Any]:
    """The answers of several programs, each to `{"root", "paths", **more}` with a part of the files, all about equal.

    Raises:
        CheckerFailed: one of them failed, or wrote what is no answer.
    """
    shards = split(files, workbench.processes)
    questions = [{"root": str(target.root), "paths": [file.path for file in shard], **more} for shard in shards]
    if len(questions) <= 1:
        return [ask(module, question, workbench) for question in questions]
    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(lambda question: ask(module, question, workbench), questions))


def split(files: Sequence[SourceFile], most: int) -> list[list[SourceFile]]:
    """Files in as many parts as are worth while, `most` at most, none of them empty and all of about equal size."""
    count = max(1, min(most, len(files), 1 + sum(file.size for file in files) // SHARD_BYTES))
    shards: list[list[SourceFile]] = [[] for _ in range(count)]
    sizes = [0] * count
    for file in sorted(files, key=lambda file: (-file.size, file.path)):
        smallest = sizes.index(min(sizes))
        shards[smallest].append(file)
        sizes[smallest] += file.size + 200  # opening a file costs something too
    return [sorted(shard, key=lambda file: file.path) for shard in shards if shard]
