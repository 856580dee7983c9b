"""How an embedder runs: on which device, in which precision, with how many threads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Device", "Dtype", "EmbedderSettings"]


class Device(StrEnum):
    """Where the model computes."""

    AUTO = "auto"
    """CUDA where there is one, else Apple's GPU, else the CPU."""
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Dtype(StrEnum):
    """The precision of the weights while computing; vectors are always float32."""

    AUTO = "auto"
    """bfloat16 where the processor is good at it. sentence-transformers text on a CPU: float32, but eight bits for the
    passages of small models where the processor sums those exactly."""
    FLOAT32 = "float32"
    """Of texts, the same vectors on every machine."""
    BFLOAT16 = "bfloat16"


@dataclass(frozen=True, kw_only=True)
class EmbedderSettings:
    """None of these changes what a space means: vectors made with different ones may be mixed."""

    device: Device = Device.AUTO
    dtype: Dtype = Dtype.AUTO
    batch_size: int = 16
    """At most this many inputs at once; a CPU gains nothing beyond 16, a GPU likes 64 to 256."""
    threads: int = 0
    """The one knob: threads of the model on the CPU, and as many for decoding images beside it; 0 takes the cores
    this process may use."""
