"""From a template and its variables to the two messages of a call. What came from strangers stands behind a fence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from ci_core.errors import InvalidInput
from ci_core.llm.fencing import Fetched, fenced, new_boundary

SYSTEM, USER = "[system]", "[user]"
BOUNDARY = "boundary"
LONGEST_TEMPLATE = 20_000


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a model is told (`system`) and asked (`user`); `boundary` is the word that fences this call's data."""

    system: str
    user: str
    boundary: str


def check_template(template: str, like: str | None = None) -> None:
    """Pass when the text can be used as a prompt.

    Args:
        like: another text of the same prompt, whose variables this one must use too: all of them, and no other.

    Raises:
        InvalidInput: a part is missing, a `$` stands for nothing, or the variables differ; the text names them.
    """
    if not 1 <= len(template) <= LONGEST_TEMPLATE:
        raise InvalidInput("template", f"A prompt has 1 to {LONGEST_TEMPLATE:,} characters.")
    _split(template)
    if not Template(template).is_valid():
        raise InvalidInput("template", "A $ stands before something that is no variable. Write $$ for a dollar sign.")
    if BOUNDARY in variables_of(_split(template)[1]):
        raise InvalidInput("template", "${boundary} belongs to the [system] part: it says there where data stands.")
    expected = variables_of(like) if like is not None else {BOUNDARY}
    missing = expected - variables_of(template)
    if missing:
        raise InvalidInput("template", f"The prompt leaves out {_listed(missing)}.")
    unknown = variables_of(template) - expected if like is not None else set()
    if unknown:
        raise InvalidInput("template", f"The prompt has {_listed(unknown)}, which nobody fills in.")


def variables_of(template: str) -> set[str]:
    """The names between `${` and `}`."""
    return set(Template(template).get_identifiers())


def render(template: str, variables: Mapping[str, str | Fetched]) -> Rendered:
    """Fill in the variables in one pass, so that what they hold is never looked at again.

    Args:
        variables: text of our own goes in as it is, `Fetched` text behind a fence that only this call has.

    Raises:
        InvalidInput: a variable is missing, or text from strangers would get into the system message.
    """
    fetched = [value.text for value in variables.values() if isinstance(value, Fetched)]
    boundary = new_boundary(*fetched)
    texts = {
        name: fenced(value, boundary) if isinstance(value, Fetched) else value for name, value in variables.items()
    }
    system, user = _split(template)
    exposed = {name for name in variables_of(system) if isinstance(variables.get(name), Fetched)}
    if exposed:
        raise InvalidInput("template", f"{_listed(exposed)} holds text from strangers and belongs to the [user] part.")
    try:
        filled = [Template(part).substitute({**texts, BOUNDARY: boundary}) for part in (system, user)]
    except (KeyError, ValueError) as error:
        raise InvalidInput("template", f"The prompt cannot be filled in: {error} is missing.") from None
    return Rendered(filled[0].strip(), filled[1].strip(), boundary)


def _split(template: str) -> tuple[str, str]:
    """The system and the user part."""
    begins, _, rest = template.strip().partition(f"{SYSTEM}\n")
    system, divider, user = rest.partition(f"\n{USER}\n")
    if begins or not divider or not system.strip() or not user.strip():
        raise InvalidInput("template", f"A prompt begins with a line {SYSTEM} and has a line {USER} further down.")
    return system, user


def _listed(names: set[str]) -> str:
    return ", ".join(f"${{{name}}}" for name in sorted(names))
