"""The part of the page about files: a map of all, and those where work pays most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from ci_core.health.hotspots import Hotspot, ranked
from ci_core.health.hotspots import files as files_of
from ci_core.health.standing import Standing
from ci_core.health.store import FileState
from pages.widgets.chart_style import draw_chart
from pages.widgets.health import acts
from pages.widgets.health.file_charts import COLOURINGS, file_words, treemap
from pages.widgets.health.source import read
from pages.widgets.health.words import look_of_score
from pages.widgets.session import Backend
from pages.widgets.text import shortened

# More tiles than this take a browser seconds; the largest files are shown, and how many are not is told.
MOST_FILES = 1_500
MOST_HOTSPOTS = 12
# What a checker looks into; of pictures and prose there is nothing to say.
CODE = (".py", ".pyi")
DEFAULT_COLOURING = "Score"


def draw_files(shared: Backend, stands: Standing) -> None:
    """Draw the part.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    known = read(shared, files_of, stands.repository.id)
    known = tuple(one for one in known if one.lines and (one.score is not None or one.path.endswith(CODE)))
    files = sorted(known, key=lambda one: -one.lines)[:MOST_FILES]
    if not files:
        st.info("No check has looked at single files yet. A full scan does.", icon=":material/folder_off:")
        return
    left, right = st.columns([7, 4], gap="medium")
    with left, st.container(border=True, key="health-map", gap="small"):
        _draw_map(files, len(known), stands.repository.name)
    with right, st.container(border=True, key="health-hotspots", height="stretch", gap="xsmall"):
        _draw_hotspots(ranked(known, limit=MOST_HOTSPOTS), shared.settings.health.min_score)


def _draw_map(files: Sequence[FileState], total: int, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Map of files**", width="content")
        chosen = st.segmented_control(
            "Coloured by",
            list(COLOURINGS),
            default=DEFAULT_COLOURING,
            required=True,
            key="colour",
            label_visibility="collapsed",
            bind="query-params",
        )
    colouring = COLOURINGS[chosen or DEFAULT_COLOURING]
    unknown = sum(colouring.figure(one) is None for one in files)
    told = [f"As large as its lines, coloured by {colouring.told}, which it also says."]
    if unknown:
        told.append(f"Grey: not known, for {unknown:,}.")
    if total > len(files):
        told.append(f"The {len(files):,} largest of {total:,} files.")
    st.caption(" ".join(told))
    alt = f"Files by folder, as large as their lines, coloured by {colouring.told}. The list beside it has the worst."
    draw_chart(*treemap(files, colouring, name), key=f"chart-map-{colouring.title}", alt=alt)


def _draw_hotspots(hot: Sequence[Hotspot], least: int) -> None:
    st.markdown("**Hotspots** — where work pays most: files that are in a bad state and change often")
    if not hot:
        st.caption("No file is both: none changed in the last 180 days, or all are well.")
        return
    for spot in hot:
        one = spot.file
        key = f"health-hotspot-{one.path}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=key):
            st.html(hotspot_html(one, spot.share, least), width="stretch")
            st.button(
                f"{one.issues:,}",
                key=f"go-file-{one.path}",
                type="tertiary",
                help=f"Open issues in {shortened(one.path, 80)}",
                disabled=not one.issues,
                on_click=partial(acts.show_issues, path=[one.path]),
            )


def hotspot_html(one: FileState, share: float, least: int) -> str:
    """One hotspot as safe HTML: its name, how hot it is as a bar, and what is known of it."""
    folder, _, name = one.path.rpartition("/")
    return (
        f'<div class="hotspot {look_of_score(one.score, least)}"><b>{escape(name)}</b> '
        f"<small>{escape(folder)}</small>"
        f'<div class="part-track"><i style="width: {round(100 * share)}%"></i></div>'
        f"<span>{escape(file_words(one))}</span></div>"
    )
