"""A click that reaches the app twice takes back one change, not the one before as well."""

from __future__ import annotations

from typing import Any

import pytest

from pages.widgets import detail_save, snackbar
from pages.widgets.edit_form import EditForm
from tests.pages.widgets.test_edit_form import enhancement


class Unreachable:
    """A database that nobody may ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a session remembers, without a browser."""
    remembered: dict[str, Any] = {}
    for module in (snackbar, detail_save):
        monkeypatch.setattr(module.st, "session_state", remembered)
    monkeypatch.setattr(snackbar.st, "rerun", lambda: None)
    return remembered


def test_undo_in_the_message_answers_its_own_message_once(
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(snackbar, "backend", lambda: None)
    monkeypatch.setattr(snackbar, "act", lambda *change, **_: done.append(change))
    snackbar.offer_undo("Moved “One” to Approved", 7)
    message = state[snackbar.STATE]

    snackbar._undo(message)
    snackbar._undo(message)

    assert len(done) == 1
    assert state[snackbar.STATE].text == "Undone."


def test_undo_in_the_drawer_is_not_carried_out_again(state: dict[str, Any]) -> None:
    form = EditForm(enhancement(), saved=detail_save.UNDONE)
    state["edit_form"] = form

    detail_save.undo_here(Unreachable(), form)  # type: ignore[arg-type]

    assert form.problem is None
    assert state["edit_form"] is form
