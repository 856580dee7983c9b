"""Work on a collection as a whole: rollback, pinned snapshots, and the collection of what nothing needs any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import numpy as np

from ragmm.errors import UsageError
from ragmm.indexes import fsio
from ragmm.indexes.records import Collected, Retention
from ragmm.indexes.store import blocks, generations, lexicon, schema, search_records, transactions
from ragmm.indexes.store.commit import add_generation, forget_dead_contents, settle_spans
from ragmm.indexes.store.reading import load_spaces
from ragmm.indexes.store.tidying import note_forgotten
from ragmm.indexes.store.writer import Writer
from ragmm.text.words import segment
from ragmm.types import Asset

__all__ = ["collect", "pin", "reclaimable", "rollback"]

_LIVED_AT = "born <= :g AND died > :g"
_REPACK_SHARE = 0.5


def rollback(writer: Writer, target: int) -> int:
    """A new generation with the content of an older one. Returns its number."""
    known = {one.id: one for one in generations.history(writer.connection)}
    if target not in known:
        raise UsageError(f"{writer.folder}: there is no generation {target}; ragmm history lists them")
    if not known[target].restorable:
        kept = ", ".join(str(one.id) for one in known.values() if one.restorable)
        raise UsageError(f"{writer.folder}: generation {target} was collected; still restorable: {kept}")
    if target == writer.generation:
        return target
    with transactions.commit(writer.connection, writer.database, "generation"):
        generation = writer.generation + 1
        for table in ("spaces", "blocks", "documents"):
            _restore(writer.connection, table, target, generation)
        came_back = _renumber_spaces(writer.connection, target, generation)
        touched = writer.connection.execute(
            "SELECT DISTINCT content FROM documents WHERE content IS NOT NULL AND (born = :n OR died = :n)",
            {"n": generation},
        ).fetchall()
        settle_spans(writer.connection, [row[0] for row in touched], generation)
        if came_back:
            forget_dead_contents(writer.connection)
        add_generation(
            writer.connection, writer, kind="rollback", note=f"to generation {target}", next_item=writer.next_item
        )
    writer.committed(generation, writer.next_item)
    writer.spaces = load_spaces(writer.connection, generation)
    return generation


def _renumber_spaces(connection: sqlite3.Connection, target: int, generation: int) -> bool:
    """A space that comes back is a new row: its vectors and the blocks that came back with it follow."""
    pairs = connection.execute(
        "SELECT old.id, new.id FROM spaces new JOIN spaces old ON old.name = new.name AND old.id <> new.id "
        "WHERE new.born = :n AND old.born <= :g AND old.died > :g",
        {"g": target, "n": generation},
    ).fetchall()
    for old, new in pairs:
        connection.execute("UPDATE blocks SET space = ? WHERE space = ? AND born = ?", (new, old, generation))
        connection.execute(
            "INSERT INTO vectors (space, item, key) SELECT ?, item, key FROM vectors WHERE space = ?", (new, old)
        )
    return bool(pairs)


def _restore(connection: sqlite3.Connection, table: str, target: int, generation: int) -> None:
    """End what lives now and did not then; bring back, as new rows, what lived then and does not now."""
    columns = ", ".join(
        row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in {"id", "born", "died"}
    )
    now, then = f"died = {schema.FOREVER} AND born < {schema.FOREVER}", _LIVED_AT
    values = {"g": target, "n": generation}
    connection.execute(f"UPDATE {table} SET died = :n WHERE {now} AND NOT ({then})", values)
    connection.execute(
        f"INSERT INTO {table} ({columns}, born) SELECT {columns}, :n FROM {table} "
        f"WHERE {then} AND died < {schema.FOREVER} AND NOT (born = :n)",
        values,
    )


def pin(writer: Writer, name: str) -> int:
    """Name the current generation, so that it stays restorable."""
    taken = writer.connection.execute("SELECT id FROM generations WHERE pinned = ?", (name,)).fetchone()
    if taken is not None:
        raise UsageError(f"{writer.folder}: generation {taken[0]} is already named {name!r}; choose another name")
    with transactions.commit(writer.connection, writer.database, "pin"):
        writer.connection.execute("UPDATE generations SET pinned = ? WHERE id = ?", (name, writer.generation))
    writer.changed = True
    return writer.generation


def collect(writer: Writer, retention: Retention, expired: Callable[[], bool] = lambda: False) -> Collected:
    """Forget what no retained generation needs: rows in one transaction, then the files that it stopped naming.

    Once `expired` says so, what is left is left to the next time.
    """
    kept = generations.retained(writer.connection, retention)
    before = writer.connection.execute("SELECT COUNT(*) FROM items").fetchone()[0]
    repack(writer, expired)
    with transactions.commit(writer.connection, writer.database, "collect"):
        _forget_rows(writer.connection, kept, expired)
        _forget_blocks(writer, kept, retention)
        _forget_tombstones(writer.connection)
        _forget_spaces(writer.connection)
        _retire_packs(writer, retention)
        _remember_kept(writer.connection, kept)
        after = writer.connection.execute("SELECT COUNT(*) FROM items").fetchone()[0]
        note_forgotten(writer.connection, before - after)
    writer.changed = True
    writer.committed(writer.generation, writer.next_item)
    files, size = _remove_unnamed(writer)
    derived, more = search_records.remove_unnamed(writer)
    return Collected(files=files + derived, bytes=size + more, items=before - after)


def _remember_kept(connection: sqlite3.Connection, kept: frozenset[int]) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO settings (key, value) VALUES ('restorable', ?)", (",".join(map(str, sorted(kept))),)
    )


def _forget_rows(connection: sqlite3.Connection, kept: frozenset[int], expired: Callable[[], bool]) -> None:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.kept")
    connection.executemany("INSERT INTO temp.kept VALUES (?)", [(one,) for one in kept])
    unneeded = f"died < {schema.FOREVER} AND NOT EXISTS (SELECT 1 FROM temp.kept k WHERE born <= k.id AND died > k.id)"
    connection.execute(f"DELETE FROM documents WHERE {unneeded}")
    # A later span that every kept generation knows says as much as this one.
    connection.execute(
        f"DELETE FROM content_spans WHERE {unneeded} AND EXISTS (SELECT 1 FROM content_spans o "
        "WHERE o.content = content_spans.content AND o.born >= content_spans.died AND o.born <= ?)",
        (min(kept, default=0),),
    )
    gone = connection.execute(
        "SELECT id, first_item, items FROM contents c WHERE parser NOT LIKE 'gone-%' AND NOT EXISTS "
        f"(SELECT 1 FROM content_spans WHERE content = c.id AND NOT ({unneeded}))"
    ).fetchall()
    for content, first, count in gone:
        if expired():
            break
        _forget_content(connection, content, first, first + count)
    connection.execute("DELETE FROM assets WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.asset = assets.sha256)")


def _forget_tombstones(connection: sqlite3.Connection) -> None:
    """A content that is forgotten stays known as dead until no block holds a row of it."""
    blocks_ids = [np.frombuffer(ids, "<i8") for (ids,) in connection.execute("SELECT ids FROM blocks")]
    held = np.unique(np.concatenate(blocks_ids)) if blocks_ids else np.empty(0, np.int64)
    dead = connection.execute("SELECT id, first_item, items FROM contents WHERE parser LIKE 'gone-%'").fetchall()
    free = [
        (content,)
        for content, first, count in dead
        if np.searchsorted(held, first) == np.searchsorted(held, first + count)
    ]
    connection.executemany("DELETE FROM contents WHERE id = ?", free)
    connection.executemany("DELETE FROM content_spans WHERE content = ?", free)


def _forget_content(connection: sqlite3.Connection, content: int, first: int, end: int) -> None:
    texts = connection.execute("SELECT id, text, context FROM items WHERE id >= ? AND id < ?", (first, end))
    connection.executemany(
        "INSERT INTO lexicon (lexicon, rowid, text, context) VALUES ('delete', ?, ?, ?)",
        [(item, segment(text), segment(context)) for item, text, context in texts.fetchall()],
    )
    if lexicon.has_stretches(connection):
        # Contents older than the table are not in it, and FTS5 takes the deletion of what it lacks for damage.
        held = lexicon.held_stretches(connection, first, end)
        connection.executemany(
            "INSERT INTO stretches (stretches, rowid, text) VALUES ('delete', ?, ?)",
            [one for one in lexicon.stored_stretches(connection, first, end) if one[0] in held],
        )
    connection.execute("DELETE FROM items WHERE id >= ? AND id < ?", (first, end))
    for (space,) in connection.execute("SELECT id FROM spaces").fetchall():
        connection.execute("DELETE FROM vectors WHERE space = ? AND item >= ? AND item < ?", (space, first, end))
    connection.execute("UPDATE contents SET parser = 'gone-' || id WHERE id = ?", (content,))


def _forget_blocks(writer: Writer, kept: frozenset[int], retention: Retention) -> None:
    """Blocks stay for `retention.seconds` after the commit that replaced them; a clock set back frees nothing."""
    now = writer.clock()
    ended = writer.connection.execute(
        "SELECT b.id, b.born, b.died, g.created FROM blocks b JOIN generations g ON g.id = b.died"
    ).fetchall()
    for block, born, died, created in ended:
        needed = any(born <= generation < died for generation in kept)
        if not needed and now - created >= retention.seconds:
            writer.connection.execute("DELETE FROM blocks WHERE id = ?", (block,))


def _forget_spaces(connection: sqlite3.Connection) -> None:
    """A space that another model's replaced goes with its last block."""
    gone = connection.execute(
        f"SELECT id FROM spaces s WHERE died < {schema.FOREVER} "
        "AND NOT EXISTS (SELECT 1 FROM temp.kept k WHERE s.born <= k.id AND s.died > k.id) "
        "AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.space = s.id)"
    ).fetchall()
    for (space,) in gone:
        connection.execute("DELETE FROM vectors WHERE space = ?", (space,))
        connection.execute("DELETE FROM spaces WHERE id = ?", (space,))


