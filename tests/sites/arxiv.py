"""arXiv's Atom interface: categories, words, dates of submission, opensearch paging, and errors as an entry."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from werkzeug import Request, Response

from tests.sites.site import Fields, StandIn, has_words, iso

FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
      xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/stand-in</id>
  <title>arXiv Query: {query}</title>
  <updated>{updated}</updated>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
{entries}
</feed>
"""
ENTRY = """  <entry>
    <id>http://arxiv.org/abs/{id}</id>
    <title>{title}</title>
    <updated>{at}</updated>
    <link href="https://arxiv.org/abs/{id}" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/{id}" rel="related" type="application/pdf" title="pdf"/>
    <summary>{text}</summary>
    {categories}
    <published>{at}</published>
    {extra}
    <author><name>{author}</name></author>
  </entry>"""
DATES = re.compile(r"submittedDate:\[(\d{12}) TO (\d{12})\]")


class ArxivSite(StandIn):
    """Papers."""

    name = "arxiv"

    def answer(self, request: Request, path: str) -> Response:
        if path != "/query":
            return Response("not found", 404, content_type="text/plain")
        query = request.args.get("search_query", "")
        start, size = int(request.args.get("start", 0)), int(request.args.get("max_results", 10))
        if not query:
            return self._feed(query, start, size, 1, [self._error("search_query must not be empty")])
        papers = [paper for paper in self.newest() if self._wanted(paper, query)]
        if self.limits.pop("empty_page", False):
            return self._feed(query, start, size, len(papers), [])
        shown = papers[start : start + min(size, self.limits.get("page", size))]
        return self._feed(query, start, size, len(papers), [self._entry(paper) for paper in shown])

    def _wanted(self, paper: Fields, query: str) -> bool:
        categories = set(re.findall(r"cat:([\w.*-]+)", query))
        if categories and not any(self._fits(paper["category"], wanted) for wanted in categories):
            return False
        if dates := DATES.search(query):
            earliest, latest = (datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC) for text in dates.groups())
            if not earliest <= paper["at"] <= latest:
                return False
        words = re.findall(r'all:"([^"]*)"', query)
        return not words or any(has_words(f"{paper['title']} {paper['text']}", text) for text in words)

    def _fits(self, category: str, wanted: str) -> bool:
        return category == wanted or (wanted.endswith("*") and category.startswith(wanted[:-1]))

    def _entry(self, paper: Fields) -> str:
        extra = f"<arxiv:doi>{escape(paper['doi'])}</arxiv:doi>" if "doi" in paper else ""
        if "comment" in paper:
            extra += f"<arxiv:comment>{escape(paper['comment'])}</arxiv:comment>"
        return ENTRY.format(
            id=paper["id"],
            title=escape(paper["title"]),
            text=escape(paper["text"]),
            at=iso(paper["at"]),
            author=escape(paper.get("author", "A. Author")),
            categories=f'<category term="{paper["category"]}" scheme="http://arxiv.org/schemas/atom"/>',
            extra=extra,
        )

    def _error(self, message: str) -> str:
        return (
            "  <entry><id>https://arxiv.org/api/errors#bad_query</id><title>Error</title>"
            f"<summary>{message}</summary></entry>"
        )

    def _feed(self, query: str, start: int, size: int, total: int, entries: list[str]) -> Response:
        body = FEED.format(
            query=escape(query),
            updated=iso(datetime.now(UTC)),
            size=size,
            total=total,
            start=start,
            entries="\n".join(entries),
        )
        return Response(body, content_type="application/atom+xml; charset=utf-8")
