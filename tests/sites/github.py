"""GitHub: search of repositories, issues, releases, discussions by GraphQL, pages by Link, headers of its limit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlencode

from werkzeug import Request, Response

from tests.sites.site import Fields, StandIn, has_words, iso, json_answer

TOKEN = "stand-in-token"
QUALIFIER = re.compile(r'(topic|stars|language|pushed):(>=)?("[^"]*"|\S+)')


class GitHubSite(StandIn):
    """Items have a "kind": repository, issue, release or discussion; the last three belong to a "repository"."""

    name = "github"

    def answer(self, request: Request, path: str) -> Response:
        authorization = request.headers.get("Authorization")
        if authorization not in {None, f"token {TOKEN}", f"Bearer {TOKEN}"}:
            return self._told({"message": "Bad credentials", "status": "401"}, 401)
        if self.limits.get("remaining") == 0:
            return self._told({"message": "API rate limit exceeded for 127.0.0.1."}, 403)
        if path == "/search/repositories":
            return self._search(request)
        if path == "/graphql":
            return self._discussions(request) if authorization else self._told({"message": "Requires auth"}, 401)
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)/(issues|releases)", path)
        if found and any(item["kind"] == "repository" and item["name"] == found[1] for item in self.items):
            kind, write = ("issue", self._issue) if found[2] == "issues" else ("release", self._release)
            return self._page(request, self._of(kind, found[1], request), write)
        return self._told({"message": "Not Found", "status": "404"}, 404)

    def _of(self, kind: str, repository: str, request: Request) -> list[Fields]:
        found = [item for item in self.items if item["kind"] == kind and item["repository"] == repository]
        since = request.args.get("since", "")
        return self.newest([item for item in found if iso(item["at"]) >= since])

    def _search(self, request: Request) -> Response:
        query = request.args.get("q", "")
        found = [item for item in self.items if item["kind"] == "repository" and self._wanted(item, query)]
        if request.args.get("sort") == "stars":
            found.sort(key=lambda item: -item["stars"])
        else:
            found = self.newest(found)
        shown, headers = self._shown(request, found)
        items = [self._repository(item) for item in shown]
        return self._told({"total_count": len(found), "incomplete_results": False, "items": items}, 200, headers)

    def _wanted(self, item: Fields, query: str) -> bool:
        for name, _, value in QUALIFIER.findall(query):
            plain = value.strip('"')
            fits = {
                "topic": plain in item["topics"],
                "stars": name == "stars" and item["stars"] >= int(plain or 0),
                "language": str(item.get("language", "")).lower() == plain.lower(),
                "pushed": iso(item["at"]) >= plain,
            }
            if not fits[name]:
                return False
        words = QUALIFIER.sub(" ", query)
        return has_words(f"{item['name']} {item.get('text', '')} {' '.join(item['topics'])}", words)

    def _shown(self, request: Request, found: list[Fields]) -> tuple[list[Fields], dict[str, str]]:
        size, page = int(request.args.get("per_page", 30)), int(request.args.get("page", 1))
        headers = {}
        if page * size < len(found):
            following = urlencode({**request.args.to_dict(), "page": page + 1})
            headers["Link"] = f'<{request.base_url}?{following}>; rel="next"'
        return found[(page - 1) * size : page * size], headers

    def _page(self, request: Request, found: list[Fields], write: Callable[[Fields], Fields]) -> Response:
        shown, headers = self._shown(request, found)
        return self._told([write(item) for item in shown], 200, headers)

    def _told(self, value: object, status: int, headers: dict[str, str] | None = None) -> Response:
        reset = int(time.time()) + int(self.limits.get("reset_seconds", 3_000))
        told = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(self.limits.get("remaining", 4_900)),
            "X-RateLimit-Reset": str(reset),
        }
        return json_answer(value, {**told, **(headers or {})}, status)

    def _repository(self, item: Fields) -> Fields:
        owner = item["name"].split("/")[0]
        return {
            "id": item["id"],
            "full_name": item["name"],
            "name": item["name"].split("/")[1],
            "owner": {"login": owner, "id": 1, "url": f"{self.url}/users/{owner}"},
            "html_url": f"https://github.com/{item['name']}",
            "url": f"{self.url}/repos/{item['name']}",
            "description": item.get("text"),
            "homepage": item.get("homepage"),
            "topics": item["topics"],
            "language": item.get("language"),
            "stargazers_count": item["stars"],
            "forks_count": item.get("forks", 3),
            "open_issues_count": item.get("issues", 2),
            "fork": False,
            "archived": False,
            "created_at": iso(item["at"]),
            "pushed_at": iso(item["at"]),
            "updated_at": iso(item["at"]),
            **item.get("raw", {}),
        }

    def _issue(self, item: Fields) -> Fields:
        author = item.get("author", "someone")
        return {
            "id": item["id"],
            "number": item["id"],
            "title": item["title"],
            "body": item.get("text"),
            "state": "open",
            "user": {"login": author, "id": 2, "url": f"{self.url}/users/{author}"},
            "html_url": f"https://github.com/{item['repository']}/issues/{item['id']}",
            "url": f"{self.url}/repos/{item['repository']}/issues/{item['id']}",
            "comments": item.get("comments", 0),
            "reactions": {"url": "", "total_count": item.get("reactions", 0)},
            "created_at": iso(item["at"]),
            "updated_at": iso(item["at"]),
            **item.get("raw", {}),
        }

    def _release(self, item: Fields) -> Fields:
        return {
            "id": item["id"],
            "tag_name": item["tag"],
            "name": item.get("title"),
            "body": item.get("text"),
            "draft": False,
            "prerelease": False,
            "author": {"login": "someone", "id": 2, "url": f"{self.url}/users/someone"},
            "html_url": f"https://github.com/{item['repository']}/releases/tag/{item['tag']}",
            "url": f"{self.url}/repos/{item['repository']}/releases/{item['id']}",
            "created_at": iso(item["at"]),
            "published_at": iso(item["at"]),
            **item.get("raw", {}),
        }

    def _discussions(self, request: Request) -> Response:
        asked = request.get_json()["variables"]
        found = self._of("discussion", f"{asked['owner']}/{asked['name']}", request)
        start = int(asked.get("after") or 0)
        end = start + asked["first"]
        nodes = [
            {
                "id": str(item["id"]),
                "url": f"https://github.com/{item['repository']}/discussions/{item['id']}",
                "title": item["title"],
                "body": item.get("text", ""),
                "createdAt": iso(item["at"]),
                "upvoteCount": item.get("votes", 1),
                "author": {"login": item.get("author", "someone")},
                "comments": {"totalCount": item.get("comments", 0)},
            }
            for item in found[start:end]
        ]
        pages = {"hasNextPage": end < len(found), "endCursor": str(end)}
        return self._told({"data": {"repository": {"discussions": {"pageInfo": pages, "nodes": nodes}}}}, 200)