def repack(writer: Writer, expired: Callable[[], bool] = lambda: False, *, share: float = _REPACK_SHARE) -> None:
    """Move the images of packs of which less than a share lives into a new pack. Readers find either address."""
    wasteful = writer.connection.execute(
        "SELECT p.id, p.sha256 FROM packs p JOIN assets a ON a.pack = p.id WHERE p.retired IS NULL "
        "GROUP BY p.id HAVING SUM(a.size) < ? * p.size",
        (share,),
    ).fetchall()
    for pack, sha256 in wasteful:
        if expired():
            return
        moved = writer.connection.execute(
            "SELECT sha256, offset, size, media_type FROM assets WHERE pack = ? ORDER BY offset", (pack,)
        ).fetchall()
        path = writer.directory / f"{sha256}.pack"
        images = [
            Asset(data=blocks.read_asset(path, offset, size, name), media_type=kind)
            for name, offset, size, kind in moved
        ]
        sealed, placed = blocks.write_pack(writer.directory, images)
        fsio.sync_directory(writer.directory, "blocks-entries")
        with transactions.commit(writer.connection, writer.database, "repack"):
            (last,) = writer.connection.execute("SELECT MAX(id) FROM packs").fetchone()
            writer.connection.execute(
                "INSERT INTO packs (id, sha256, size) VALUES (?,?,?)", (last + 1, sealed.sha256, sealed.size)
            )
            writer.connection.executemany(
                "UPDATE assets SET pack = ?, offset = ? WHERE sha256 = ?",
                [(last + 1, one.offset, one.sha256) for one in placed],
            )
        writer.changed = True


