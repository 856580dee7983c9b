"""The notebook that ships as an example runs in a kernel of its own, and shows what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.needs("nbclient", "ipykernel"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def played(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after a run from its first cell to its last; a cell that fails, fails here."""
    import nbformat
    from nbclient import NotebookClient

    file = repository / "examples" / "notebook.ipynb"
    if not file.exists():
        pytest.skip("run away from the checkout: no examples here")
    folder = tmp_path_factory.mktemp("notebook")
    patch = pytest.MonkeyPatch()
    patch.setenv("IPYTHONDIR", str(folder / "ipython"))
    patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
    try:
        notebook = nbformat.read(file, as_version=4)
        assert not any(cell.get("outputs") for cell in notebook.cells), "it is shipped without outputs"
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    finally:
        patch.undo()
    return notebook


def shown(notebook: Any, code: str) -> dict[str, str]:
    """What the first cell that holds the code shows, by media type."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source)
    found: dict[str, str] = {}
    for output in cell.outputs:
        found |= output.get("data", {})
    return found


def test_reports_collections_and_results_are_shown_as_html_and_markdown(played: Any) -> None:
    report, result = shown(played, "docs.ingest"), shown(played, "result = docs.query")
    (docs,) = (cell.outputs[0].data for cell in played.cells if cell.source == "docs")
    assert "added" in report["text/html"]
    assert "documents" in docs["text/html"]
    assert "relevance" in result["text/html"]
    assert "relevance" in result["text/markdown"]
    assert result["text/plain"].startswith("QueryResult(question='How long does the crossing")
    assert "crew" in result["text/html"]


def test_figures_and_their_pages_are_pictures(played: Any) -> None:
    assert "data:image/png;base64," in shown(played, "figures = docs.search")["text/html"]
    assert "image/png" in shown(played, "figures[0].image")
    assert "image/png" in shown(played, "page_image(boxes=True)")


def test_what_is_awaited_is_shown_with_show(played: Any) -> None:
    assert "relevance" in shown(played, "docs.astream")["text/html"]


def test_a_diff_names_the_new_document(played: Any) -> None:
    assert "new.md" in shown(played, "docs.diff")["text/html"]
