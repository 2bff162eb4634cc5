"""The figures of `ci research evaluate --dedup`, and what is said of lines that cannot be read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ci_core.errors import InvalidInput
from ci_core.research.evaluation.dedup import evaluate_dedup, recall_at_precision
from tests.ci_core.research.duplicates.builders import vector_of

DAY = 86_400
STREAM = [
    ("a", 0, "Robinhood fined 70 million dollars over platform outages", "s1"),
    ("b", 1, "Bees can count to four, biologists say", "s2"),
    ("c", 1, "Robinhood fined $70 million over platform outages", "s1"),
    ("d", 2, "Django 1.4 released", "s3"),
    ("e", 3, "Django 1.5 released", "s4"),
    ("f", 40, "Robinhood was fined 70 million dollars for outages", "s1"),
]


class Encoder:
    def encode(self, texts):
        return np.array([vector_of(text) for text in texts])


def a_file(tmp_path, text, name="labelled.jsonl"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def a_stream(tmp_path, rows=STREAM):
    made = [{"id": name, "created": day * DAY, "title": title, "story": story} for name, day, title, story in rows]
    return a_file(tmp_path, lines(made))


def test_a_stream_counts_what_came_before_within_the_window(tmp_path):
    figures = evaluate_dedup(a_stream(tmp_path), Encoder())

    assert figures == {
        "items": 6,
        "auc": 1.0,
        "recall_at_precision": {"0.90": 1.0, "0.95": 1.0},
        "decided": {"precision": 1.0, "recall": 1.0},
    }


def test_a_stream_is_read_in_the_order_of_time(tmp_path):
    assert evaluate_dedup(a_stream(tmp_path, STREAM[::-1]), Encoder())["decided"]["recall"] == 1.0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "p.tsv",
            "label\ta\tb\tdays\n1\tBees count to four\tBees can count to four\t0\n0\tBees count\tFed cuts rates\t\n",
        ),
        (
            "p.jsonl",
            lines(
                [
                    {"a": "Bees count to four", "b": "Bees can count to four", "label": "duplicate", "days": 0.1},
                    {"a_title": "Bees count", "a_text": "They do.", "b_title": "Fed cuts rates", "label": "different"},
                ]
            ),
        ),
        (
            "p.tsv",
            "label\tcluster\ta_title\ta_text\tb_title\tb_text\n"
            "1\tx\tBees count to four\tso\tBees can count to four\tso\n"
            'related\ty\t"Bees ""count"""\t\tFed cuts rates\t\n',
        ),
    ],
)
def test_pairs_are_read_in_every_form(tmp_path, name, text):
    figures = evaluate_dedup(a_file(tmp_path, text, name), Encoder())

    assert (figures["pairs"], figures["auc"], figures["decided"]) == (2, 1.0, {"precision": 1.0, "recall": 1.0})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ('{"id": 1, "created": 1, "title": "x", "story": "s"}\n{oops\n', "line 2 is no JSON"),
        ('{"id": 1, "created": 1, "title": "x", "story": "s"}\n[1]\n', "line 2 is no JSON object"),
        ('{"id": 1, "created": 1, "title": "x"}\n', 'line 1 has no "story"'),
        (
            '{"id": 1, "created": "soon", "title": "x", "story": "s"}\n',
            "line 1 has a \"created\" that is no time: 'soon'",
        ),
        ('{"a": "x", "b": "y", "label": "maybe"}\n', "line 1 has the label 'maybe'"),
        ('{"a": "x", "label": 1}\n', 'line 1 has no "b" and no "b_title"'),
        ('{"a": "x", "b": "y", "label": 1, "days": "few"}\n', "line 1 has 'few' as its days"),
        ("one\ttwo\n1\t2\n", "line 1 does not name the columns"),
        ("label\ta\tb\n1\tx\n", "line 2 has 2 columns instead of 3"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_the_remedy(tmp_path, text, said):
    with pytest.raises(InvalidInput) as refused:
        evaluate_dedup(a_file(tmp_path, text), Encoder())

    assert said in str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"nowhere\.jsonl cannot be read"):
        evaluate_dedup(tmp_path / "nowhere.jsonl", Encoder())


@pytest.mark.parametrize(
    ("scores", "found", "precision", "recall"),
    [
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], 0.90, 0.5),
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1], 0.75, 0.75),
        ([0.9, 0.9, 0.9], [1, 1, 0], 0.90, 0.0),
        ([0.9], [0], 0.90, 0.0),
    ],
)
def test_recall_at_a_precision_keeps_equal_scores_together(scores, found, precision, recall):
    assert recall_at_precision(np.array(scores), np.array(found, bool), 4, precision) == recall
