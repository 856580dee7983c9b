"""What one writes without ragmm: sentence-transformers or open_clip, and FAISS. One process a task, one JSON line.

python -m bench.plain texts FOLDER OUT MODEL      split each .txt into passages, embed, index, save
python -m bench.plain pdfs FOLDER OUT MODEL       the same of each page of each PDF
python -m bench.plain images FOLDER OUT MODEL     embed each picture with an OpenCLIP folder, index, save
python -m bench.plain query OUT MODEL "question"  load model and index, print the five nearest
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

WORDS = 190


def passages(folder: Path) -> list[str]:
    """Windows of a fixed number of words, as most tutorials cut them."""
    found = []
    for file in sorted(folder.rglob("*.txt")):
        words = file.read_text(encoding="utf-8").split()
        found += [" ".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS)]
    return found


def texts(folder: str, out: str, model: str) -> int:
    return embedded(passages(Path(folder)), out, model)


def pdfs(folder: str, out: str, model: str) -> int:
    import pypdfium2

    pages = []
    for file in sorted(Path(folder).rglob("*.pdf")):
        document = pypdfium2.PdfDocument(file)
        pages += [page.get_textpage().get_text_bounded().split() for page in document]
    cut = [" ".join(words[at : at + WORDS]) for words in pages for at in range(0, len(words), WORDS)]
    return embedded(cut, out, model)


def embedded(found: list[str], out: str, model: str) -> int:
    import faiss
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(model, device="cpu").encode(found, normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, f"{out}.faiss")
    Path(f"{out}.json").write_text(json.dumps(found), encoding="utf-8")
    return len(found)


def images(folder: str, out: str, model: str) -> int:
    import faiss
    import open_clip
    import torch
    from PIL import Image

    network, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{model}")
    network.eval()
    files, rows = sorted(Path(folder).rglob("*.jpg")), []
    with torch.no_grad():
        for start in range(0, len(files), 16):
            batch = torch.stack([preprocess(Image.open(file).convert("RGB")) for file in files[start : start + 16]])
            rows.append(torch.nn.functional.normalize(network.encode_image(batch), dim=-1))
    vectors = torch.cat(rows).numpy()
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, f"{out}.faiss")
    Path(f"{out}.json").write_text(json.dumps([str(file) for file in files]), encoding="utf-8")
    return len(files)


def query(out: str, model: str, question: str) -> int:
    import faiss
    from sentence_transformers import SentenceTransformer

    index = faiss.read_index(f"{out}.faiss")
    found = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
    vector = SentenceTransformer(model, device="cpu").encode([question], normalize_embeddings=True)
    scores, ids = index.search(vector, 5)
    print([(round(float(score), 3), found[at][:60]) for score, at in zip(scores[0], ids[0], strict=True)])
    return 1


def main() -> None:
    """Runs one task and says how many things it worked on."""
    task, *rest = sys.argv[1:]
    done = {"texts": texts, "pdfs": pdfs, "images": images, "query": query}[task](*rest)
    print(json.dumps({"done": done}))


if __name__ == "__main__":
    main()
