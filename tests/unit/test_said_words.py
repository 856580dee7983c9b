"""How much of a question an item says: by the collection, by what was found, and with its page."""

from __future__ import annotations

import numpy as np

from ragmm.indexes.records import HeldWords
from ragmm.pipelines.query.said_words import said_words


def held(*by_word: list[int], items: int = 4, rarities: tuple[float, ...] = (5.0, 2.0, 2.0)) -> HeldWords:
    table = np.zeros((len(by_word), items), bool)
    for word, holders in enumerate(by_word):
        table[word, holders] = True
    return HeldWords(items=np.arange(10, 10 + items), rarities=np.array(rarities), held=table)


def test_a_name_that_all_that_was_found_holds_tells_none_of_it_apart() -> None:
    said = said_words(held([0, 1, 2, 3], [1], [1]), {10: 10, 11: 11, 12: 12, 13: 13})
    assert said[10].share > 0.5 > said[10].apart
    assert said[11].share == said[11].apart == 1
    assert said[10] == said[12]


def test_a_page_says_what_its_items_say_together() -> None:
    said = said_words(held([0], [1], [2]), {10: -1, 11: -1, 12: -2, 13: 13})
    assert said[10].page == said[11].page > said[10].apart
    assert said[12].page == said[12].apart
    assert said[13].page == 0


def test_of_two_questions_the_one_that_is_said_more_counts() -> None:
    first, second, *_ = said_words(held([0], [1], []), {10: 10, 11: 11, 12: 12, 13: 13}).values()
    both = first.most(second)
    assert (both.share, both.apart) == (max(first.share, second.share), max(first.apart, second.apart))


def test_no_words_say_nothing() -> None:
    assert said_words(HeldWords(items=np.arange(2), rarities=np.zeros(0), held=np.zeros((0, 2), bool)), {}) == {}
