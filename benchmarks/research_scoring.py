"""What scoring an item costs beside its vector: `python -m benchmarks.research_scoring [--items 2000]`.

The pipeline must reach 60 items a second, the aim is 200, with the vector, the comparison and the storing of each. So
the limit of scoring alone is 2.5 ms an item (aim 1 ms). Reading interests and answers is done once before a scan.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ci_core.embeddings import load_encoder
from ci_core.research.embedding_text import embedding_text
from ci_core.research.evaluation.labelled_items import read_labelled_items
from ci_core.research.normalise import normalise
from ci_core.research.scoring.interests import default_interests
from ci_core.research.scoring.learning import Answers, learn
from ci_core.research.scoring.local import Accepted, centre_of, centred, scorer_of
from ci_core.research.values import Item, NormalItem, Vector
from ci_core.settings import load_settings

BATCH = 64
MUST_MS, AIM_MS = 2.5, 1.0
ANSWERS = 3_000
WORDS = """
option premium put call strike expiry delta theta volatility backtest portfolio broker order margin screener model data
python library streaming database query page card river garden engine paper network proof theorem patient galaxy music
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures with their limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--file", type=Path, help="JSON lines with title, text and y, instead of made-up items")
    given = parser.parse_args(arguments)
    encoder = load_encoder(load_settings().models_dir)
    items = [one.item for one in read_labelled_items(given.file)] if given.file else made_up(given.items)
    items = items[: given.items]
    random_vectors = np.random.default_rng(1).normal(size=(len(items), encoder.dimensions)).astype(np.float32)
    vectors = random_vectors / np.linalg.norm(random_vectors, axis=1, keepdims=True)

    start = time.perf_counter()
    scorer_of(default_interests(), encoder)
    print(f"scorer ready, interests embedded     {time.perf_counter() - start:7.2f} s    the first time in a process")
    start = time.perf_counter()
    answers = some_answers(vectors, centre_of(encoder))
    learned = learn(answers, encoder.name)
    print(f"learned from {len(answers):,} answers          {time.perf_counter() - start:7.2f} s    once before a scan")
    accepted = Accepted(
        tuple(range(500)), ("An accepted finding",) * 500, np.resize(vectors, (500, encoder.dimensions))
    )
    scorer = scorer_of(default_interests(), encoder, learned, accepted=accepted)
    milliseconds = []
    for first in range(0, len(items), BATCH):
        start = time.perf_counter()
        scorer.score(items[first : first + BATCH], list(vectors[first : first + BATCH]))
        milliseconds.append(1000 * (time.perf_counter() - start) / len(items[first : first + BATCH]))
    median = statistics.median(milliseconds)
    print(f"one item in a batch of {BATCH}, median    {median:7.2f} ms   must {MUST_MS}, aim {AIM_MS}")
    print(f"one item in a batch of {BATCH}, slowest   {max(milliseconds):7.2f} ms")
    some = [embedding_text(item) for item in items[:256]]
    start = time.perf_counter()
    encoder.encode(some)
    print(f"its vector, to compare               {1000 * (time.perf_counter() - start) / len(some):7.2f} ms")
    size = len(json.dumps(dict(scorer.score(items[:1], list(vectors[:1]))[0].details)))
    print(f"stored with a finding as details     {size:7,} bytes")


def made_up(count: int) -> list[NormalItem]:
    """Items of 15 to 150 words, as sites give them."""
    choice = random.Random(5)
    words = WORDS.split()
    made = []
    for number in range(count):
        title = " ".join(choice.choices(words, k=choice.randint(4, 12))).capitalize()
        sentences = [" ".join(choice.choices(words, k=15)).capitalize() + "." for _ in range(choice.randint(1, 10))]
        made.append(normalise(Item("reddit", str(number), "https://example.com", title, " ".join(sentences))))
    return made


def some_answers(vectors: Vector, centre: np.ndarray) -> Answers:
    """As many as are ever learned from."""
    rows = np.resize(vectors, (ANSWERS, vectors.shape[1]))
    random_numbers = np.random.default_rng(2)
    return Answers(
        logits=random_numbers.normal(size=ANSWERS),
        meanings=centred(rows, centre),
        accepted=(random_numbers.random(ANSWERS) < 0.4).astype(float),
        weights=np.ones(ANSWERS),
    )


if __name__ == "__main__":
    main()
