"""Graphs run by ONNX Runtime on the CPU: one thread a run, and as many runs at once as there are threads to use."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ragmm.errors import ModelError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["GraphRunner", "at_once", "one_thread", "runs_graphs"]


@cache
def runs_graphs() -> bool:
    """Whether ONNX Runtime is installed; it is not imported."""
    return importlib.util.find_spec("onnxruntime") is not None


class GraphRunner:
    """A graph, ready to run. Safe to use from several threads."""

    def __init__(self, graph: bytes, *, folder: Path | None = None) -> None:
        """`folder`: of the file that the graph reads its weights from. Raises ModelError for what cannot be run."""
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        known = (errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NoSuchFile)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # inputs are of any length, and a plan for each of them would be kept
        options.enable_cpu_mem_arena = False
        if folder is not None:
            options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except (*known, errors.NotImplemented, errors.RuntimeException, RuntimeError) as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelError(
                f"ONNX Runtime cannot run the model{f' in {folder}' if folder else ''}: {reason}"
            ) from error

    def run(self, **inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """What the graph puts out."""
        made: list[NDArray[Any]] = self._session.run(None, inputs)
        return made


def at_once(
    run: Callable[[NDArray[Any]], NDArray[Any]], inputs: Sequence[NDArray[Any]], threads: int
) -> list[NDArray[Any]]:
    """The outputs in the order of the inputs."""
    if threads < 2 or len(inputs) < 2:
        return [run(one) for one in inputs]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, inputs))


def one_thread() -> AbstractContextManager[Any]:
    """NumPy's matrix products on one thread."""
    limited: AbstractContextManager[Any] = _blas().limit(limits=1, user_api="blas")
    return limited


@cache
def _blas() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
