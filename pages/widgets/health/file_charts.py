"""The map of files: as large as their lines, coloured by score, by what tests cover, or by how often they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ci_core.health.store import FileState
from pages.widgets.chart_style import plot_text
from pages.widgets.health.words import counted

HEIGHT = 520
ROOT = "·"
UNKNOWN = "#8A8F98"
# From vermilion over a pale ground to blue: told apart with every kind of colour vision; each tile says its figure too.
GOOD_IS_HIGH = [[0.0, "#D55E00"], [0.5, "#F2DDB0"], [1.0, "#0072B2"]]
MUCH_IS_HOT = [[0.0, "#E8EEF5"], [0.5, "#F2C879"], [1.0, "#D55E00"]]


@dataclass(frozen=True, slots=True)
class Colouring:
    """What the colour of a tile says: a figure of a file, its range, and its word on the tile."""

    title: str
    figure: Callable[[FileState], float | None]
    most: float
    scale: list[list[Any]]
    unit: str
    told: str


COLOURINGS: Mapping[str, Colouring] = {
    "Score": Colouring("Score", lambda one: one.score, 100.0, GOOD_IS_HIGH, "", "the score of a file, 0–100"),
    "Coverage": Colouring(
        "Coverage", lambda one: one.coverage_percent, 100.0, GOOD_IS_HIGH, " %", "how much of a file tests run through"
    ),
    "Change": Colouring(
        "Change", lambda one: float(one.churn_commits), 20.0, MUCH_IS_HOT, "×", "commits of the last 180 days"
    ),
}


@dataclass(slots=True)
class _Folder:
    lines: int = 0
    weighed: float = 0.0
    known_lines: int = 0
    files: int = 0

    def add(self, lines: int, value: float | None) -> None:
        self.lines += lines
        self.files += 1
        if value is not None:
            self.weighed += lines * value
            self.known_lines += lines

    @property
    def value(self) -> float | None:
        return self.weighed / self.known_lines if self.known_lines else None


def treemap(files: Sequence[FileState], colouring: Colouring, name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The map of these files below a root called `name`."""
    folders = _folders(files, colouring)
    nodes = [
        _node(path or ROOT, _parent(path), _last(path) or name, folder.lines, folder.value, colouring,
              f"{counted(folder.files, 'file')}, {folder.lines:,} lines")
        for path, folder in folders.items()
    ]  # fmt: skip
    nodes += [
        _node(
            one.path, _parent(one.path), _last(one.path), one.lines, colouring.figure(one), colouring, file_words(one)
        )
        for one in files
    ]
    trace = {
        "type": "treemap",
        "branchvalues": "total",
        "maxdepth": 4,
        "textinfo": "label+text",
        "texttemplate": "%{label}<br>%{text}",
        "hovertemplate": "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        "tiling": {"pad": 1},
        "pathbar": {"visible": True},
        "marker": {
            "colors": [node["colour"] for node in nodes],
            "line": {"width": 1, "color": "rgba(128, 128, 128, 0.5)"},
        },
        **{key: [node[key] for node in nodes] for key in ("ids", "parents", "labels", "values", "text", "customdata")},
    }
    return [trace], {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 6, "b": 0},
        # Smaller letters than these nobody reads; the pointer tells what the tile is.
        "uniformtext": {"minsize": 10, "mode": "hide"},
    }


def file_words(one: FileState) -> str:
    """What is known of a file, in a line."""
    told = [f"{one.lines:,} lines", "score not known" if one.score is None else f"score {one.score}"]
    told.append(counted(one.issues, "issue"))
    told.append("coverage not known" if one.coverage_percent is None else f"{one.coverage_percent:.0f} % covered")
    told.append(f"{counted(one.churn_commits, 'commit')} in 180 days")
    return " · ".join(told)


def _folders(files: Sequence[FileState], colouring: Colouring) -> dict[str, _Folder]:
    """Every folder that holds one of the files; "" is the repository."""
    folders: dict[str, _Folder] = {"": _Folder()}
    for one in files:
        value = colouring.figure(one)
        parts = one.path.split("/")[:-1]
        for depth in range(len(parts) + 1):
            folders.setdefault("/".join(parts[:depth]), _Folder()).add(one.lines, value)
    return folders


def _node(
    path: str, parent: str | None, name: str, lines: int, value: float | None, colouring: Colouring, words: str
) -> dict[str, Any]:
    return {
        "ids": path,
        "parents": "" if parent is None else parent or ROOT,
        "labels": plot_text(name, 40),
        "values": lines,
        "text": "?" if value is None else f"{value:.0f}{colouring.unit}",
        # What is not known has a colour outside of the scale.
        "colour": UNKNOWN if value is None else _colour(value / colouring.most, colouring.scale),
        "customdata": [plot_text(path if path != ROOT else name, 120), plot_text(words, 160)],
    }


def _colour(share: float, scale: list[list[Any]]) -> str:
    """The colour at a share of the scale: Plotly takes either figures or colours, and unknown ones have no figure."""
    share = min(1.0, max(0.0, share))
    low, high = (scale[0], scale[1]) if share <= scale[1][0] else (scale[1], scale[2])
    part = (share - low[0]) / (high[0] - low[0])
    ends = [[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in (low[1], high[1])]
    mixed = (round(one + (other - one) * part) for one, other in zip(*ends, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _parent(path: str) -> str | None:
    return None if not path else path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
