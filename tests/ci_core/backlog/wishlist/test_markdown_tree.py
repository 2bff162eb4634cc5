from __future__ import annotations

from ci_core.backlog.wishlist.markdown_tree import cut_columns, read_document, trim


def test_the_outline_follows_the_levels_and_knows_its_lines() -> None:
    doc = read_document("# A\nintro\n## B\n### C\ntext\n## D\n")

    (first,) = doc.root.children
    assert [child.text for child in first.children] == ["B", "D"]
    assert [child.text for child in first.children[0].children] == ["C"]
    assert doc.body(first.children[0].body_start, first.children[0].end) == "### C\ntext"


def test_headings_in_fences_quotes_lists_and_comments_are_no_outline() -> None:
    doc = read_document("```\n# a\n```\n> # b\n\n- # c\n\n<!--\n# d\n-->\n")

    assert doc.root.children == []


def test_entry_text_loses_marker_and_indentation_only() -> None:
    doc = read_document("10. **T**\n    - a\n        code\n\n    b\n")

    (block,) = doc.root.blocks
    assert doc.entry_text(block.entries[0]) == "**T**\n- a\n    code\n\nb"


def test_a_label_below_a_bullet_is_a_paragraph_of_its_own() -> None:
    doc = read_document("- a\n**Benefits**:\n- b\n- c\nlazy **text**\n")

    assert [block.kind for block in doc.root.blocks] == ["list", "paragraph", "list"]
    assert doc.root.blocks[2].entries[1].lead == "c\nlazy **text**"


def test_front_matter_is_no_text_but_a_rule_is_a_rule() -> None:
    assert read_document("---\ntitle: 'X'\n---\n# A\n").front_matter_title == "X"
    assert read_document("---\n\nText\n\n---\n").front_matter_title is None


def test_cutting_columns_counts_tabs() -> None:
    assert cut_columns("\t- a", 4) == "- a"
    assert cut_columns("\ta", 2) == "  a"
    assert cut_columns("  a", 4) == "a"


def test_trimming_keeps_the_first_indentation() -> None:
    assert trim("\n \n    a \n\n") == "    a"
