from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.text_query import Term, any_tsquery, as_text, read_text, wanted_tsquery


@pytest.mark.parametrize(
    ("typed", "alternatives", "excluded"),
    [
        ("", (), ()),
        ("  !? ", (), ()),
        ("pool", ((Term(("pool",), unfinished=True),),), ()),
        ("po", ((Term(("po",)),),), ()),
        ("pool ", ((Term(("pool",)),),), ()),
        ("slow pool", ((Term(("slow",)), Term(("pool",), unfinished=True)),), ()),
        ('"slow pool', ((Term(("slow", "pool"), quoted=True),),), ()),
        ("a_b.py", ((Term(("a", "b", "py")),),), ()),
        ("flow_tracker", ((Term(("flow", "tracker"), unfinished=True),),), ()),
        ('pool -redis -"two words"', ((Term(("pool",)),),), (Term(("redis",)), Term(("two", "words")))),
        ("a OR b c", ((Term(("a",)),), (Term(("b",)), Term(("c",)))), ()),
        ("OR", (), ()),
    ],
)
def test_what_was_typed_is_taken_apart(
    typed: str, alternatives: tuple[tuple[Term, ...], ...], excluded: tuple[Term, ...]
) -> None:
    query = read_text(typed)

    assert (query.alternatives, query.excluded) == (alternatives, excluded)


@pytest.mark.parametrize(
    ("typed", "tsquery"),
    [
        ("running tests ", "'run' & 'test'"),
        ("optimizat", "'optimizat':*"),
        ("running", "'run' | 'running':*"),
        ("options_flow_tr", "'option' <-> 'flow' <-> 'tr'"),
        ("options_flow_tra", "'option' <-> 'flow' <-> 'tra' | 'option' <-> 'flow' <-> 'tra':*"),
        ("the", ""),
        ("a' | b:*", "'b'"),
        ("slow OR fast ", "'slow' | 'fast'"),
        ("\\ ' \" & | ! ( ) <-> :*", ""),
    ],
)
def test_it_becomes_a_query_of_the_database(session: Session, typed: str, tsquery: str) -> None:
    assert session.scalar(select(as_text(wanted_tsquery(read_text(typed))))) == tsquery


def test_one_excluded_word_is_enough(session: Session) -> None:
    assert session.scalar(select(as_text(any_tsquery(read_text("-a1 -b2").excluded)))) == "'a1' | 'b2'"


def test_phrases_of_alternatives_are_not_demanded() -> None:
    assert read_text('"slow pool" leak').phrases == (Term(("slow", "pool"), quoted=True),)
    assert read_text('"slow pool" OR leak').phrases == ()


def test_meaning_is_all_wanted_words() -> None:
    assert read_text('"connection pool" -redis slow_query.py').meaning == "connection pool slow query py"
