"""The shipped weights, made by `python -m benchmarks.fit_duplicates … --write` and not by hand."""

BIAS = -4.0266
WEIGHTS: dict[str, float] = {
    "above_rival": 4.4229,
    "age": -0.7517,
    "cosine": 5.5912,
    "cosine_high": 2.3338,
    "covered_least": 0.0275,
    "covered_most": 1.2913,
    "letters_high": 1.6279,
    "missing": -0.0761,
    "numbers_differ": -0.535,
    "numbers_shared": 0.4226,
    "old": -1.015,
    "other_host": -3.8812,
    "part": 0.8339,
    "rarest": 0.0703,
    "same_host": 0.4834,
    "series": 0.2101,
    "shared_weight": 0.106,
    "short": -0.0912,
    "third_rarest": 0.0868,
    "tokens": 0.3477,
}
