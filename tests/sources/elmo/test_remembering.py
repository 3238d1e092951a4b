"""Meanings are kept of short texts alone: a hostile document must not fill the memory."""

from webapp.sources.elmo.remembering import LONGEST, MOST, remembered


def test_short_texts_are_read_once_and_long_ones_each_time() -> None:
    read: list[str | None] = []

    @remembered
    def meaning(text: str | None) -> int:
        read.append(text)
        return len(text or "")

    short, long = "x" * LONGEST, "x" * (LONGEST + 1)
    assert [meaning(text) for text in (short, short, None, None, long, long)] == [
        LONGEST,
        LONGEST,
        0,
        0,
        LONGEST + 1,
        LONGEST + 1,
    ]
    assert read == [short, None, long, long]


def test_no_more_than_so_many_are_kept() -> None:
    read: list[str] = []

    @remembered
    def meaning(text: str) -> str:
        read.append(text)
        return text

    for number in range(MOST + 1):
        meaning(str(number))
    meaning("0")
    assert read.count("0") == 2
