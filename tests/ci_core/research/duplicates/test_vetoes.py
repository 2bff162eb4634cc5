"""What must never be merged, taken from real streams, and what must not be kept apart by the same rules."""

from __future__ import annotations

import pytest

from ci_core.research.duplicates.measures import wording
from ci_core.research.duplicates.vetoes import veto

TRAPS = [
    ("Django 1.4 released", "Django 1.3 is released!", 300.0),
    ("Node v4.1.0", "Node v4.2.0", 20),
    ("Node v4.1.0 (Stable)", "Node v4.2.0 (LTS)", 20),
    ("PHP 5.3.7 Released", "PHP 5.3.9 Released", 30),
    ("Python 3.12 is out", "Python 3.13 is out", 25),
    ("GPT-4 released", "GPT-5 released", 9),
    ("JRE Version 6 Update 24 now available", "JRE 6 Update 30 now available", 9),
    ("iPhone 5S announced", "iPhone 5C announced", 0.1),
    ("ggerganov/llama.cpp released b9993", "Release of ggerganov/llama.cpp b9452", 9),
    ("Ubuntu 13.04 beta", "Ubuntu 13.04", 20),
    ("Pandas 2.0 release candidate", "Pandas 2.0 released", 20),
    ("sqlite-utils 4.0rc3 with foreign keys", "sqlite-utils 4.0 with foreign keys", 5),
    ("Show HN: A tiny backtester", "Show HN: A tiny backtester v2", 20),
    ("Best broker of 2023", "Best broker of 2024", 20),
    ("my free course", "my second free course", 5),
    ("Weekly options thread | Dec 1-7", "Weekly options thread | Dec 8-14", 7),
    ("Mark's Weekly Trading Log (3/4-3/8) Charts", "Mark's Weekly Trading Log (3/11-3/15) Charts", 7),
    ("Options Questions Safe Haven weekly thread", "Options Questions Safe Haven weekly thread", 7),
    ("What are your moves tomorrow?", "What are your moves tomorrow?", 1),
    ("Who is hiring? (March 2024)", "Who is hiring? (April 2024)", 30),
    ("The Daily Bitcoin podcast - episode 3", "The Daily Bitcoin podcast - episode 2", 1),
    ("How to trade options, part 1", "How to trade options, part two", 1),
    ("Q3 2024 earnings of Robinhood", "Q4 2024 earnings of Robinhood", 29),
    ("Fed raises rates by 25 basis points", "Fed cuts rates by 25 basis points", 20),
    ("SEC approves spot bitcoin ETF", "SEC rejects spot bitcoin ETF", 5),
    ("Robinhood opens office in Berlin", "Robinhood closes office in Berlin", 5),
    ("Company X acquired by Y", "Company X not acquired by Y", 1),
    ("OpenAI could file confidential IPO paperwork soon", "OpenAI files confidentially for IPO", 8),
    ("SpaceX likely to acquire Cursor", "SpaceX to acquire Cursor for $60 billion", 20),
    ("Broker upgrades Tesla to buy", "Broker downgrades Tesla to hold", 3),
]
SAME = [
    ("Laravel 4.0: Officially Released", "Laravel 4 is officially released", 1.0),
    ("Rust 1.75.0", "Announcing Rust 1.75.0", 0.1),
    ("vLLM Project Releases Version 0.23.0", "vLLM v0.23.0: hardening and a new runner", 1),
    ("TextMate 2 goes open source", "Textmate goes open source", 0.1),
    ("135 million messages a second between processes", "Lock-free IPC hitting 135 million messages a second", 0.5),
    ("Walmart pledges to hire any veteran", "Wal-Mart plans to hire any veteran who wants a job", 0.1),
    ("Second child of PA couple dies", "A second child of the PA couple (after their first) dies", 0.1),
    ("How 'The Daily Show' blew up in China", "How 'The Daily Show' blew up in China : The New Yorker", 1.3),
    ("2,700 tanks for the DHS", "DHS buys 2.7k tanks", 0.2),
    ("Weekly options thread", "Weekly options thread", 0.01),
    ("OpenAI could file IPO paperwork soon", "OpenAI IPO paperwork may be filed on Friday", 0.3),
    ("Thought Infection #8: The Jobs Are Never Coming Back", "Thought Infection #8: The jobs are never coming back", 1),
    ("I used Google Glass, with monthly updates", "I used Google Glass, with monthly updates, a reporter says", 0.1),
    ("The questionable personality test", "The questionable personality test and why it should not be used", 0.1),
    ("Release Candidate for sqlite-utils 4.0", "sqlite-utils 4.0rc3 brings compound foreign keys", 0.2),
]


@pytest.mark.parametrize(("one", "other", "days"), TRAPS)
def test_versions_series_and_follow_ups_are_never_the_same(one, other, days):
    assert veto(wording(one), wording(other), days)
    assert veto(wording(other), wording(one), days)


@pytest.mark.parametrize(("one", "other", "days"), SAME)
def test_what_only_reads_like_a_trap_is_not_forbidden(one, other, days):
    assert veto(wording(one), wording(other), days) is None
    assert veto(wording(other), wording(one), days) is None


def test_the_reason_names_what_differs():
    assert veto(wording("Django 1.4 released"), wording("Django 1.3 is released!"), 3) == "version 1.4 and 1.3"
    assert "raise" in (veto(wording("Fed raises rates"), wording("Fed cuts rates"), 3) or "")
