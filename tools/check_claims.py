"""Let a scripted server write answers over a real collection, with faults and without, and print which are marked.

python -m tools.check_claims     planted_faults.jsonl, about the documents that answers are checked on
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import ragmm
from ragmm.collection import Collection
from ragmm.config import default_pipeline
from ragmm.sample import write_sample
from ragmm.types import Answer, Claim, Support
from tests.unit.chat_server import ChatServer, Handler, chat_server, completion, event
from tools.answer_documents import write_answer_documents
from tools.claim_documents import write_claim_documents
from tools.eval_sets import lines

CASES = Path(__file__).with_name("planted_faults.jsonl")
HONEST = "honest"
COMPLETE = "ingested"
_PLACE = re.compile(r"\{(!?)([^}#]+)(?:#([^}]+))?\}")
_BLOCK = re.compile(r"\[(\d+)\](?: \(image\))?\n<evidence-(\w+)>\n(.*?)\n</evidence-\2>", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of one scripted answer."""

    qid: str
    kind: str
    replied: str
    text: str
    marked: bool
    """Of a fault, whether it is marked or dropped; of an honest answer, whether anything of it is."""
    repointed: bool
    """Whether a claim cites what its statement did not."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the shares; 1 if a fault passed, was pointed elsewhere, or more than 2 honest answers were marked."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_claims", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--collection", type=Path, default=Path("indexes/claims"), help="where the collection is kept")
    parser.add_argument("--json", type=Path, help="save every answer")
    given = parser.parse_args(arguments)
    with chat_server() as server:
        docs = collected(given.collection, server)
        judged = [answered(docs, server, case) for case in lines(CASES)]
    console = Console()
    console.print(shares_table(judged))
    honest = sum(one.marked for one in judged if one.kind == HONEST)
    wrong = [one for one in judged if one.repointed or one.marked is (one.kind == HONEST)]
    for one in wrong:
        console.print(f"{one.qid} {one.kind}: {one.replied!r} became {one.text!r}", markup=False)
    if given.json:
        rows = [dataclasses.asdict(one) for one in judged]
        given.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    return int(honest > 2 or any(one.kind != HONEST or one.repointed for one in wrong))


def collected(folder: Path, server: ChatServer) -> Collection:
    """The sample, the documents of check_answers and those that speak to a model; one that is complete is used."""
    pipeline = default_pipeline()
    models = dataclasses.replace(pipeline.models, vlm=f"openai:scripted@{server.url}")
    docs = ragmm.create(folder / "collection", exist_ok=True, pipeline=dataclasses.replace(pipeline, models=models))
    complete = folder / COMPLETE
    if not complete.is_file():
        write_sample(folder / "files" / "sample")
        write_answer_documents(folder / "files" / "documents")
        write_claim_documents(folder / "files" / "documents")
        docs.ingest([folder / "files" / "sample", folder / "files" / "documents"])
        complete.write_text(f"{ragmm.__version__}\n", encoding="utf-8")
    return docs


def answered(docs: Collection, server: ChatServer, case: Mapping[str, Any]) -> Judged:
    """One question, to which the server says what the case says."""
    said: list[str] = []

    def script(handler: Handler, request: dict[str, Any]) -> None:
        said.append(_placed(case["reply"], request))
        if not request.get("stream"):
            handler.reply(200, completion(said[-1]))
            return
        handler.begin()
        handler.write(event(said[-1]) + event(None, "stop") + "data: [DONE]\n\n")

    server.scripts = [script]
    answer = docs.query(case["question"]).answer
    assert answer is not None
    if not said:
        raise SystemExit(f"{case['qid']}: the server was not asked: {answer.warnings}")
    written = answer.model == "scripted" or not (answer.degraded or answer.abstained)
    return Judged(
        qid=case["qid"],
        kind=case["kind"],
        replied=said[-1],
        text=answer.text,
        marked=_marked(answer, case, written=written),
        repointed=written and any(_elsewhere(claim, said[-1]) for claim in answer.claims),
    )


def _marked(answer: Answer, case: Mapping[str, Any], *, written: bool) -> bool:
    """Whether no claim with the fault stands as supported; without a fault, whether any claim does not.

    A reply that was set aside is dropped: what is quoted in its place is marked as that, and obeys no document.
    """
    fault = case.get("fault", "")
    if not fault:
        return not written or answer.abstained or any(one.support is not Support.SUPPORTED for one in answer.claims)
    if not written:
        return case["kind"] != "injected" or fault not in answer.text
    return not any(fault in one.text and one.support is Support.SUPPORTED for one in answer.claims)


def _elsewhere(claim: Claim, said: str) -> bool:
    """Whether a claim's own statement cites, and none of what the claim does."""
    at = said.find(claim.text[:20])
    cited = re.match(r"[^\[(]*((?:\s?[\[(][^\])]*\d+[\])])+)", said[at:]) if at >= 0 else None
    own = {int(number) for number in re.findall(r"\d+", cited[1])} if cited else set()
    return bool(own) and any(one.rank not in own for one in claim.citations)


def _placed(reply: str, request: Mapping[str, Any]) -> str:
    """The reply with the numbers that its documents have in this prompt; "!" is the first of another document."""
    content = request["messages"][-1]["content"]
    prompt = content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
    blocks = [(number, text) for number, _, text in _BLOCK.findall(prompt)]

    def place(match: re.Match[str]) -> str:
        other, uri, within = match[1], match[2], match[3] or ""
        for number, text in blocks:
            if (f"Source: {uri}" in text) is not bool(other) and within in text:
                return f"[{number}]"
        raise SystemExit(f"{uri} is not among the evidence: {[text[:60] for _, text in blocks]}")

    return _PLACE.sub(place, reply)


def shares_table(judged: Sequence[Judged]) -> Table:
    """A row a kind of fault."""
    table = Table("kind", "answers", "marked or dropped", "pointed elsewhere", title="Scripted answers")
    kinds = dict.fromkeys(one.kind for one in judged)
    for name, rows in (
        *((kind, [one for one in judged if one.kind == kind]) for kind in kinds if kind != HONEST),
        ("all faults", [one for one in judged if one.kind != HONEST]),
        (HONEST, [one for one in judged if one.kind == HONEST]),
    ):
        table.add_row(
            name, str(len(rows)), str(sum(one.marked for one in rows)), str(sum(one.repointed for one in rows))
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
