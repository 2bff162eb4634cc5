"""How the shipped decision about duplicates was made: `python -m benchmarks.fit_duplicates DIRECTORY [--write]`.

DIRECTORY holds the development data: a labelled stream of Reddit posts, pairs of cross-posts, and pairs of summaries
of one page by two tools. What the product measures of each pair is weighed by a logistic model whose weights may only
point the way that makes sense (nearness never speaks against a repetition, age never for one), so that it holds for
other sites too.

Printed is first how it holds where it was not fitted: on the later half of the stream, on the earlier half, on each set
of pairs when fitted without it, and on each half of the summaries when fitted without that half, because only they have
texts. `--write` then fits to everything and rewrites the package's `shipped.py`.
"""

from __future__ import annotations

import argparse
import pprint
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from ci_core.embeddings import load_encoder
from ci_core.research.duplicates.decision import SAME, Decision
from ci_core.research.duplicates.window import Candidate, Window
from ci_core.research.embedding_text import embedding_text
from ci_core.research.evaluation.dedup import recall_at_precision
from ci_core.research.evaluation.labelled import Pair, StreamItem, read_labelled
from ci_core.research.values import NormalItem
from ci_core.settings import load_settings

STREAM = "reddit_stream_2013_first_half.jsonl"
PAIRS = {"cross-posts": ("reddit_xpost_pairs_dev.tsv", 0.5), "summaries": ("horizon_pairs_2026_dev.tsv", 3.0)}
SHIPPED = Path(__file__).resolve().parents[1] / "ci_core/research/duplicates/shipped.py"
# Which way a measure may point; those that are not named here may only speak for a repetition.
AGAINST = ("crowd", "numbers_differ", "age", "old", "other_host")
RIDGE = 100.0


@dataclass(frozen=True)
class Sample:
    """Compared pairs: `item` numbers the later item of each, `counted` says which items repeat an earlier one."""

    rows: NDArray[np.float64]
    same: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    keyed: NDArray[np.bool_]
    item: NDArray[np.int64]
    counted: NDArray[np.bool_]
    weight: float = 1.0

    def part(self, chosen: NDArray[np.bool_]) -> Sample:
        """Only the chosen items."""
        kept = chosen[self.item]
        return replace(
            self,
            rows=self.rows[kept],
            same=self.same[kept],
            forbidden=self.forbidden[kept],
            keyed=self.keyed[kept],
            item=self.item[kept],
            counted=self.counted & chosen,
        )

    @property
    def open(self) -> NDArray[np.bool_]:
        """What neither a key nor a rule decides."""
        return ~(self.forbidden | self.keyed)


def of_stream(items: Sequence[StreamItem], vectors: NDArray[np.float32]) -> tuple[list[str], Sample]:
    """Each item with the earlier ones that the product compares it with."""
    window, newest, found = Window(), {}, []
    counted = np.zeros(len(items), bool)
    for place, (one, vector) in enumerate(zip(items, vectors, strict=True)):
        found.extend(
            (place, candidate, items[candidate.held.finding_id].story == one.story)
            for candidate in window.candidates(one.item, vector, one.at)
        )
        counted[place] = one.story in newest and (one.at - newest[one.story]).days < window.days
        newest[one.story] = one.at
        window.add(place, one.item, vector, one.at)
    return _sample(found, counted)


def of_pairs(pairs: Sequence[Pair], vectors: dict[str, NDArray[np.float32]], weight: float) -> tuple[list[str], Sample]:
    """The pairs without the days between them: how the negative ones were chosen depends on these."""
    texts = {one.item.external_id: one for pair in pairs for one in (pair.one, pair.other)}
    window, moment = Window(), datetime(2000, 1, 1, tzinfo=UTC)
    for place, (name, one) in enumerate(texts.items()):
        window.add(place, one, vectors[name], moment)
    found = [
        (place, window.measured_pair(pair.other, vectors[pair.other.item.external_id], pair.one, None), pair.same)
        for place, pair in enumerate(pairs)
    ]
    names, sample = _sample(found, np.array([pair.same for pair in pairs]))
    return names, replace(sample, weight=weight)


def _sample(found: Sequence[tuple[int, Candidate, bool]], counted: NDArray[np.bool_]) -> tuple[list[str], Sample]:
    names = list(found[0][1].measured)
    rows = np.array([[one.measured[name] for name in names] for _, one, _ in found])
    forbidden = np.array([one.forbidden is not None for _, one, _ in found])
    same = np.array([same for _, _, same in found])
    keyed = np.array([one.key is not None and one.forbidden is None for _, one, _ in found])
    return names, Sample(rows, same, forbidden, keyed, np.array([place for place, _, _ in found]), counted)


def fit(names: Sequence[str], samples: Sequence[Sample]) -> Decision:
    """The weights that explain the samples best; what keys and rules decide is left to them."""
    rows = np.vstack([sample.rows[sample.open] for sample in samples])
    same = np.concatenate([sample.same[sample.open] for sample in samples]).astype(float)
    weight = np.concatenate([np.full(sample.open.sum(), sample.weight) for sample in samples])
    middle, spread = np.average(rows, axis=0, weights=weight), rows.std(axis=0) + 1e-9
    scaled = (rows - middle) / spread

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = scaled @ weights[:-1] + weights[-1]
        miss = weight * (1 / (1 + np.exp(-logit)) - same)
        value = (weight * (np.logaddexp(0, logit) - same * logit)).sum() + RIDGE / 2 * (weights[:-1] ** 2).sum()
        return value, np.append(scaled.T @ miss + RIDGE * weights[:-1], miss.sum())

    either, against = (None, None), (None, 0)
    bounds = [against if name in AGAINST else (0, None) for name in names]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=[*bounds, either], method="L-BFGS-B")
    weights = found.x[:-1] / spread
    kept = {name: round(float(value), 4) for name, value in zip(names, weights, strict=True) if abs(value) > 1e-4}
    return Decision(kept, round(float(found.x[-1] - weights @ middle), 4))


