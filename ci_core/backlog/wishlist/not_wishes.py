"""Sections that hold no wishes, by what their heading says; each with the reason given to a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ci_core.backlog.wishlist.marks import without_emoji


@dataclass(frozen=True, slots=True)
class NoWishes:
    """`plan`: its entries are usually named elsewhere, so look first. `sure`: at any depth, numbered or not."""

    reason: str
    plan: bool = False
    sure: bool = False


_SCHEDULE = NoWishes("a plan: it says when to do items that are described elsewhere", plan=True, sure=True)
_RANKING = NoWishes("a ranking: it names items that are described elsewhere", plan=True, sure=True)
_NEXT = NoWishes("next steps: they name work that is described elsewhere", plan=True, sure=True)
OBSERVATIONS = NoWishes("observations: they describe, they ask for nothing")
_TOTALS = NoWishes("a summary of items that are described elsewhere", plan=True, sure=True)

_RULES: tuple[tuple[NoWishes, tuple[str, ...]], ...] = (
    (
        NoWishes("table of contents", sure=True),
        ("(?:table of )?contents", "toc", "quick links", "navigation", "index", "on this page"),
    ),
    (
        NoWishes("introduction: text about the document itself", sure=True),
        (
            r"(?:feature |document |project |executive |general |brief )?(?:overview|introduction|summary)",
            "intro",
            r"about(?: (?:this|the) .*)?",
            r"background|purpose|context|preface|scope|objectives|tl;?dr",
            r"(?:project |product |our |executive )?(?:vision|mission)(?: statement)?",
            r"(?:guiding |core |design )?(?:philosophy|principles)",
            r"(?:strategic |key |main |primary |overall |project )?(?:goals?|objectives)"
            r"(?: (?:and|&) (?:objectives|goals|vision|scope|principles))?",
            r"(?:how to (?:use|read)|using this) .*",
        ),
    ),
    (
        NoWishes("describes what exists already", sure=True),
        (
            r"(?:current|existing|present)(?: (?:feature|system|platform|app|application))? (?:state|status|features"
            r"|capabilities|"
            r"functionality|implementation|limitations|situation|architecture)",
            r"(?:what(?:'s| is) )?(?:already |currently )?working(?: well)?|what we have(?: .*)?|where we are(?: .*)?",
            r"(?:feature|item) (?:count|inventory|status)(?: .*)?|(?:system )?status(?: overview| summary)?",
        ),
    ),
    (
        NoWishes("legend: explains the signs used in the document", sure=True),
        (
            r"(?:.* )?legends?",
            r"(?:priority|complexity|effort|status|difficulty|impact|size|sizing|estimation|rating|scoring|t-shirt)"
            r"(?: ?(?:/|&|and) ?(?:priority|complexity|effort|status|impact|size))*"
            r" (?:levels?|definitions?|guide|guidelines|scale|key|indicators?|criteria|labels?|codes?|system|sizes"
            r"|sizing)",
            r"symbols?|notation|key|icons?(?: used)?|labels|definitions|terminology|conventions",
        ),
    ),
    (
        _SCHEDULE,
        (
            r"(?:[\w&/'-]+ ){0,4}(?:roadmaps?|time ?lines?|milestones?)(?: (?:overview|summary|(?:and|&) .*))?",
            r"(?:implementation|development|release|rollout|delivery|sprint|action|project|execution|recommended"
            r"|suggested)"
            r" (?:plan(?:ning)?|phases?|order|sequence|schedule|priorit(?:y|ies)|strategy|approach|timeline|steps"
            r"|sprints?)"
            r"(?: .*)?",
            r"(?:testing|test|deployment|migration|rollout|launch|marketing|go-to-market|communication|qa|adoption) "
            r"(?:strategy|plan|approach)",
            r"phases|phased (?:plan|approach|rollout|implementation).*|schedule",
        ),
    ),
    (
        _RANKING,
        (
            r"(?:feature |item |overall |development )?(?:priority|priorities|prioriti[sz]ation)"
            r"(?: (?:rankings?|order|list|summary|overview|matrix|recommendations?|table))?",
            r"rankings?|(?:ranked|prioriti[sz]ed) (?:list|order|backlog)|(?:our |my )?top \d+(?: .*)?",
            r"(?:impact|effort|value|priority|complexity)(?: ?(?:/|vs\.?|x|and|&) ?(?:impact|effort|value|complexity"
            r"|priority))+"
            r"(?: .*)?",
            r"recommend(?:ed|ation)s?(?: (?:order|priorities|next .*|focus|starting .*))?",
        ),
    ),
    (
        _NEXT,
        (
            r"(?:immediate |suggested |recommended )?next (?:steps?|actions?)|immediate (?:steps|actions)|action items",
            r"getting started|where to start(?: .*)?",
        ),
    ),
    (
        _TOTALS,
        (
            r"(?:quick |feature |effort |time |cost |item |estimated |total )+(?:reference|summary|matrix|overview"
            r"|comparison|"
            r"breakdown|estimates?|estimation|totals?|effort|time|hours)(?: (?:table|matrix|summary|breakdown|by .*))?",
            r"summary (?:table|matrix)|at a glance|dependency (?:graph|map|tree|matrix)",
        ),
    ),
    (
        NoWishes("targets and figures, no wishes"),
        (
            r"(?:[\w&/'-]+ ){0,3}(?:metrics|kpis?|key performance indicators)(?: (?:and|&|for|of) .*)?",
            r"how (?:we|to) measure.*|expected roi",
            r"(?:performance|success|quality|growth|business) (?:targets?|goals?|criteria|indicators?|measures?"
            r"|benchmarks?)",
            r"targets|measur(?:ing|ement|ements)(?: (?:of )?success)?|definition of done|roi(?: analysis| estimates?)?",
            r"(?:expected|overall|projected) (?:outcomes?|results?|benefits|impact)|benefits(?: summary)?",
        ),
    ),
    (
        NoWishes("technical background: names technologies, no wishes"),
        (
            r"(?:[\w&/'-]+ ){0,3}(?:tech|technical|technology|software) stack(?: .*)?",
            r"technolog(?:y|ies)(?: (?:used|choices|considerations|requirements|options|recommendations))?",
            r"(?:technical|technology|system|infrastructure|hardware|software|non-functional) (?:requirements"
            r"|architecture|"
            r"considerations|specifications?|notes|constraints|dependencies|details|overview)",
            r"(?:system |proposed |target )?architecture(?: overview)?",
            r"(?:required |external |third-party |technical |key )?(?:dependencies|libraries"
            r"|packages)(?: (?:required|needed|used))?",
            r"prerequisites|requirements",
            r"(?:required|external|development) (?:tools|apis)|(?:data|integration) (?:model|points)",
        ),
    ),
    (
        NoWishes("references and resources, no wishes"),
        (
            r"(?:[\w&/'-]+ ){0,2}(?:resources?|references|bibliography)(?: (?:needed|required|requirements|(?:and"
            r"|&) .*|links))?",
            r"further reading|(?:useful |external |related |helpful )?links|see also|appendi(?:x|ces)(?: .*)?|glossary",
            r"related (?:documents?|documentation|docs|files|issues|work|features|projects|wishlists)",
            r"inspirations?|acknowledge?ments|credits|budget(?: (?:estimates?|requirements?|planning|breakdown"
            r"|allocation))?|(?:development|operating) costs?|cost(?:s)?(?: (?:analysis|estimates?|considerations?"
            r"|breakdown))?",
            r"team(?: (?:requirements|structure|resources))?|staffing",
        ),
    ),
    (
        NoWishes("risks and considerations, no wishes"),
        (
            r"(?:[\w&/'-]+ )?risks?(?: (?:considerations?|assessment|analysis|mitigations?|factors|register|(?:and"
            r"|&) .*))?",
            r"mitigations?(?: strateg(?:y|ies))?|challenges(?: .*)?|(?:technical |known )?(?:constraints"
            r"|limitations)(?: .*)?",
            r"assumptions(?: .*)?|(?:open |unresolved )?questions(?: for .*)?|trade-?offs|blockers",
            r"(?:legal|ethical|regulatory|compliance|security|privacy|key|important|other|general|design|performance|"
            r"implementation|special )?\s?considerations",
        ),
    ),
    (
        NoWishes("about the document and how to take part, no wishes", sure=True),
        (
            r"contact(?: us| information| (?:and|&) .*)?|(?:user |community |customer )?feedback(?: (?:channels?"
            r"|process|(?:and|&) .*))?",
            r"how to (?:contribute|suggest|request|submit|vote|propose|prioriti[sz]e|get involved)(?: .*)?",
            r"contribut(?:ing|ions?|ors?)(?: .*)?|authors|maintainers|submitting .*|(?:requesting|suggesting"
            r"|proposing) (?:a )?(?:new )?(?:features?|ideas?)",
            r"(?:feature |idea )?(?:request|review|approval|submission|evaluation|selection|update|prioriti[sz]ation) "
            r"(?:process|template|schedule|cadence|form|guidelines|criteria|framework|factors|methodology|approach"
            r"|log|history)",
            r"change ?log|(?:version |revision )?history|document (?:history|info(?:rmation)?|control|metadata"
            r"|status)|updates? log",
            r"decision (?:criteria|framework|log)|release notes|governance|last updated.*|owners(?:hip)?"
            r"|stakeholders|sign-?off",
            r"voting|maintenance notes?|review",
        ),
    ),
    (
        OBSERVATIONS,
        (
            r"(?:.* )?(?:observations?|assessments?)",
            r"(?:(?:code|quality|feature|competitive|competitor|market|gap|swot|cost-benefit) )+(?:review|analysis"
            r"|audit|evaluation|"
            r"comparison|landscape|findings)",
            r"findings|lessons(?: learned)?|retrospective|analysis|evaluation|competitors?|health (?:score|report"
            r"|assessment)",
        ),
    ),
    (
        NoWishes("notes, no wishes", sure=True),
        (
            r"(?:(?:important|final|additional|developer|development|design|implementation|general|misc"
            r"|miscellaneous|technical|"
            r"other) )*notes?(?: (?:and|&|on|for) .*)?|disclaimers?|remarks|caveats|warnings?",
            r"(?:final|closing) (?:thoughts|words|remarks|notes?)",
        ),
    ),
    (NoWishes("conclusion", sure=True), (r"conclusions?(?: .*)?", "closing", "wrap-?up", "final summary", "outlook")),
)
_COMPILED = tuple((re.compile("|".join(f"(?:{word})" for word in words)), rule) for rule, words in _RULES)
# Deep in a document the other rules would catch wishes such as "Risk Analysis"; these words never name one.
_ANYWHERE = re.compile(
    r"(?:success |key )?metrics|kpis?|(?:technical |business |key )?risks|risk considerations|resources|references"
    r"|links|see also"
    r"|glossary|(?:tech|technical|technology) stack|technologies|assumptions|open questions|limitations"
    r"|.*\bobservations?|(?:performance|success|quality|growth|business) (?:targets|goals|criteria|indicators)"
)
_SENTENCE = re.compile(r"[.!?:]+$")


@lru_cache(maxsize=4096)
def no_wishes(title: str, *, deep: bool = False) -> NoWishes | None:
    """The reason why a section with this heading holds no wishes, None when nothing says so.

    With `deep` (the heading stands among the headings of wishes) only words count that name no wish anywhere.
    """
    words = re.sub(r"\s+", " ", _SENTENCE.sub("", without_emoji(title).strip(" :*_").lower()))
    for text in (words, re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", words).strip(), re.split(r"\s+[-–—]\s+|:\s", words)[0]):
        rule = _rule_for(text)
        if rule is None and len(halves := re.split(r" (?:&|and) ", text)) == 2 and _rule_for(halves[1]):
            rule = _rule_for(halves[0])
        if rule is not None:
            return rule if rule.sure or not deep or _ANYWHERE.fullmatch(text) else None
    return None


def _rule_for(text: str) -> NoWishes | None:
    if not text or len(text) > 80:
        return None
    return next((rule for pattern, rule in _COMPILED if pattern.fullmatch(text)), None)
