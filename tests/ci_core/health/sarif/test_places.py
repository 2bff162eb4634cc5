"""Paths of the repository, found under whatever another tool calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.health.sarif.places import Places, joined, path_of, uri_of

HERE = Path("/srv/app")
FILES = frozenset({"app.py", "src/app.py", "src/shop/cart.py", "backend/src/a b.py"})


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/app.py", "src/app.py"),
        ("./src//app.py", "src/app.py"),
        ("src/x/../app.py", "src/app.py"),
        ("src%2Fapp.py", "src/app.py"),
        ("a%20b.py", "a b.py"),
        ("odd%FF.py", "odd\udcff.py"),
        ("src\\win\\app.py", "src/win/app.py"),
        ("file:///home/me/app.py", "/home/me/app.py"),
        ("file://localhost/home/me/app.py", "/home/me/app.py"),
        ("file:///C:/work/app.py", "C:/work/app.py"),
        ("C:\\work\\app.py", "C:/work/app.py"),
        ("file://server/share/app.py", "/server/share/app.py"),
        ("/home/me/app.py", "/home/me/app.py"),
    ],
)
def test_a_uri_means_a_path(uri: str, path: str) -> None:
    assert path_of(uri) == path


@pytest.mark.parametrize(
    "uri", ["https://example.org/app.py", "mem:app.py", "../app.py", "a/../../app.py", "/..", "", "?q", "http://[bad"]
)
def test_what_is_no_file_below_its_base_means_none(uri: str) -> None:
    assert path_of(uri) is None


@given(st.text(st.characters(exclude_characters="\0\\", exclude_categories=("Cs",)), min_size=1))
def test_a_path_comes_back_from_its_uri(name: str) -> None:
    path = "/".join(part for part in name.split("/") if part not in ("", ".", ".."))
    if path and path == path.strip():
        assert path_of(uri_of(path)) == path


def test_bases_stand_against_each_other() -> None:
    bases = {"ROOT": ("file:///build/app/", ""), "SRC": ("src/", "ROOT"), "OPEN": ("", "")}

    assert joined("cart.py", "SRC", bases) == "/build/app/src/cart.py"
    assert joined("cart.py", "OPEN", bases) == "cart.py"
    assert joined("cart.py", "unknown", bases) == "cart.py"
    assert joined("/x/cart.py", "SRC", bases) == "/x/cart.py"


def test_bases_in_a_circle_lead_nowhere() -> None:
    assert joined("a.py", "A", {"A": ("a/", "B"), "B": ("b/", "A")}) is None


def test_relative_paths_are_the_repositorys() -> None:
    places = Places(FILES, HERE, [])

    assert places.file("src/app.py") == "src/app.py"
    assert places.file("gone.py") is None


def test_paths_of_a_tool_that_ran_in_a_folder_are_found_there() -> None:
    places = Places(FILES, HERE, [], within="./backend/")

    assert places.file("src/a b.py") == "backend/src/a b.py"
    assert places.file("src/app.py") is None


def test_whole_paths_of_another_machine_are_found_by_what_fits_most() -> None:
    named = ["/runner/app/app/src/app.py", "/runner/app/app/src/shop/cart.py", "/usr/lib/python3/os.py"]

    places = Places(FILES, HERE, named)

    assert [places.file(path) for path in named] == ["src/app.py", "src/shop/cart.py", None]


def test_whole_paths_of_this_machine_are_ours_even_if_others_fit_as_well() -> None:
    # "app.py" is a file of the repository too, and would fit all of these.
    named = ["/srv/app/src/app.py"]

    assert Places(FILES, HERE, named).file(named[0]) == "src/app.py"


def test_paths_that_fit_nowhere_are_not_ours() -> None:
    assert Places(FILES, HERE, ["/etc/passwd"]).file("/etc/passwd") is None
