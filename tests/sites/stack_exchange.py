"""Stack Exchange 2.3: always gzip, a wrapper with quota and backoff, and errors with an id of their own."""

from __future__ import annotations

import gzip
import json

from werkzeug import Request, Response

from tests.sites.site import Fields, StandIn, has_words, seconds

HOSTS = {"stackoverflow": "stackoverflow.com"}


class StackExchangeSite(StandIn):
    """Questions of several sites; `limits` may have "throttled" with the seconds until requests are allowed."""

    name = "stack_overflow"

    def answer(self, request: Request, path: str) -> Response:
        self.limits["remaining"] = max(self.limits.get("remaining", 300) - 1, 0)
        if "throttled" in self.limits:
            wait = self.limits["throttled"]
            told = f"too many requests from this IP, more requests available in {wait} seconds"
            return self._packed({"error_id": 502, "error_name": "throttle_violation", "error_message": told}, 400)
        if path != "/search/advanced":
            return self._packed({"error_id": 404, "error_name": "no_method", "error_message": "no method"}, 404)
        site = request.args.get("site", "")
        questions = [item for item in self.newest() if item["site"] == site]
        if not questions:
            told = f"No site found for name `{site}`"
            return self._packed({"error_id": 400, "error_name": "bad_parameter", "error_message": told}, 400)
        wanted = [question for question in questions if self._wanted(question, request)]
        size, page = int(request.args.get("pagesize", 30)), int(request.args.get("page", 1))
        shown = wanted[(page - 1) * size : page * size]
        answer: Fields = {
            "items": [self._question(question) for question in shown],
            "has_more": page * size < len(wanted),
            "quota_max": 300,
            "quota_remaining": self.limits["remaining"],
        }
        if "backoff" in self.limits:
            answer["backoff"] = self.limits["backoff"]
        return self._packed(answer)

    def _wanted(self, question: Fields, request: Request) -> bool:
        tags = set(filter(None, request.args.get("tagged", "").split(";")))
        if tags and not tags & set(question["tags"]):
            return False
        if seconds(question["at"]) < int(request.args.get("fromdate", 0)):
            return False
        return has_words(f"{question['title']} {question.get('text', '')}", request.args.get("q", ""))

    def _question(self, question: Fields) -> Fields:
        host = HOSTS.get(question["site"], f"{question['site']}.stackexchange.com")
        return {
            "question_id": question["id"],
            "title": question["title"],
            "body": question.get("text", ""),
            "tags": question["tags"],
            "link": f"https://{host}/questions/{question['id']}/question",
            "owner": {"display_name": question.get("author", "someone"), "user_type": "registered"},
            "score": question.get("score", 1),
            "answer_count": question.get("answers", 0),
            "view_count": question.get("views", 10),
            "is_answered": question.get("answers", 0) > 0,
            "creation_date": seconds(question["at"]),
            "last_activity_date": seconds(question["at"]),
            **question.get("raw", {}),
        }

    def _packed(self, value: Fields, status: int = 200) -> Response:
        return Response(
            gzip.compress(json.dumps(value).encode()),
            status,
            {"Content-Encoding": "gzip"},
            content_type="application/json; charset=utf-8",
        )
