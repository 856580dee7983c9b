"""What kind of file it is: by content; its extension decides only among text formats."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.loaders.base import Probe
from ragmm.loaders.containers import ole_media_type, zip_media_type
from ragmm.loaders.decoding import decode, looks_binary

__all__ = ["BINARY", "EMPTY", "ENCRYPTED_OFFICE", "HEAD_BYTES", "TEXT_BY_EXTENSION", "claim", "probe"]

HEAD_BYTES = 8192
EMPTY = "application/x-empty"
BINARY = "application/octet-stream"
ENCRYPTED_OFFICE = "application/x-ooxml-encrypted"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\0\0\0\x0cjP  \r\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/jp2"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\x01\0", "image/vnd.microsoft.icon"),
    (0, b"DDS ", "image/vnd.ms-dds"),
    (0, b"\x01\xda\0", "image/sgi"),
    (0, b"\x01\xda\x01", "image/sgi"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (0, b"AT&TFORM", "image/vnd.djvu"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (257, b"ustar", "application/x-tar"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"\x93NUMPY", "application/x-npy"),
    (0, b"\x7fELF", "application/x-executable"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

TEXT_BY_EXTENSION = {
    **dict.fromkeys(("txt", "text", "log", "nfo"), "text/plain"),
    **dict.fromkeys(("md", "markdown", "mdown", "mkd", "mdx", "qmd"), "text/markdown"),
    "csv": "text/csv",
    **dict.fromkeys(("tsv", "tab"), "text/tab-separated-values"),
    **dict.fromkeys(("json", "geojson", "ipynb"), "application/json"),
    **dict.fromkeys(("jsonl", "ndjson"), "application/x-ndjson"),
    **dict.fromkeys(("html", "htm", "xhtml"), "text/html"),
    **dict.fromkeys(("xml", "nxml", "rss", "atom", "xsd", "dita"), "application/xml"),
    "svg": "image/svg+xml",
    "eml": "message/rfc822",
    "mbox": "application/mbox",
    "rst": "text/x-rst",
    "org": "text/org",
    **dict.fromkeys(("adoc", "asciidoc", "asc"), "text/asciidoc"),
    **dict.fromkeys(("tex", "ltx"), "text/x-tex"),
    **dict.fromkeys(("srt", "vtt"), "text/vtt"),
    **dict.fromkeys(("yaml", "yml", "toml", "ini", "cfg", "conf", "properties"), "text/x-config"),
    **dict.fromkeys(
        ("bash", "bat", "ps1", "sh", "tcl", "sql", "css", "js", "ts", "tsx", "vue", "php"), "text/x-source"
    ),
    **dict.fromkeys(("c", "cc", "cpp", "cs", "go", "h", "hpp", "java", "m", "rs", "swift", "zig"), "text/x-source"),
    **dict.fromkeys(("dart", "erl", "ex", "fs", "groovy", "hs", "kt", "ml", "pas", "scala", "vb"), "text/x-source"),
    **dict.fromkeys(("jl", "lua", "pl", "py", "r", "rb"), "text/x-source"),
}
_TELLING = frozenset({"pdf", "svgz"})
"""Extensions that decide about more than text."""
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]{1,64}:)?([\w.-]{1,64})")
_HTML_START = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_XML_START = re.compile(r"\s*<(?:\?xml\b|!DOCTYPE\b|svg\b)")
_MAIL_HEADER = re.compile(
    r"(from|to|cc|subject|date|received|return-path|message-id|mime-version|delivered-to|content-type|reply-to|sender)"
    r":[ \t]",
    re.IGNORECASE,
)


def probe(path: Path, name: str) -> Probe:
    """Reads the first bytes, and for containers the list of their members, never more."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise DocumentError(f"{name} cannot be read: {error.strerror}") from error
    return Probe(name=name, media_type=_media_type(path, name, head), size=size, head=head)


def _media_type(path: Path, name: str, head: bytes) -> str:
    if not head:
        return EMPTY
    if head.startswith(b"\x1f\x8b") and _extension(name) == "svgz":
        return TEXT_BY_EXTENSION["svg"]
    return _by_signature(head) or _container(path, head) or _pdf(name, head) or _text_type(name, head)