def report(names: Sequence[str], decision: Decision, sample: Sample, *, stream: bool) -> str:
    """How the decision does on a sample."""
    weights = np.array([decision.weights.get(name, 0.0) for name in names])
    sure = 1 / (1 + np.exp(-(sample.rows @ weights + decision.bias)))
    sure = np.where(sample.forbidden, 0.04 * sure, sure)
    if not stream:
        cosine = sample.rows[:, names.index("cosine")]
        far, near = np.quantile(cosine[sample.same], 0.4), np.quantile(cosine[~sample.same], 0.6)
        hard = (sample.same & (cosine <= far)) | (~sample.same & (cosine >= near))
        told = [
            f"{word} {roc_auc_score(sample.same[kept], sure[kept]):.3f} "
            f"(cosine {roc_auc_score(sample.same[kept], cosine[kept]):.3f})"
            for word, kept in (("AUC", np.ones(len(cosine), bool)), ("of the hard ones", hard))
        ]
        return ", ".join(told)
    best: dict[int, tuple[float, bool]] = {}
    for item, score, same in zip(sample.item, sure, sample.same, strict=True):
        if score > best.get(int(item), (-1.0, False))[0]:
            best[int(item)] = (float(score), bool(same))
    scores, found = (np.array(column) for column in zip(*best.values(), strict=True))
    recall = [recall_at_precision(scores, found, int(sample.counted.sum()), at) for at in (0.90, 0.95)]
    decided = scores >= SAME
    return (
        f"recall at precision .90 {recall[0]:.3f}, .95 {recall[1]:.3f}; decided: precision "
        f"{found[decided].mean():.3f}, recall {found[decided].sum() / sample.counted.sum():.3f}"
    )


def apart(pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    """Two halves of the pairs, as told by the first: no text and no story stands in both."""
    story: dict[str, str] = {}

    def first(name: str) -> str:
        while story.setdefault(name, name) != name:
            name = story[name]
        return name

    for pair in pairs:
        story[first(pair.other.item.external_id)] = first(pair.one.item.external_id)
    names = [first(pair.one.item.external_id) for pair in pairs]
    chosen = {name: number % 2 == 0 for number, name in enumerate(sorted(set(names)))}
    return np.array([chosen[name] for name in names])


def without_hosts(items: Sequence[StreamItem]) -> list[StreamItem]:
    """The same items as if nobody knew where they lead."""
    return [replace(one, item=replace(one.item, canonical_url=None)) for one in items]


def vectors_of(items: Sequence[NormalItem], cache: Path | None, name: str) -> NDArray[np.float32]:
    """Vectors of the items; kept in `cache`, because encoding takes minutes."""
    file = cache / f"fit-{name}.npy" if cache else None
    if file and file.exists():
        kept: NDArray[np.float32] = np.load(file)
        if len(kept) == len(items):
            return kept
    vectors = load_encoder(load_settings().models_dir).encode([embedding_text(item) for item in items])
    if file:
        np.save(file, vectors)
    return vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cache", type=Path, help="keep the vectors in this folder")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    items = [one for one in read_labelled(given.directory / STREAM) if isinstance(one, StreamItem)]
    vectors = vectors_of([one.item for one in items], given.cache, "stream")
    names, with_host = of_stream(items, vectors)
    _, bare = of_stream(without_hosts(items), vectors)
    pairs: dict[str, Sample] = {}
    half: dict[str, NDArray[np.bool_]] = {}
    for name, (file, weight) in PAIRS.items():
        read = [one for one in read_labelled(given.directory / file) if isinstance(one, Pair)]
        texts = {one.item.external_id: one for pair in read for one in (pair.one, pair.other)}
        encoded = dict(zip(texts, vectors_of(list(texts.values()), given.cache, name), strict=True))
        _, pairs[name] = of_pairs(read, encoded, weight)
        half[name] = apart(read)
    early = np.arange(len(items)) < len(items) // 2
    for word, fitted, tested in (("later", early, ~early), ("earlier", ~early, early)):
        decision = fit(names, [bare.part(fitted), with_host.part(fitted), *pairs.values()])
        print(f"{word} half without sites: {report(names, decision, bare.part(tested), stream=True)}")
        print(f"{word} half with sites:    {report(names, decision, with_host.part(tested), stream=True)}")
    for name, sample in pairs.items():
        others = [one for other, one in pairs.items() if other != name]
        decision = fit(names, [bare, with_host, *others])
        print(f"{name}, not fitted: {report(names, decision, sample, stream=False)}")
    told, chosen = pairs["summaries"], half["summaries"]
    for fitted, tested in ((chosen, ~chosen), (~chosen, chosen)):
        decision = fit(names, [bare, with_host, pairs["cross-posts"], told.part(fitted)])
        print(f"summaries, the half not fitted: {report(names, decision, told.part(tested), stream=False)}")
    decision = fit(names, [bare, with_host, *pairs.values()])
    print(f"fitted to all: {pprint.pformat(decision)}")
    for name, sample in pairs.items():
        print(f"{name}, fitted: {report(names, decision, sample, stream=False)}")
    for name, sample in (("without sites", bare), ("with sites", with_host)):
        print(f"stream {name}, fitted: {report(names, decision, sample, stream=True)}")
    if given.write:
        SHIPPED.write_text(
            '"""The shipped weights, made by `python -m benchmarks.fit_duplicates … --write` and not by hand."""\n\n'
            f"BIAS = {decision.bias}\nWEIGHTS: dict[str, float] = {pprint.pformat(dict(decision.weights))}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
