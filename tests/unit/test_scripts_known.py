"""Which scripts a vocabulary spells in words, and how much of a text that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragmm.embedders.scripts_known import _byte_stand_ins, known_scripts, script_share
from ragmm.testing import FakeEmbedder

ENGLISH = [f"word{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{'uvwxyz'[n % 6]}" for n in range(400)]
HAN = [chr(0x4E00 + n) for n in range(2500)]


def folder(place: Path, tokens: list[str], **tokenizer: object) -> Path:
    place.mkdir()
    vocabulary = {token: number for number, token in enumerate(tokens)}
    (place / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}, **tokenizer}), encoding="utf-8")
    return place


class Reader(FakeEmbedder):
    """A fake that reads what it is told to read."""

    def __init__(self, *scripts: str) -> None:
        super().__init__()
        self.known = frozenset(scripts)

    def scripts(self) -> frozenset[str]:
        return self.known


def test_an_english_vocabulary_spells_a_few_foreign_letters(tmp_path: Path) -> None:
    tokens = [*ENGLISH, *HAN[:488], *(chr(0x430 + n) for n in range(32)), "10", "##ing", "…"]
    assert known_scripts(folder(tmp_path / "m", tokens)) == {"LATIN"}


def test_a_chinese_vocabulary_is_whole_in_single_characters(tmp_path: Path) -> None:
    assert known_scripts(folder(tmp_path / "m", [*ENGLISH, *HAN])) == {"LATIN", "CJK"}


def test_a_list_of_pieces_is_read_too(tmp_path: Path) -> None:
    place = tmp_path / "m"
    place.mkdir()
    pieces = [[f"▁{token}", -1.0] for token in ENGLISH]
    (place / "tokenizer.json").write_text(json.dumps({"model": {"vocab": pieces}}), encoding="utf-8")
    assert known_scripts(place) == {"LATIN"}


def test_bytes_become_characters_again(tmp_path: Path) -> None:
    stand_ins = {byte: mark for mark, byte in _byte_stand_ins().items()}
    tokens = ["".join(stand_ins[byte] for byte in token.encode()) for token in [*ENGLISH, *HAN]]
    plain = folder(tmp_path / "plain", tokens)
    bytes_ = folder(tmp_path / "bytes", tokens, decoder={"type": "ByteLevel"})
    assert "CJK" not in known_scripts(plain)
    assert known_scripts(bytes_) == {"LATIN", "CJK"}


def test_without_a_tokenizer_nothing_is_known(tmp_path: Path) -> None:
    assert known_scripts(tmp_path) == frozenset()


@pytest.mark.parametrize(
    ("text", "share"),
    [("a plain question", 1.0), ("2023 …", 1.0), ("尤金袋鼠", 0.0), ("вопрос", 0.0), ("GPU 显卡", 0.6), ("café", 1.0)],
)
def test_literacy_is_the_share_of_letters(text: str, share: float) -> None:
    assert script_share(Reader("LATIN"), text) == pytest.approx(share)


def test_an_embedder_that_does_not_say_reads_everything() -> None:
    assert script_share(FakeEmbedder(), "尤金袋鼠") == 1.0
    assert script_share(Reader(), "尤金袋鼠") == 1.0
