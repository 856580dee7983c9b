"""Parsing in a process of its own: what comes back, and that the bytes parsed are the bytes hashed."""

from __future__ import annotations

import gc
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ragmm.errors import DocumentError, LimitError, RagmmError, StorageError, UnsupportedError, UsageError
from ragmm.isolation import spool as spooling
from ragmm.isolation.limits import Limits
from ragmm.isolation.spool import spool
from ragmm.loaders.imagehead import image_size
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.reply import MalformedReplyError, ReplyWriter, read_reply
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Asset, Item, Locator, Modality


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(LoaderSettings(), Limits(), workers=2) as pool:
        yield pool


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_document_comes_back_with_its_hash_and_items(pool: ParserPool, tmp_path: Path) -> None:
    file = write(tmp_path / "notes.txt", "The heron stands still.\n\nIt waits for fish.\n")
    with pool.parse(file) as document:
        assert document.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert (document.size, document.media_type, document.loader) == (file.stat().st_size, "text/plain", "text")
        assert "".join(item.text for item in document.items) == file.read_text(encoding="utf-8")
        assert [*document.items] == [*document.items], "the items can be read again"


def test_an_image_comes_back_as_an_asset(pool: ParserPool, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "teal.png")
    (item,) = pool.parse(tmp_path / "teal.png").items
    assert item.asset is not None
    assert (item.modality, item.asset.width, item.asset.height) == (Modality.PHOTO, 40, 30)


def test_the_name_given_is_the_name_in_messages(pool: ParserPool, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(UnsupportedError, match=r"report\.bin"):
        pool.parse(file, "report.bin")


def test_an_empty_file_is_an_error_that_says_so(pool: ParserPool, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"empty\.txt is empty"):
        pool.parse(write(tmp_path / "empty.txt", ""))


def test_threads_share_a_pool(pool: ParserPool, tmp_path: Path) -> None:
    files = [write(tmp_path / f"{number}.txt", f"document number {number}") for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda file: next(pool.parse(file).items).text, files))
    assert found == [f"document number {number}" for number in range(24)]


def test_no_more_workers_than_asked_for(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", "text")
    running, most, lock = 0, 0, threading.Lock()
    with ParserPool(workers=2) as pool:
        parse = pool._parse

        def counted(*arguments: object) -> object:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            try:
                return parse(*arguments)
            finally:
                with lock:
                    running -= 1

        pool._parse = counted
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: pool.parse(file), range(16)))
    assert most == 2


def test_scratch_goes_with_the_document_and_with_the_pool(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = write(tmp_path / "a.txt", "text")
    with ParserPool(scratch=scratch) as pool:
        kept, closed, dropped = pool.parse(file), pool.parse(file), pool.parse(file)
        (root,) = scratch.iterdir()
        assert len([entry for entry in root.iterdir() if entry.is_dir()]) == 3
        assert not list(root.glob("*/document")), "the copy is not kept longer than it is parsed"
        closed.close()
        del dropped
        gc.collect()
        assert len([entry for entry in root.iterdir() if entry.is_dir()]) == 1
        assert next(kept.items).text == "text"
    assert list(scratch.iterdir()) == []


def test_an_iterator_keeps_what_it_reads(pool: ParserPool, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "teal.png")
    items = pool.parse(tmp_path / "teal.png").items
    gc.collect()
    assert next(items).asset is not None


@pytest.mark.slow
def test_the_server_stays_safe_to_fork_when_it_has_warmed_up(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), invariant=1)
    canvas.drawString(50, 700, "Herons stand still.")
    canvas.save()
    Image.new("RGB", (64, 64), "white").save(tmp_path / "a.png")
    others = {child.pid for child in psutil.Process().children()}
    with ParserPool(LoaderSettings(), workers=1) as pool:
        for name in ("a.pdf", "a.png", "a.png"):  # the second time, what a picture needs is loaded
            assert pool.parse(tmp_path / name).count == 1
        (server,) = (child for child in psutil.Process().children() if child.pid not in others)
        assert server.num_threads() == 1


