"""Hacker News as Algolia answers for it: search by date, numeric filters, 1,000 hits at most."""

from __future__ import annotations

import operator
import re

from werkzeug import Request, Response

from tests.sites.site import Fields, StandIn, has_words, iso, json_answer, seconds

MOST_HITS = 1_000
COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
LIMIT = re.compile(r"^(\w+)(>=|<=|>|<|=)(\d+)$")


class HackerNewsSite(StandIn):
    """Stories, and "Ask HN" without an address."""

    name = "hacker_news"

    def answer(self, request: Request, path: str) -> Response:
        if path != "/search_by_date":
            return json_answer({"message": "Not Found", "status": 404}, status=404)
        hits = [self._hit(item) for item in self.newest()]
        hits = [hit for hit in hits if self._wanted(hit, request)]
        size, page = int(request.args.get("hitsPerPage", 20)), int(request.args.get("page", 0))
        shown = hits[:MOST_HITS][page * size : (page + 1) * size]
        return json_answer(
            {
                "hits": shown,
                "nbHits": len(hits),
                "page": page,
                "nbPages": -(-min(len(hits), MOST_HITS) // size),
                "hitsPerPage": size,
                "query": request.args.get("query", ""),
            }
        )

    def _wanted(self, hit: Fields, request: Request) -> bool:
        tags = request.args.get("tags", "")
        any_of = set(tags.strip("()").split(",")) if tags else set()
        if any_of and not any_of & set(hit["_tags"]):
            return False
        for written in filter(None, request.args.get("numericFilters", "").split(",")):
            limit = LIMIT.match(written)
            if limit is None or not COMPARED[limit[2]](hit[limit[1]] or 0, int(limit[3])):
                return False
        return has_words(f"{hit['title']} {hit['story_text'] or ''}", request.args.get("query", ""))

    def _hit(self, item: Fields) -> Fields:
        asks = "url" not in item
        return {
            "objectID": str(item["id"]),
            "title": item["title"],
            "url": item.get("url"),
            "story_text": item.get("text"),
            "author": item.get("author", "someone"),
            "points": item.get("score", 1),
            "num_comments": item.get("comments", 0),
            "created_at": iso(item["at"]),
            "created_at_i": seconds(item["at"]),
            "_tags": ["story", f"story_{item['id']}", *(["ask_hn"] if asks else []), *item.get("tags", [])],
            **item.get("raw", {}),
        }
