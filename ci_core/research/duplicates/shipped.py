"""The shipped weights, made by `python -m benchmarks.fit_duplicates … --write` and not by hand."""

BIAS = -4.0882
WEIGHTS: dict[str, float] = {
    "above_rival": 3.2537,
    "age": -0.7531,
    "cosine": 6.1341,
    "cosine_high": 1.8088,
    "covered_least": 1.1141,
    "covered_most": 1.8992,
    "letters_high": 2.5925,
    "missing": -0.0739,
    "numbers_differ": -0.805,
    "numbers_shared": 0.3917,
    "old": -0.9657,
    "other_host": -3.8686,
    "part": 0.6086,
    "rarest": 0.0102,
    "same_host": 0.5025,
    "shared_weight": 0.1634,
    "short": -0.311,
    "third_rarest": 0.0167,
}
