"""Which issues become one proposal, and when a proposal that people rejected may be made again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ci_core.health.proposals.values import WORST_FIRST, GroupKey, IssueBehind, Standing

EVERYWHERE = "*"
# A rule that is broken in more areas than this is one piece of work: 40 proposals that say the same help nobody.
MOST_AREAS = 5
# Before a rejection is asked about again, there must be twice as many issues, and at least so many more.
MORE_BY = 3
TIMES = 2
AREA_MAX = 200

Groups = dict[GroupKey, list[IssueBehind]]


def group(issues: Sequence[IssueBehind], known: Collection[GroupKey] = ()) -> Groups:
    """The issues by what they are proposed together for: the rule, and the area or package they concern.

    Args:
        known: groups that there are already; what fits one of them joins it, so that proposals stay what they were.
    """
    groups: Groups = {}
    unknown: dict[str, dict[str, list[IssueBehind]]] = {}
    for issue in issues:
        area = area_of(issue)
        exact, everywhere = GroupKey(issue.rule, area), GroupKey(issue.rule, EVERYWHERE)
        if exact in known:
            groups.setdefault(exact, []).append(issue)
        elif everywhere in known and is_in_area(issue):
            groups.setdefault(everywhere, []).append(issue)
        else:
            unknown.setdefault(issue.rule, {}).setdefault(area, []).append(issue)
    for rule, areas in unknown.items():
        in_code = {area for area, some in areas.items() if is_in_area(some[0])}
        spread = len(in_code) > MOST_AREAS
        for area, some in areas.items():
            key = GroupKey(rule, EVERYWHERE if spread and area in in_code else area)
            groups.setdefault(key, []).extend(some)
    return groups


def area_of(issue: IssueBehind) -> str:
    """The area or package that a single issue concerns; "" where it is nothing in particular."""
    area = issue.feature_area if is_in_area(issue) else issue.package or issue.subject
    return (area or "")[:AREA_MAX]


def is_in_area(issue: IssueBehind) -> bool:
    """Whether it belongs to a part of the code; otherwise it is about a package, or the repository as a whole."""
    return issue.file_path is not None and issue.package is None


def material_change(then: Standing, now: Standing) -> str | None:
    """Why a proposal that was rejected is worth another look, in words; None: it is what people said no to.

    Args:
        then: what was behind it when it was rejected; `solved` where it was gone in the meantime.
    """
    if not now.issues or now.worst is None:
        return None
    if then.solved:
        return "nothing of it was left in the meantime, and it is back"
    if then.worst is None or WORST_FIRST.index(now.worst) < WORST_FIRST.index(then.worst):
        return f"it is {now.worst} now" + (f", and was {then.worst}" if then.worst else "")
    if now.issues >= TIMES * then.issues and now.issues >= then.issues + MORE_BY:
        return f"there are {now.issues} places now, and were {then.issues}"
    return None
