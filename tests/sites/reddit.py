"""Reddit: the token of an app, listings with "after", search in a subreddit, and the headers of its limit."""

from __future__ import annotations

import base64

from werkzeug import Request, Response

from tests.sites.site import Fields, StandIn, has_words, json_answer, seconds

LOGIN = "/api/v1/access_token"
APP = base64.b64encode(b"stand-in-id:stand-in-secret").decode()
TOKEN = "token-of-the-stand-in"


class RedditSite(StandIn):
    """Knows subreddits that have a post; others redirect to a search, as Reddit does."""

    name = "reddit"

    def answer(self, request: Request, path: str) -> Response:
        if path == LOGIN:
            return self._let_in(request)
        if request.headers.get("Authorization") != f"bearer {TOKEN}":
            return json_answer({"message": "Unauthorized", "error": 401}, status=401)
        parts = path.strip("/").split("/")
        if len(parts) < 3 or parts[0] != "r":
            return json_answer({"message": "Not Found", "error": 404}, status=404)
        wanted = {name.lower() for name in parts[1].split("+")}
        posts = self.newest([item for item in self.items if item["subreddit"].lower() in wanted])
        if not posts:
            return Response(status=302, headers={"Location": f"{self.url}/subreddits/search?q={parts[1]}"})
        if parts[2] == "search":
            query = request.args.get("q", "")
            posts = [post for post in posts if has_words(f"{post['title']} {post.get('text', '')}", query)]
        return self._listing(request, posts)

    def lets_in(self, request: Request) -> bool:
        return request.path.endswith(LOGIN)

    def _let_in(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Basic {APP}":
            return json_answer({"message": "Unauthorized", "error": 401}, status=401)
        if request.form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"})
        return json_answer({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    def _listing(self, request: Request, posts: list[Fields]) -> Response:
        names = [f"t3_{post['id']}" for post in posts]
        after = request.args.get("after")
        start = names.index(after) + 1 if after in names else 0
        # Reddit gives at most 100, whatever is asked for.
        end = start + min(int(request.args.get("limit", 25)), self.limits.get("page", 100))
        data = {
            "after": names[end - 1] if end < len(posts) else None,
            "before": None,
            "dist": len(posts[start:end]),
            "modhash": "",
            "children": [{"kind": "t3", "data": self._post(post)} for post in posts[start:end]],
        }
        left = self.limits.get("remaining", 590)
        headers = {
            "x-ratelimit-remaining": f"{left:.1f}",
            "x-ratelimit-used": str(600 - int(left)),
            "x-ratelimit-reset": str(self.limits.get("reset_seconds", 480)),
        }
        return json_answer({"kind": "Listing", "data": data}, headers)

    def _post(self, post: Fields) -> Fields:
        subreddit, number = post["subreddit"], post["id"]
        permalink = f"/r/{subreddit}/comments/{number}/post/"
        return {
            "id": number,
            "name": f"t3_{number}",
            "subreddit": subreddit,
            "title": post["title"],
            "selftext": post.get("text", ""),
            "is_self": "url" not in post,
            "url": post.get("url", f"https://www.reddit.com{permalink}"),
            "permalink": permalink,
            "author": post.get("author", "someone"),
            "created_utc": float(seconds(post["at"])),
            "score": post.get("score", 1),
            "num_comments": post.get("comments", 0),
            "link_flair_text": post.get("flair"),
            "stickied": post.get("stickied", False),
            "over_18": False,
            **post.get("raw", {}),
        }
