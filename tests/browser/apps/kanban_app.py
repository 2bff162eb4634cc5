"""A page with nothing but the board, for its browser tests.

The address sets it up: `?board=` names the board (each name has cards of its own, shared by all who name it), `cards=`
says how many, `tick=` how often it looks for other people's changes, `slow=` how long a move takes, both in seconds;
`whole` runs the whole page on every event, `dialog` then opens cards in a dialog, `lossy` loses the first base, and
`leave` adds a switch that takes the board off the page.
`?board=…&do=…` plays another person instead of drawing.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import streamlit as st

from pages.widgets.kanban import BaseTracker, ClientOperations, kanban, remember_outcomes
from tests.browser.apps.fake_board import FakeBoard, columns, make_cards


@st.cache_resource
def the_board(name: str) -> FakeBoard:
    folder = os.environ.get("KANBAN_JOURNALS")
    count = int(st.query_params.get("cards", "40"))
    return FakeBoard(make_cards(count), Path(folder) / f"{name}.jsonl" if folder else None)


def current_board() -> FakeBoard:
    return the_board(st.query_params.get("board", "default"))


def carry_out(received: ClientOperations) -> None:
    time.sleep(float(st.query_params.get("slow", "0")))
    outcomes = current_board().apply(received)
    st.session_state.acknowledged = remember_outcomes(st.session_state.get("acknowledged"), received, outcomes)


def open_card(card_id: int) -> None:
    st.session_state.opened = card_id


def play_other_person(what: str) -> None:
    """Do what `do=edit:5:title:New`, `do=move:5:approved:0000001`, `do=remove:5` or `do=report` says, and report."""
    verb, *rest = what.split(":")
    if verb == "edit":
        current_board().edit(int(rest[0]), **{rest[1]: rest[2]})
    elif verb == "move":
        current_board().edit(int(rest[0]), status=rest[1], position=rest[2])
    elif verb == "remove":
        current_board().remove(int(rest[0]))
    cards = {card.id: [card.status, card.version, card.position] for card in current_board().all_cards()}
    st.code(json.dumps({"stored": current_board().stored, "cards": cards}), language=None)


def close_card() -> None:
    st.session_state.opened = None


@st.dialog("A card", on_dismiss=close_card)
def card_dialog() -> None:
    st.text_input("Title")


def draw_board() -> None:
    tracker = st.session_state.setdefault("tracker", BaseTracker())
    only = st.query_params.get("only")
    if "lossy" in st.query_params and "lost" not in st.session_state:
        st.session_state.lost = tracker.update_for(current_board())  # this base never reaches the browser
    if "leave" in st.query_params and not st.toggle("Board", True):  # as if the person were on another page
        return
    kanban(
        key="board",
        columns=columns(),
        update=tracker.update_for(current_board()),
        filter_ids=[int(part) for part in only.split(",")] if only else None,
        acknowledged=st.session_state.get("acknowledged"),
        selected_id=st.session_state.get("opened"),
        read_only="readonly" in st.query_params,
        message=st.query_params.get("message"),
        on_operations=carry_out,
        on_open=open_card,
        on_need_base=tracker.forget,
    )
    st.text(f"opened {st.session_state.get('opened')}")


def draw_bare_button() -> None:
    """The floor that a move's acknowledgement is measured against: a button in a fragment of its own."""
    st.session_state.presses = st.session_state.get("presses", 0) + int(st.button("Bare"))
    st.text(f"presses {st.session_state.presses}")


st.set_page_config(page_title="Kanban", page_icon="🗂", layout="wide")
st.html("<style>.stMainBlockContainer { padding: 4rem 1rem 0 }</style>")
if "do" in st.query_params:
    play_other_person(st.query_params["do"])
elif "whole" in st.query_params:  # without fragments: every event runs the whole page
    if "bare" in st.query_params:
        draw_bare_button()
    draw_board()
    if "dialog" in st.query_params and st.session_state.get("opened"):
        card_dialog()
else:
    if "bare" in st.query_params:
        st.fragment(draw_bare_button)()
    st.fragment(draw_board, run_every=float(st.query_params.get("tick", "0.5")) or None)()