def _by_signature(head: bytes) -> str | None:
    for offset, signature, media_type in _SIGNATURES:
        if head.startswith(signature, offset):
            return media_type
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    return None


def _iso_media(head: bytes) -> str:
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4], "big"), 256), 4)}
    if brands & _AVIF_BRANDS:
        return "image/avif"
    return "image/heif" if brands & _HEIF_BRANDS else "video/mp4"


def _container(path: Path, head: bytes) -> str | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return zip_media_type(path, head)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return ole_media_type(path, head)
    return None


def _pdf(name: str, head: bytes) -> str | None:
    """The mark may follow up to a kilobyte of garbage, or be lost; a text may only speak of it."""
    extension = _extension(name)
    marked = b"%PDF-" in head[: 8 if extension in TEXT_BY_EXTENSION else 1024]
    damaged = extension == "pdf" and any(word in head for word in (b" obj", b"startxref", b"trailer"))
    return "application/pdf" if marked or damaged else None


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def claim(name: str) -> str:
    """What of a name decides how the bytes are read: a file whose name claims the same is read the same."""
    told = _told(name)
    return told or (f"packed {inner}" if (inner := _told(name.rpartition(".")[0])) else "")


def _told(name: str) -> str:
    extension = _extension(name)
    return extension if extension in _TELLING else TEXT_BY_EXTENSION.get(extension, "")


def _text_type(name: str, head: bytes) -> str:
    if looks_binary(head):
        return BINARY
    try:
        text = decode(head, name).text
    except DocumentError:
        return BINARY
    text = text.lstrip("\ufeff \t\r\n")
    claimed = TEXT_BY_EXTENSION.get(_extension(name))
    return _marked_up(text, claimed) or _mail(text, claimed) or _json_kind(text, claimed) or claimed or _unnamed(text)


def _marked_up(text: str, claimed: str | None) -> str | None:
    """Content that says plainly that it is HTML, SVG or XML."""
    if not text.startswith("<") or claimed == "text/markdown":
        return None
    if _HTML_START.match(text):
        return "text/html"
    if not _XML_START.match(text) and claimed not in {None, "application/xml", "image/svg+xml"}:
        return None
    root = _ROOT.search(text)
    named = root.group(1).lower() if root else ""
    return {"html": "text/html", "svg": "image/svg+xml"}.get(named, "application/xml")


def _mail(text: str, claimed: str | None) -> str | None:
    if claimed not in {None, "text/plain", "message/rfc822"}:
        return None
    if text.startswith("From ") and _MAIL_HEADER.search(text):
        return "application/mbox"
    header = text.replace("\r\n", "\n").partition("\n\n")[0].split("\n")
    names = {found.group(1).lower() for line in header if (found := _MAIL_HEADER.match(line))}
    starts = re.match(r"[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]", text) is not None
    return "message/rfc822" if starts and len(names) >= 3 and names & {"from", "received", "date"} else None


def _json_kind(text: str, claimed: str | None) -> str | None:
    """Tells JSON from JSON lines by content, where the name does not say something else."""
    if text[:1] not in {"{", "["} or claimed not in {None, "application/json", "application/x-ndjson"}:
        return None
    first, _, rest = text.partition("\n")
    if rest.lstrip()[:1] in {"{", "["} and _is_json(first):
        return "application/x-ndjson"
    return claimed or ("application/json" if re.match(r'\{\s*["}]|\[\s*[\[{"\d\]-]', text) else None)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _unnamed(text: str) -> str:
    """A file without a telling extension: a table where every line has as many tabs or semicolons, else plain text."""
    lines = [line for line in text.split("\n")[:-1] if line.strip()][:20]
    for delimiter, media_type in (("\t", "text/tab-separated-values"), (";", "text/csv")):
        counts = {line.count(delimiter) for line in lines}
        if len(lines) >= 3 and len(counts) == 1 and counts != {0}:
            return media_type
    return "text/plain"
