"""The shipped weights, made by `python -m benchmarks.fit_duplicates … --write` and not by hand."""

BIAS = -3.5207
WEIGHTS: dict[str, float] = {
    "above_rival": 3.1219,
    "age": -0.7014,
    "copied": 0.8395,
    "cosine": 5.5628,
    "cosine_high": 0.4743,
    "crowd": -0.0337,
    "letters_high": 1.1941,
    "numbers_differ": -0.6349,
    "numbers_shared": 0.1833,
    "old": -0.7347,
    "other_host": -2.137,
    "pairs_of_words": 1.17,
    "rare_words": 0.0302,
    "run": 0.053,
    "same_host": 0.4309,
    "text_covers_least": 2.1479,
    "text_covers_most": 5.5137,
    "tokens": 0.7369,
}
