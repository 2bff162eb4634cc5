"""Words that say the contrary of each other: what was raised yesterday and is cut today is news, and no repetition."""

from __future__ import annotations

# One side, the other side; verbs in the forms that titles use, the third person without its "s".
_PAIRS = (
    (
        "raise raised raising hike hiked hiking increase increased increasing lift lifted boost boosted",
        "cut cutting lower lowered lowering reduce reduced reducing slash slashed decrease decreased",
    ),
    (
        "rise rising rose risen climb climbed surge surged surging jump jumped soar soared soaring rally rallied gain "
        "gained",
        "fall falling fell fallen drop dropped dropping plunge plunged plunging tumble tumbled sink sank slump slumped "
        "crash crashed decline declined lose lost",
    ),
    (
        "approve approved approving pass passed accept accepted greenlight",
        "reject rejected rejecting deny denied refuse refused veto vetoed",
    ),
    (
        "allow allowed allowing permit permitted unblock unban",
        "ban banned banning block blocked forbid forbidden prohibit prohibited",
    ),
    (
        "open opened opening reopen reopened launch launched start started begin began",
        "close closed closing shut shutting shutdown end ended ending discontinue discontinued suspend suspended halt "
        "halted",
    ),
    ("win won winning", "lose lost losing"),
    ("buy bought buying acquire acquired", "sell sold selling divest divested"),
    ("hire hired hiring", "fire fired firing layoff laid"),
    ("beat beaten exceed exceeded", "miss missed"),
    ("bullish", "bearish"),
    ("confirm confirmed", "deny denied debunk debunked"),
    ("add added adding", "remove removed removing drop dropped"),
    ("enable enabled", "disable disabled"),
    ("support supported supporting", "oppose opposed opposing"),
    ("legalize legalized legalise legalised", "outlaw outlawed criminalize ban banned"),
    ("guilty convicted", "acquitted innocent cleared"),
    ("upgrade upgraded", "downgrade downgraded"),
    ("success succeed succeeded successful", "fail failed failure"),
    ("online", "offline"),
    ("arrested arrest", "released freed"),
    ("safe", "unsafe"),
    ("true", "false"),
    ("alive", "dead"),
)
_Side = tuple[int, int]


def _sides() -> dict[str, frozenset[_Side]]:
    found: dict[str, set[_Side]] = {}
    for number, pair in enumerate(_PAIRS):
        for side, words in enumerate(pair):
            for word in words.split():
                found.setdefault(word, set()).add((number, side))
    return {word: frozenset(sides) for word, sides in found.items()}


_SIDES = _sides()


def contrary(one: frozenset[str], other: frozenset[str]) -> tuple[str, str] | None:
    """Two words, one of each side, that say the contrary ("raise", "cut"); None where both could be true.

    Words that stand on both sides say nothing, nor do those whose contrary stands beside them.
    """
    telling = (one ^ other) & _SIDES.keys()
    sides_one = {side for word in one for side in _SIDES.get(word, ())}
    sides_other = {side for word in other for side in _SIDES.get(word, ())}
    for word in sorted(one & telling):
        for number, side in _SIDES[word]:
            against = (number, 1 - side)
            if against in sides_other and against not in sides_one and (number, side) not in sides_other:
                return word, min(found for found in other if against in _SIDES.get(found, ()))
    return None
