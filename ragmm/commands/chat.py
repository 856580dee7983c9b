"""The command `ragmm chat`: questions one after the other, each understood with those before it."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from ragmm.commands.shared.asking import answered, refuse_picture_names
from ragmm.commands.shared.opening import opened_for_questions
from ragmm.commands.shared.options import (
    AskedPipelineOption,
    CollectionOption,
    HitsOption,
    JsonOption,
    ModalityOption,
    ModelOption,
    WhereOption,
    command,
)
from ragmm.commands.shared.output import console, emit, note, show
from ragmm.errors import RagmmError, UsageError
from ragmm.render.records import hit_record, query_record
from ragmm.render.text import safe_name, short_path

if TYPE_CHECKING:
    from ragmm.collection import Collection
    from ragmm.types import QueryResult

__all__ = ["register"]

PROMPT: Final = "> "
HELP: Final = "/sources  /image FILE  /reset  /quit"
_REMEMBERED: Final = 20
"""Exchanges; how many of them a model sees is a matter of its budget."""


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "chat", example="ragmm chat -c reports")(chat)


def chat(
    collection: CollectionOption = "default",
    k: HitsOption = None,
    modality: ModalityOption = None,
    where: WhereOption = None,
    pipeline: AskedPipelineOption = None,
    model: ModelOption = None,
    json: JsonOption = False,
) -> None:
    """Ask one question after the other, a line each; follow-ups keep the context. Also reads from a pipe."""
    with opened_for_questions(collection, pipeline, model) as docs:
        talk = _Chat(docs=docs, k=k, modality=modality, where=tuple(where or ()), json=json)
        code = talk.run()
    if code:
        raise typer.Exit(code)


class _LeftError(Exception):
    """The conversation is over."""


@dataclass(kw_only=True)
class _Chat:
    """One conversation."""

    docs: Collection
    k: int | None
    modality: str | None
    where: tuple[str, ...]
    json: bool
    history: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    picture: Path | None = None
    last: QueryResult | None = None

    def run(self) -> int:
        """Until the lines end. From a pipe, the exit code is that of the first line that failed."""
        talking = sys.stdin.isatty() and not self.json
        if talking:
            note(f"{self.docs.name}, generation {self.docs.generation}. {HELP}")
        code = 0
        for line in _lines(talking):
            try:
                self._take(line)
            except _LeftError:
                break
            except RagmmError as error:
                self._failed(error)
                code = code or error.exit_code
            except KeyboardInterrupt:
                if not talking:
                    raise
                note("stopped")
            sys.stdout.flush()
        return 0 if talking else code

    def _take(self, line: str) -> None:
        """A command, or a question."""
        word, _, rest = line.partition(" ")
        if not line.startswith("/"):
            self._ask(line)
        elif word in _COMMANDS:
            _COMMANDS[word](self, rest.strip())
        else:
            raise UsageError(f"there is no {word}; there are {HELP}")

    def _ask(self, question: str) -> None:
        from ragmm.pipelines.query.question import Question

        if not question and self.picture is None:
            return
        picture, self.picture = self.picture, None  # asked once, also where it turns out to be unreadable
        refuse_picture_names(question, picture)
        asked = Question(
            question, image=picture, k=self.k, modality=self.modality, where=self.where, history=tuple(self.history)
        )
        result = self.docs.query(asked) if self.json else answered(self.docs, asked)
        self.last = result
        if question:
            self.history.append((question, result.text))
        self._say(result)

    def _say(self, result: QueryResult) -> None:
        if self.json:
            emit(query_record(result, self.docs.asset_path))
            return
        from ragmm.render.answer import print_result

        print_result(result, self.docs.asset_path, console())
        show("")

    def _failed(self, error: RagmmError) -> None:
        if self.json:
            kind = type(error).__name__
            emit({"error": {"type": kind, "message": str(error), "exit_code": error.exit_code}})
        else:
            note(f"ragmm: {error}")

    def _done(self, words: str, value: dict[str, Any]) -> None:
        """What a command did: a line, or one JSON value."""
        if self.json:
            emit(value)
        else:
            show(safe_name(words))

    # Commands ----------------------------------------------------------------------------------------------------

    def sources(self, _: str) -> None:
        """Everything that the last question found."""
        hits, cited = (self.last.hits, self.last.cited) if self.last else ((), frozenset())
        if self.json:
            emit({"hits": [hit_record(hit, self.docs.asset_path, cited=hit.rank in cited) for hit in hits]})
        elif hits:
            from ragmm.render.answer import print_hits

            print_hits(hits, self.docs.asset_path, console())
        else:
            show("Nothing was asked yet." if self.last is None else "Nothing was found.")

    def image(self, name: str) -> None:
        """The next question is about this picture; an empty line asks for its like."""
        file = Path(name).expanduser()
        if not name or not file.is_file():
            raise UsageError(f"there is no picture {name!r}; write /image and the name of a file")
        self.picture = file
        self._done(f"Next question with {short_path(file)}; an empty line finds its like.", {"image": file})

    def reset(self, _: str) -> None:
        """The next question stands alone."""
        self.history.clear()
        self.picture = self.last = None
        self._done("What was said is forgotten.", {"reset": True})

    def help(self, _: str) -> None:
        self._done(HELP, {"help": HELP})

    def quit(self, _: str) -> None:
        raise _LeftError


_COMMANDS: Final[dict[str, Callable[[_Chat, str], None]]] = {
    "/sources": _Chat.sources,
    "/image": _Chat.image,
    "/reset": _Chat.reset,
    "/help": _Chat.help,
    "/quit": _Chat.quit,
    "/exit": _Chat.quit,
}


def _lines(talking: bool) -> Iterator[str]:
    """Lines without their ends, until there are no more; at a terminal Ctrl-C and Ctrl-D end them too."""
    read = _prompted if talking else sys.stdin.readline
    while True:
        try:
            line = read()
        except (EOFError, KeyboardInterrupt):
            if not talking:
                raise
            note("")
            return
        except UnicodeDecodeError as error:
            raise UsageError(f"the input is not UTF-8 (byte {error.start}); send the questions as UTF-8") from None
        if not line:
            return
        # Bytes that are no text come as lone surrogates where the locale is C; nothing further on could encode them.
        yield line.strip().encode("utf-8", "replace").decode("utf-8")


def _prompted() -> str:
    """A line typed at the prompt, editable where the platform can; nothing is kept on disk, Tab completes nothing."""
    try:
        import readline
    except ImportError:
        pass  # without it the line is still read, only not edited
    else:
        readline.set_completer(lambda *_: None)
        readline.set_auto_history(True)
    if sys.stdout.isatty():
        return input(PROMPT) + "\n"
    sys.stderr.write(PROMPT)  # the answers go to a file, the prompt does not belong there
    sys.stderr.flush()
    return input() + "\n"