def test_a_closed_pool_can_be_used_again(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", "text")
    pool = ParserPool()
    for _ in range(2):
        assert pool.parse(file).count == 1
        pool.close()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    def nested(settings: LoaderSettings) -> list[object]:
        return []

    pool = ParserPool(loaders=nested)
    with pytest.raises(RagmmError, match=r"did not start: ModuleNotFoundError.*test_worker"):
        pool.parse(write(tmp_path / "a.txt", "text"))


def test_a_pool_needs_workers() -> None:
    with pytest.raises(UsageError, match="-1 workers"):
        ParserPool(workers=-1)


# The private copy


def copied(source: Path, into: Path, **options: object) -> spooling.Spooled:
    return spool(source, into / "copy", **{"max_bytes": 1 << 20, **options})


def test_the_copy_is_private_and_read_only(tmp_path: Path) -> None:
    found = copied(write(tmp_path / "a.txt", "abc"), tmp_path)
    assert found.path.read_bytes() == b"abc"
    assert found.path.stat().st_mode & 0o777 == 0o400
    assert found.sha256 == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.timeout(10)
def test_only_regular_files_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(write(tmp_path / "a.txt", "abc"))
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)
        listener.bind("socket")
        for name, kind in (
            ("pipe", "named pipe"),
            ("link", "symbolic link"),
            ("folder", "directory"),
            ("socket", "socket"),
        ):
            with pytest.raises(DocumentError, match=f"{name} is a {kind}; only regular files"):
                copied(tmp_path / name, tmp_path)
    with pytest.raises(DocumentError, match="null is a character device"):
        copied(Path("/dev/null"), tmp_path)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_file_swapped_after_it_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    secret, file = write(tmp_path / "secret", "hunter2"), write(tmp_path / "a.txt", "abc")
    looked_at = os.stat

    def swap(path: object, **options: Any) -> os.stat_result:
        found = looked_at(path, **options)  # type: ignore[call-overload]
        if path == "a.txt":
            file.unlink()
            file.symlink_to(secret) if kind == "link" else os.mkfifo(file)
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(os, "stat", swap)
    with pytest.raises(DocumentError, match="cannot be read" if kind == "link" else "named pipe"):
        copied(file, tmp_path)


def test_what_is_not_there_or_not_allowed_is_said(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.txt cannot be read: No such file"):
        copied(tmp_path / "gone.txt", tmp_path)
    with pytest.raises(DocumentError, match="cannot be opened"):
        copied(tmp_path / "nowhere" / "a.txt", tmp_path)


def test_a_file_beyond_the_size_limit_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match=r"a\.txt has 5 bytes; at most 4"):
        copied(write(tmp_path / "a.txt", "12345"), tmp_path, max_bytes=4)
    assert not (tmp_path / "copy").exists()


def test_below_a_root_no_directory_may_be_a_link(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    outside.mkdir()
    write(outside / "a.txt", "secret")
    write(root / "inside" / "a.txt", "open")
    (root / "link").symlink_to(outside)
    assert copied(root / "inside" / "a.txt", tmp_path, root=root).size == 4
    for bad in (root / "link" / "a.txt", root / "inside" / ".." / ".." / "outside" / "a.txt", outside / "a.txt"):
        with pytest.raises(DocumentError, match=r"without following links|not below its source"):
            copied(bad, tmp_path, root=root)


def test_a_folder_swapped_for_a_link_leaks_nothing(tmp_path: Path) -> None:
    root, secret = tmp_path / "root", tmp_path / "secret"
    secret.mkdir()
    root.mkdir()
    write(secret / "a.txt", "SECRET")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (root / "d").mkdir()
            write(root / "d" / "a.txt", "public")
            os.rename(root / "d", root / "old")
            (root / "d").symlink_to(secret)
            (root / "d").unlink()
            (root / "old" / "a.txt").unlink()
            (root / "old").rmdir()

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for number in range(300):
            try:
                found = spool(root / "d" / "a.txt", tmp_path / f"copy{number}", max_bytes=100, root=root)
                seen.add(found.path.read_bytes())
            except DocumentError:
                continue
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"public", b""}


def test_a_file_that_keeps_changing_is_unstable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "log.txt", "line\n" * 1000)
    read = os.read

    def reading_while_it_grows(descriptor: int, size: int) -> bytes:
        with file.open("a", encoding="utf-8") as log:
            log.write("more\n")
        return read(descriptor, size)

    monkeypatch.setattr("ragmm.isolation.spool.os.read", reading_while_it_grows)
    with pytest.raises(DocumentError, match=r"log\.txt is unstable: it changed each of the 3 times"):
        copied(file, tmp_path)
    assert not (tmp_path / "copy").exists()


def test_a_file_just_written_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the clock is coarse, a second write may leave the stamp of the first: it is read once its tick is over."""
    file = write(tmp_path / "page.txt", "first")
    monkeypatch.setattr(time, "sleep", lambda _: file.write_text("again", encoding="utf-8"))
    os.utime(file, (1e9, 1e9))
    assert spool(file, tmp_path / "old", max_bytes=100).path.read_text(encoding="utf-8") == "first"
    os.utime(file)
    assert spool(file, tmp_path / "young", max_bytes=100).path.read_text(encoding="utf-8") == "again"


def test_a_change_in_the_same_tick_of_the_clock_is_not_missed(tmp_path: Path) -> None:
    """Same size, same time stamp to the clock's precision: only waiting tells the versions apart."""
    versions = [letter * 4096 for letter in "abcdefgh"]
    file = write(tmp_path / "page.txt", versions[0])
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            for version in versions:
                descriptor = os.open(file, os.O_WRONLY)
                os.pwrite(descriptor, version[:2048].encode(), 0)
                os.pwrite(descriptor, version[2048:].encode(), 2048)
                os.close(descriptor)
            time.sleep(0.05)

    thread = threading.Thread(target=rewrite)
    thread.start()
    mixed = stable = 0
    try:
        for number in range(20):
            try:
                found = spool(file, tmp_path / f"copy{number}", max_bytes=1 << 20)
            except DocumentError:
                continue
            stable += 1
            text = found.path.read_text(encoding="utf-8")
            mixed += len(set(text)) > 1
            assert hashlib.sha256(text.encode()).hexdigest() == found.sha256
    finally:
        stop.set()
        thread.join()
    assert mixed == 0


