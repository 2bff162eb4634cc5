"""What GitHub's answers are as items: repositories, issues, discussions, releases."""

from __future__ import annotations

from datetime import datetime

from ci_core.research.sources.entry import (
    LONGEST_NAME,
    LONGEST_TEXT,
    Entry,
    Unreadable,
    address,
    links_in,
    title_of,
)
from ci_core.research.values import Item, Markup

GITHUB = "github"


def repository_item(repository: Entry) -> Item | None:
    """A repository; the title is its name with what it says of itself. Forks and archived ones are left out."""
    if repository.is_set("fork") or repository.is_set("archived"):
        return None
    name = repository.must("full_name")
    description = " ".join(repository.text("description", LONGEST_TEXT).split())
    topics = [topic for topic in repository.list("topics") if isinstance(topic, str)]
    facts = [f"Topics: {', '.join(topics)}."] if topics else []
    if language := repository.text("language", LONGEST_NAME):
        facts.append(f"Language: {language}.")
    homepage = address(repository.text("homepage"))
    return _item(
        f"repo:{repository.must('id')}",
        repository,
        f"{name}: {description}" if description else name,
        "\n\n".join([description, *facts] if description else facts),
        repository.moment("created_at"),
        repository.figures(stars="stargazers_count", forks="forks_count", open_issues="open_issues_count"),
        markup="plain",
        author=repository.entry("owner"),
        links=(homepage,) if homepage else (),
    )


def issue_item(repository: str, min_comments: int, issue: Entry) -> Item | None:
    """An issue of a repository; pull requests, which come among them, are left out."""
    pull = issue.entry("pull_request")
    if pull.text("url") or pull.text("html_url") or (issue.number("comments") or 0) < min_comments:
        return None
    reactions = issue.entry("reactions").figures(reactions="total_count")
    return _item(
        f"issue:{issue.must('id')}",
        issue,
        f"{repository}: {title_of(issue.must('title'))}",
        issue.text("body", LONGEST_TEXT),
        issue.moment("created_at"),
        {**issue.figures(comments="comments"), **reactions},
        author=issue.entry("user"),
    )


def release_item(repository: str, release: Entry) -> Item | None:
    """A release of a repository; drafts are left out."""
    if release.is_set("draft"):
        return None
    tag = release.must("tag_name", LONGEST_NAME)
    name = " ".join(release.text("name").split())
    title = f"{repository} {tag}" if name in {"", tag} else f"{repository} {tag}: {name}"
    return _item(
        f"release:{release.must('id')}",
        release,
        title,
        release.text("body", LONGEST_TEXT),
        release.moment("published_at") or release.moment("created_at"),
        release.entry("reactions").figures(reactions="total_count"),
        author=release.entry("author"),
    )


def discussion_item(repository: str, min_comments: int, discussion: Entry) -> Item | None:
    """A discussion of a repository, as GraphQL tells it."""
    comments = discussion.entry("comments").figures(comments="totalCount")
    if comments.get("comments", 0) < min_comments:
        return None
    return _item(
        f"discussion:{discussion.must('id')}",
        discussion,
        f"{repository}: {title_of(discussion.must('title'))}",
        discussion.text("body", LONGEST_TEXT),
        discussion.moment("createdAt"),
        {**comments, **discussion.figures(votes="upvoteCount")},
        author=discussion.entry("author"),
        url_field="url",
    )


def _item(
    number: str,
    entry: Entry,
    title: str,
    text: str,
    published_at: datetime | None,
    engagement: dict[str, int],
    *,
    author: Entry,
    markup: Markup = "markdown",
    links: tuple[str, ...] = (),
    url_field: str = "html_url",
) -> Item:
    url = address(entry.must(url_field))
    if url is None:
        raise Unreadable(f"{url_field} is no address")
    return Item(
        source_type=GITHUB,
        external_id=number,
        url=url,
        title=title_of(title),
        text=text,
        markup=markup,
        author=author.text("login", LONGEST_NAME) or None,
        published_at=published_at,
        engagement=engagement,
        links=links_in(text, markup, *links, own=url),
    )
