"""Sounds and films through the contracts, with fakes: what they are, where their vectors go, who takes them."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import pytest

from ragmm.errors import LimitError, ModelError, ModelMismatchError
from ragmm.indexes.store.store import Store
from ragmm.isolation.limits import Limits
from ragmm.loaders.reply import MalformedReplyError, ParserReply, ReplyWriter, read_reply
from ragmm.pipelines.embedding import embed_again, plan
from ragmm.pipelines.query.fusion import Leg, fuse
from ragmm.pipelines.query.legs import Legs
from ragmm.pipelines.query.timing import Clock
from ragmm.pipelines.query.vectors import item_vectors, question_vectors
from ragmm.testing import FakeEmbedder, captioned_picture, picture_asset
from ragmm.types import Asset, Item, Locator, MediaKind, Modality, ModelInfo, Role
from tests.unit.retrieval import fill_items

WAV = b"RIFF\x24\0\0\0WAVEfmt "
HEARS = FakeEmbedder(256, kinds=[MediaKind.TEXT, MediaKind.IMAGE, MediaKind.AUDIO], name="hears")


def sound(words: str, media_type: str = "audio/wav") -> Asset:
    return Asset(data=words.encode(), media_type=media_type, duration=2.5)


def heard(words: str) -> Item:
    return Item(modality=Modality.PASSAGE, asset=sound(words), locator=Locator(time=(0.0, 2.5)))


ITEMS = [
    Item(modality=Modality.PASSAGE, text="a foghorn is described here"),
    Item(modality=Modality.PHOTO, asset=picture_asset(captioned_picture("a lighthouse"))),
    heard("foghorn"),
    heard("seagulls crying"),
]


# What they are


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("image/png", MediaKind.IMAGE), ("audio/mpeg", MediaKind.AUDIO), ("video/mp4", MediaKind.VIDEO)],
)
def test_the_kind_of_an_asset_is_in_its_media_type(media_type: str, kind: MediaKind) -> None:
    asset = Asset(data=b"", media_type=media_type)
    assert asset.kind is kind
    assert (asset.width, asset.height, asset.duration) == (None, None, None)


def test_an_asset_of_no_kind_has_none() -> None:
    with pytest.raises(ValueError, match="application"):
        _ = Asset(data=b"", media_type="application/pdf").kind


def test_kinds_are_spelled_as_collections_spell_them() -> None:
    assert [str(kind) for kind in MediaKind] == ["text", "image", "audio", "video"]


# Where their vectors go


def test_a_sound_goes_itself_where_the_model_hears_and_else_nowhere() -> None:
    mine = plan("shared", HEARS, heard("foghorn"))
    assert mine is not None
    assert (mine.kind, mine.payload) == (MediaKind.AUDIO, sound("foghorn"))
    assert plan("shared", FakeEmbedder(), heard("foghorn")) is None
    with_words = dataclasses.replace(heard("foghorn"), text="a foghorn")
    for embedder in (FakeEmbedder(), FakeEmbedder(kinds=["text"])):
        told = plan("shared", embedder, with_words)
        assert told is not None
        assert (told.kind, told.payload) == (MediaKind.TEXT, "a foghorn")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fill_items(tmp_path / "c", {"tape.wav": ITEMS}, {"shared": HEARS})


def legs_of(store: Store, question: str) -> list[Leg]:
    with contextlib.closing(store.snapshot()) as snapshot:
        vectors = question_vectors({"shared": HEARS}, question, None)
        legs = Legs(
            snapshot=snapshot, words=question, vectors=vectors, candidates=10, lexical_weight=1.0, clock=Clock()
        )
        return legs.all(None)


def test_a_question_is_put_to_each_kind_in_a_group_of_its_own(store: Store) -> None:
    legs = {leg.name: leg for leg in legs_of(store, "foghorn")}
    assert {name: leg.group for name, leg in legs.items()} == {
        "shared/audio": MediaKind.AUDIO,
        "shared/image": MediaKind.IMAGE,
        "shared/text": MediaKind.TEXT,
        "lexical": MediaKind.TEXT,
        "pages": MediaKind.TEXT,
    }
    with contextlib.closing(store.snapshot()) as snapshot:
        ids = [item.id for item in snapshot.items()]
    assert [item for item, _ in legs["shared/audio"].found] == [ids[2]]
    ranked = [one.item for one in fuse(list(legs.values()))]
    assert set(ranked[:2]) == {ids[0], ids[2]}, "what is said and what is heard stand together"


def test_a_stored_sound_stands_for_a_sound(store: Store) -> None:
    with contextlib.closing(store.snapshot()) as snapshot:
        ids = [item.id for item in snapshot.items()]
        (vector,) = item_vectors(snapshot, ids[2], {"shared": HEARS})
    assert (vector.kind, vector.space) == (MediaKind.AUDIO, "shared")


def test_sounds_are_embedded_again_as_they_were(store: Store) -> None:
    with contextlib.closing(store.snapshot()) as snapshot:
        stored = list(snapshot.items())[2:]
        (rows,) = (rows for _, rows in snapshot.open_blocks("shared", "audio"))
    again = embed_again({"shared": HEARS}, store, "shared", "audio", stored)
    assert (again @ rows.T).argmax(axis=1).tolist() == [0, 1]


def test_the_length_of_a_sound_is_kept(store: Store) -> None:
    with contextlib.closing(store.snapshot()) as snapshot:
        found = snapshot.read(
            lambda db: db.execute("SELECT media_type, width, height, duration FROM assets ORDER BY 1, 4").fetchall()
        )
    assert found == [("audio/wav", 0, 0, 2.5), ("audio/wav", 0, 0, 2.5), ("image/png", 256, 256, None)]


def test_what_one_kind_finds_is_not_buried_by_three_others() -> None:
    def leg(name: str, group: MediaKind, *items: int) -> Leg:
        return Leg(name=name, group=group, found=[(item, 1.0) for item in items])

    legs = [
        leg("lexical", MediaKind.TEXT, 1, 9), leg("pages", MediaKind.TEXT, 1), leg("s/image", MediaKind.IMAGE, 2, 9),
        leg("s/audio", MediaKind.AUDIO, 3, 9), leg("s/video", MediaKind.VIDEO, 4),
    ]  # fmt: skip
    ranked = list(fuse(legs))
    assert [one.item for one in ranked] == [9, 1, 2, 3, 4]
    assert [one.score for one in ranked[1:]] == pytest.approx([1.0] * 4)
    assert all(one.score <= 1 for one in ranked)


# Who takes them


def test_a_model_refuses_what_it_does_not_take() -> None:
    with pytest.raises(ModelError, match="text only"):
        FakeEmbedder(kinds=["text"]).embed_media(MediaKind.AUDIO, [sound("x")])
    with pytest.raises(ModelError, match=r"embeds image, text; .* for video"):
        FakeEmbedder().embed_media(MediaKind.VIDEO, [sound("x", "video/mp4")])


def space_and_pair(store: Store) -> tuple[ModelInfo, ModelInfo]:
    """The model that built the space, and a smaller one for its questions."""
    asks = dataclasses.replace(
        FakeEmbedder(256, name="asks").info,
        query_fingerprint="q" * 64,
        shares=frozenset({HEARS.info.fingerprint}),
    )
    return HEARS.info, asks


def test_a_space_is_asked_by_what_shares_it_and_written_by_its_own_model(store: Store) -> None:
    built, asks = space_and_pair(store)
    stranger = FakeEmbedder(256, name="stranger").info
    with contextlib.closing(store.snapshot()) as snapshot:
        space = snapshot.spaces["shared"]
    for info in (built, asks):
        space.check_model(info, store.folder, Role.QUERY)
    space.check_model(built, store.folder)
    with pytest.raises(ModelMismatchError, match="asks"):
        space.check_model(asks, store.folder)
    with pytest.raises(ModelMismatchError, match="stranger"):
        space.check_model(stranger, store.folder, Role.QUERY)
    with pytest.raises(ModelMismatchError):
        space.check_model(dataclasses.replace(asks, dim=8), store.folder, Role.QUERY)
    with store.writer("test") as writer, pytest.raises(ModelMismatchError):
        writer.ensure_space("shared", asks)


def test_a_model_of_many_rows_has_no_place_in_a_space_of_single_ones(tmp_path: Path) -> None:
    late = dataclasses.replace(FakeEmbedder().info, many=True)
    with Store(tmp_path / "c").writer("test", create=True) as writer, pytest.raises(ModelError, match="several rows"):
        writer.ensure_space("text", late)


# What a parser may hand back


def reply(folder: Path, *assets: Asset) -> ParserReply:
    folder.mkdir()
    writer = ReplyWriter(folder, Limits())
    for asset in assets:
        writer.item(Item(modality=Modality.PASSAGE, asset=asset, text="words"))
    writer.end(loader="sound", media_type="audio/wav", warnings=[])
    return read_reply(folder, Limits())


@pytest.mark.parametrize(
    ("media_type", "head"),
    [
        ("audio/wav", WAV),
        ("audio/flac", b"fLaC\0\0\0\x22"),
        ("audio/ogg", b"OggS\0\2"),
        ("audio/mpeg", b"ID3\4\0"),
        ("audio/mpeg", b"\xff\xfb\x90\0"),
        ("audio/mp4", b"\0\0\0\x20ftypM4A "),
        ("video/mp4", b"\0\0\0\x20ftypisom"),
        ("video/webm", b"\x1aE\xdf\xa3"),
    ],
)
def test_sounds_and_films_come_back_as_they_are(tmp_path: Path, media_type: str, head: bytes) -> None:
    size = {"width": 640, "height": 360} if media_type.startswith("video/") else {}
    asset = Asset(data=head + b"\0" * 32, media_type=media_type, duration=12.5, **size)
    unknown = Asset(data=head + b"\1" * 32, media_type=media_type)
    found = [item.asset for item in reply(tmp_path / "reply", asset, unknown, asset).items()]
    assert found == [asset, unknown, asset]


@pytest.mark.parametrize(
    "asset",
    [
        Asset(data=b"\x7fELF" + b"\0" * 40, media_type="audio/wav"),
        Asset(data=WAV, media_type="audio/flac"),
        Asset(data=WAV, media_type="video/mp4"),
        Asset(data=WAV, media_type="audio/x-unheard-of"),
        Asset(data=WAV, media_type="image/png", width=1, height=1),
        Asset(data=WAV, media_type="application/pdf"),
        Asset(data=WAV, media_type="text/plain"),
        Asset(data=WAV, media_type=""),
        Asset(data=WAV, media_type="audio/wav", width=3, height=4),
        Asset(data=WAV, media_type="audio/wav", duration=-1.0),
        Asset(data=WAV, media_type="audio/wav", duration=float("nan")),
        Asset(data=WAV, media_type="audio/wav", duration=float("inf")),
        Asset(data=b"\x1aE\xdf\xa3", media_type="video/webm", width=640),
        dataclasses.replace(picture_asset(captioned_picture("a")), duration=1.0),
        dataclasses.replace(picture_asset(captioned_picture("a")), width=None, height=None),
    ],
    ids=lambda asset: f"{asset.media_type}-{asset.data[:4].hex()}-{asset.width}-{asset.duration}",
)
def test_what_is_not_what_it_is_said_to_be_is_refused(tmp_path: Path, asset: Asset) -> None:
    with pytest.raises(MalformedReplyError):
        reply(tmp_path / "reply", asset)


def test_a_film_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    film = Asset(data=b"\x1aE\xdf\xa3", media_type="video/webm", width=70_000, height=10)
    with pytest.raises(LimitError, match="pixels"):
        reply(tmp_path / "reply", film)


def test_a_file_is_one_thing(tmp_path: Path) -> None:
    folder = tmp_path / "reply"
    folder.mkdir()
    (folder / "0").write_bytes(WAV)
    lines = [
        '{"item": {"modality": "passage", "text": "a", "asset": [0, "audio/wav", null, null, null]}}',
        '{"item": {"modality": "passage", "text": "b", "asset": [0, "image/png", 5, 5, null]}}',
        '{"end": {"loader": "x", "media_type": "y", "warnings": [], "items": 2}}',
    ]
    (folder / "reply.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with pytest.raises(MalformedReplyError, match="two things"):
        read_reply(folder, Limits())
