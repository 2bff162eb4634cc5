"""How a priority comes about, as a picture that adds up, with the reasons beside it and a person's last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ci_core.backlog import set_score_override
from ci_core.backlog.priority import TOTAL, Component
from pages.widgets.acting import act
from pages.widgets.detail_save import follow
from pages.widgets.edit_form import EditForm
from pages.widgets.session import Backend, actor
from pages.widgets.text import as_text, number

NAMES = {component.value: component.label.capitalize() for component in Component} | {TOTAL: "The priority itself"}


def draw_score(shared: Backend, form: EditForm) -> None:
    """Draw the picture, its reasons, what people decided, and the form to decide it."""
    item = form.opened
    parts = item.score_breakdown if isinstance(item.score_breakdown, list) else []
    if item.ai_priority_score is None or not parts:
        st.caption("Not scored yet.")
    else:
        st.html(picture(parts, item.ai_priority_score, item.scored_by, item.score_overrides.get(TOTAL)))
    _draw_overrides(shared, form)


def picture(
    parts: Sequence[Mapping[str, Any]], total: float, scored_by: str | None, decided: Mapping[str, Any] | None
) -> str:
    """The parts of a score as bars that start where the one before ends, each with its reasons; as safe HTML."""
    rows, start = [], 0.0
    for part in parts:
        rows.append(_row(part, start))
        start += float(part["points"])
    computed = "" if decided is None else f" The parts alone give {start:.0f}."
    by = f"Set by {escape(str(decided['by']))}.{computed}" if decided else f"Scored by {escape(scored_by or 'nobody')}."
    rows.append(
        f'<div class="score-row total"><b>Priority</b><div class="score-track">'
        f'<i class="sum" style="left:0;width:{total:.2f}%"></i></div><b>{total:.0f}</b><p>{by}</p></div>'
    )
    return f'<div class="score-picture" role="group" aria-label="How the priority adds up">{"".join(rows)}</div>'


def _row(part: Mapping[str, Any], start: float) -> str:
    points, weight, score = float(part["points"]), float(part["weight"]) * 100, float(part["score"])
    lowers = part["component"] == Component.IMPLEMENTATION_RISK
    name = escape(NAMES.get(str(part["component"]), str(part["component"])))
    said = [escape(str(reason)) for reason in part.get("reasons") or ()]
    if part.get("overridden_by"):
        said.insert(0, f"set by {escape(str(part['overridden_by']))}")
    note = f"{score:.0f} of 100, which lowers the priority" if lowers else f"{score:.0f} of 100"
    kind = "lowers" if lowers else "lifts"
    return (
        f'<div class="score-row"><span>{name}</span><div class="score-track">'
        f'<i class="room" style="left:{start:.2f}%;width:{weight:.2f}%"></i>'
        f'<i class="{kind}" style="left:{start:.2f}%;width:{points:.2f}%"></i></div>'
        f"<span>{points:.1f}<small> / {weight:.0f}</small></span><p><em>{note}.</em> {'; '.join(said)}</p></div>"
    )


def _draw_overrides(shared: Backend, form: EditForm) -> None:
    item = form.opened
    for name, stated in item.score_overrides.items():
        with st.container(horizontal=True, vertical_alignment="center", key=f"override-{name}"):
            why = f": {as_text(stated['reason'])}" if stated.get("reason") else ""
            title = as_text(NAMES.get(name, name))
            st.markdown(f"**{title}** is {number(stated['value'])}, set by {as_text(stated['by'])}{why}")
            st.button(
                "Give back to the scorer", key=f"give-back-{name}", on_click=_override, args=(shared, form, name, None)
            )
    st.markdown("###### Your own judgement")
    with st.container(horizontal=True, vertical_alignment="bottom", key="override-form"):
        st.selectbox(
            "Which score",
            list(NAMES),
            format_func=NAMES.__getitem__,
            key="override-name",
            width=210,
            on_change="ignore",
        )
        st.number_input("0 to 100", 0, 100, value=50, step=5, key="override-value", width=120, on_change="ignore")
        st.text_input("Why", key="override-reason", max_chars=500, width=280, on_change="ignore")
        st.button("Set score", key="override-set", on_click=_override_as_typed, args=(shared, form))
    st.caption("A person's score wins over the scorer's, and is marked on the card.")
    if problem := st.session_state.pop("override-problem", None):
        st.error(as_text(problem))


def _override_as_typed(shared: Backend, form: EditForm) -> None:
    _override(shared, form, st.session_state["override-name"], st.session_state["override-value"])


def _override(shared: Backend, form: EditForm, name: str, value: float | None) -> None:
    change = partial(
        _store_override, form=form, name=name, value=value, policy=shared.policy,
        reason="" if value is None else st.session_state.get("override-reason") or "",
    )  # fmt: skip
    st.session_state["override-problem"] = act(shared, change)


def _store_override(session: Any, *, form: EditForm, name: str, value: float | None, policy: Any, reason: str) -> None:
    stored = set_score_override(
        session,
        form.opened.id,
        name,
        value,
        actor=actor(),
        expected_version=form.opened.version,
        reason=reason,
        policy=policy,
    )
    follow(form, stored)
