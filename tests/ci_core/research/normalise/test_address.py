from __future__ import annotations

import pytest

from ci_core.research.normalise import canonical_url
from ci_core.research.normalise.identity import named_by


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://www.Example.com:443/a/b/?utm_source=x&b=2&a=1#frag", "https://example.com/a/b?a=1&b=2"),
        ("http://example.com/", "https://example.com"),
        ("http://example.com:80/index.html", "https://example.com"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://example.com/a//b/../c/?fbclid=1&ref=hn", "https://example.com/a/c"),
        ("https://example.com/story/amp/", "https://example.com/story"),
        ("https://example.com/story.amp.html?outputType=amp", "https://example.com/story.html"),
        ("https://en.m.wikipedia.org/wiki/Option_(finance)", "https://en.wikipedia.org/wiki/Option_(finance)"),
        ("https://mobile.twitter.com/a/status/12?s=20", "https://x.com/i/status/12"),
        ("https://someone:secret@example.com/x", "https://example.com/x"),
        ("https://münchen.de/ä", "https://xn--mnchen-3ya.de/%C3%A4"),
        ("https://example.com/%7Euser/%c3%a4", "https://example.com/~user/%C3%A4"),
        ("https://groups.google.com/forum/#!topic/a/b", "https://groups.google.com/forum/topic/a/b"),
        ("https://www.google.com/amp/s/example.org/x/amp", "https://example.org/x"),
        ("https://www.google.com/url?q=https://example.org/x&sa=D", "https://example.org/x"),
        ("https://web.archive.org/web/20200101000000/http://example.org/x/", "https://example.org/x"),
        ("https://old.reddit.com/r/options/comments/Abc123/some_title/", "https://reddit.com/comments/abc123"),
        (
            "https://np.reddit.com/r/options/comments/abc123/t/d4e5/?context=3",
            "https://reddit.com/comments/abc123/_/d4e5",
        ),
        ("https://redd.it/abc123", "https://reddit.com/comments/abc123"),
        ("https://news.ycombinator.com/item?id=42&p=2", "https://news.ycombinator.com/item?id=42"),
        ("https://arxiv.org/pdf/2401.01234v2.pdf", "https://arxiv.org/abs/2401.01234"),
        ("http://export.arxiv.org/abs/q-fin/0601001v1", "https://arxiv.org/abs/q-fin/0601001"),
        ("https://doi.org/10.48550/arXiv.2401.01234", "https://arxiv.org/abs/2401.01234"),
        ("https://dx.doi.org/10.1000/ABC", "https://doi.org/10.1000/abc"),
        ("https://github.com/Owner/Name.git", "https://github.com/owner/name"),
        ("https://github.com/Owner/Name/tree/main/src", "https://github.com/owner/name"),
        ("https://github.com/Owner/Name/blob/main/README.md#usage", "https://github.com/owner/name"),
        ("https://github.com/Owner/Name/blob/main/src/a.py#L3", "https://github.com/owner/name"),
        (
            "https://github.com/Owner/Name/blob/main/docs/Guide.md",
            "https://github.com/owner/name/blob/head/docs/Guide.md",
        ),
        ("https://github.com/Owner/Name/issues/12#issuecomment-3", "https://github.com/owner/name/issues/12"),
        ("https://github.com/Owner/Name/releases", "https://github.com/owner/name"),
        ("https://github.com/Owner/Name/releases/tag/v1.2", "https://github.com/owner/name/releases/tag/v1.2"),
        ("https://github.com/topics/trading", "https://github.com/topics/trading"),
        ("https://raw.githubusercontent.com/o/n/master/README.md", "https://github.com/o/n"),
        ("https://youtu.be/dQw4w9WgXcQ?t=3", "https://youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://m.youtube.com/watch?v=dQw4w9WgXcQ&feature=share", "https://youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://stackoverflow.com/questions/123/a-title?rq=1", "https://stackoverflow.com/questions/123"),
        ("https://quant.stackexchange.com/q/55/9", "https://quant.stackexchange.com/questions/55"),
        ("https://pypi.org/project/My_Package/1.0/", "https://pypi.org/project/my-package"),
        ("https://papers.ssrn.com/sol3/papers.cfm?abstract_id=123", "https://ssrn.com/abstract=123"),
    ],
)
def test_one_page_has_one_address(address, canonical):
    assert canonical_url(address) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", "ftp://example.com/x", "https://", "https://exa mple.com", "//example.com", "https://[::1",
     "https://exam<ple.com/", "mailto:a@b.org", "https://example.com:99999/", "https://example.com/\nx", "x" * 3000],
)  # fmt: skip
def test_what_is_no_address_of_the_web_has_none(address):
    assert canonical_url(address) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/viewtopic.php?12", "https://example.com/viewtopic.php?13"),
        ("https://forum.org/forum.php?mod=viewthread&tid=1", "https://forum.org/forum.php?mod=viewthread&tid=2"),
        ("https://youtube.com/watch?v=aaaaaaaaaaa", "https://youtube.com/watch?v=bbbbbbbbbbb"),
        ("https://github.com/o/n/issues/1", "https://github.com/o/n/issues/2"),
        ("https://github.com/o/n/issues/1", "https://github.com/o/n"),
        ("https://example.com/A", "https://example.com/a"),
        ("https://old.example.com/x", "https://example.com/x"),
    ],
)
def test_other_pages_keep_other_addresses(one, other):
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("https://arxiv.org/abs/2401.01234v3", ["arxiv:2401.01234"]),
        ("https://huggingface.co/papers/2401.01234", ["arxiv:2401.01234"]),
        ("https://www.nature.com/articles/s41586-020-2649-2", ["doi:10.1038/s41586-020-2649-2"]),
        ("https://dl.acm.org/doi/abs/10.1145/3292500.3330701", ["doi:10.1145/3292500.3330701"]),
        ("https://www.biorxiv.org/content/10.1101/2020.01.30.927871v1.full", ["doi:10.1101/2020.01.30.927871"]),
        ("https://doi.org/10.1101/2020.01.30.927871", ["doi:10.1101/2020.01.30.927871"]),
        ("https://github.com/Owner/Name/tree/main", ["github:owner/name"]),
        ("https://github.com/Owner/Name/issues/3", []),
        ("https://github.com/Owner/Name/releases/tag/v2", []),
        ("https://pypi.org/project/Backtrader/", ["pypi:backtrader"]),
        ("https://www.npmjs.com/package/@scope/thing", ["npm:@scope/thing"]),
        ("https://cran.r-project.org/web/packages/quantmod/index.html", ["cran:quantmod"]),
        ("https://example.com/blog", []),
    ],
)
def test_an_address_names_what_is_on_it(address, names):
    assert named_by(canonical_url(address)) == names
