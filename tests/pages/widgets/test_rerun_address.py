"""What a browser means that may not know yet what was written into its address."""

from __future__ import annotations

from pages.widgets.rerun_address import BELIEVED_SECONDS, Written

NOW = 100.0


def test_an_address_from_before_the_last_change_means_the_newest() -> None:
    written = Written()
    written.note("q=a", "q=a&density=compact", NOW)
    written.note("q=a&density=compact", "q=a&density=compact&hide=area", NOW + 1)

    assert written.meant("q=a", NOW + 2) == "q=a&density=compact&hide=area"
    assert written.meant("q=a&density=compact", NOW + 2) == "q=a&density=compact&hide=area"
    assert written.meant("q=a&density=compact&hide=area", NOW + 2) == "q=a&density=compact&hide=area"


def test_what_was_never_changed_is_meant_as_it_is_said() -> None:
    written = Written()
    assert written.meant("q=a", NOW) == "q=a"

    written.note("q=a", "q=a", NOW)
    written.note("q=a", "q=b", NOW)

    assert written.meant("q=c", NOW) == "q=c"


def test_an_address_that_was_written_back_is_the_newest_again() -> None:
    written = Written()
    written.note("", "hide=area", NOW)
    written.note("hide=area", "", NOW)

    assert written.meant("", NOW) == ""
    assert written.meant("hide=area", NOW) == ""


def test_a_browser_that_went_back_or_is_told_long_ago_means_what_it_says() -> None:
    written = Written()
    written.note("q=a", "q=b", NOW)
    assert written.meant("q=a", NOW + BELIEVED_SECONDS) == "q=a"

    written.note("q=a", "q=b", NOW)
    written.forget()
    assert written.meant("q=a", NOW) == "q=a"