def test_a_full_disk_is_not_the_documents_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ragmm.loaders.parser.spool", full)
    with ParserPool() as pool, pytest.raises(StorageError, match="No space left on device"):
        pool.parse(write(tmp_path / "a.txt", "text"))


# The reply

EVERYTHING = Item(
    modality=Modality.TABLE,
    text="| ä | 中 |\n\u0001 \\ud800 stays as written",
    asset=Asset(data=b"", media_type="", width=0, height=0),
    locator=Locator(page=3, box=(1.5, 2, 3, 4), section=("A", "B"), start=0, end=9, time=(0.5, 2)),
    context="A > B",
    metadata={"label": "Table 1", "nested": {"list": [1, None, 2.5]}},
)


def png(path: Path, size: tuple[int, int]) -> Asset:
    Image.new("L", size).save(path, "PNG")
    return Asset(data=path.read_bytes(), media_type="image/png", width=size[0], height=size[1])


def reply_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "reply"
    folder.mkdir(exist_ok=True)
    return folder


def test_an_item_survives_the_way_back(tmp_path: Path) -> None:
    asset = png(tmp_path / "a.png", (7, 5))
    item = Item(**{**vars(EVERYTHING), "asset": asset})
    writer = ReplyWriter(reply_folder(tmp_path), Limits())
    writer.item(item)
    writer.item(Item(modality=Modality.PASSAGE, text="again", asset=asset))
    writer.end(loader="pdf", media_type="application/pdf", warnings=["page 4 skipped"])
    reply = read_reply(reply_folder(tmp_path), Limits())
    first, second = reply.items()
    assert first == item
    assert second.asset == asset
    assert (reply.loader, reply.media_type, reply.warnings) == ("pdf", "application/pdf", ("page 4 skipped",))
    assert not (reply_folder(tmp_path) / "1").exists(), "one image is written once"


def test_a_lone_surrogate_does_not_travel(tmp_path: Path) -> None:
    writer = ReplyWriter(reply_folder(tmp_path), Limits())
    writer.item(Item(modality=Modality.PASSAGE, text="a\ud800b"))
    writer.end(loader="x", media_type="y", warnings=[])
    (item,) = read_reply(reply_folder(tmp_path), Limits()).items()
    assert item.text == "a?b"


def test_the_reader_has_limits_of_its_own(tmp_path: Path) -> None:
    writer = ReplyWriter(reply_folder(tmp_path), Limits())
    for number in range(20):
        writer.item(
            Item(modality=Modality.PASSAGE, text=f"text {number}", asset=png(tmp_path / "a.png", (9, 1 + number)))
        )
    writer.end(loader="x", media_type="y", warnings=[])
    for limits in (Limits(items=19), Limits(assets=19), Limits(asset_bytes=200), Limits(text_bytes=20)):
        with pytest.raises(LimitError):
            read_reply(reply_folder(tmp_path), limits)
    assert len(read_reply(reply_folder(tmp_path), Limits(items=20, assets=20)).entries) == 20


def test_an_unfinished_reply_is_no_reply(tmp_path: Path) -> None:
    writer = ReplyWriter(reply_folder(tmp_path), Limits())
    writer.item(Item(modality=Modality.PASSAGE, text="text"))
    writer.end(loader="x", media_type="y", warnings=[])
    path = reply_folder(tmp_path) / "reply.jsonl"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(MalformedReplyError):
            read_reply(reply_folder(tmp_path), Limits())


@pytest.mark.parametrize(
    ("kind", "options"),
    [("png", {}), ("jpeg", {}), ("jpeg", {"progressive": True}), ("webp", {}), ("webp", {"lossless": True})],
)
def test_image_headers_give_their_size(tmp_path: Path, kind: str, options: dict[str, bool]) -> None:
    path = tmp_path / "image"
    Image.effect_noise((301, 77), 90).convert("RGB").save(path, kind, **options)
    data = path.read_bytes()
    assert image_size(f"image/{kind}", data) == (301, 77)
    assert image_size(f"image/{kind}", data[:20]) is None
    assert image_size("image/svg+xml", data) is None