def _retire_packs(writer: Writer, retention: Retention) -> None:
    now = writer.clock()
    unused = "NOT EXISTS (SELECT 1 FROM assets a WHERE a.pack = packs.id)"
    writer.connection.execute(f"UPDATE packs SET retired = ? WHERE retired IS NULL AND {unused}", (now,))
    writer.connection.execute(f"DELETE FROM packs WHERE retired IS NOT NULL AND ? - retired >= ? AND {unused}",
                              (now, retention.seconds))  # fmt: skip


def _remove_unnamed(writer: Writer) -> tuple[int, int]:
    """Remove files of blocks/ that the database does not name: collected ones, and what a crash left behind."""
    named = {f"{row[0]}.npy" for row in writer.connection.execute("SELECT sha256 FROM blocks")}
    named |= {f"{row[0]}.pack" for row in writer.connection.execute("SELECT sha256 FROM packs")}
    files = size = 0
    for path in sorted(writer.directory.iterdir()):
        if path.name not in named and path.suffix in {".npy", ".pack"}:
            files, size = files + 1, size + path.stat().st_size
            fsio.remove(path, "unnamed")
    if files:
        fsio.sync_directory(writer.directory, "blocks-entries")
    return files, size


def reclaimable(connection: sqlite3.Connection) -> bool:
    """Whether a collection of garbage would find something that waits."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM blocks b JOIN generations g ON g.id = b.died) "
        "OR EXISTS (SELECT 1 FROM packs WHERE retired IS NOT NULL)"
    ).fetchone()
    return bool(row[0])
