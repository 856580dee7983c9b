"""The three sets of models a user can start from, and what each of them costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MINI_NOTICE", "PHOTOS_KNOW", "PROFILES", "ProfileModel", "ProfileModels"]

PHOTOS_KNOW = "knows about a thousand kinds of things; not actions, places, styles"
"""What is to be said of the model that looks at photographs."""
MINI_NOTICE = (
    "mini models: good English text search; in pictures they know drawn shapes, colours, counts, charts, page kinds "
    "and emoji; of photographs, with the extra photos, about a thousand kinds of things, not actions, places, styles. "
    "For more of those and other languages: ragmm init --profile standard"
)
"""The one line that a first run shows."""


@dataclass(frozen=True, kw_only=True)
class ProfileModel:
    """One model of a profile, with what a user wants to know before fetching it."""

    name: str
    """As in a pipeline file; "none" leaves the role empty."""
    download_mb: int = 0
    memory_mb: int = 0
    """Of the weights as loaded: float32 on a CPU without bfloat16, else bfloat16."""
    licence: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ProfileModels:
    """A model for each role of a pipeline."""

    name: str
    runs_on: str
    notice: str
    shared: ProfileModel
    text: ProfileModel
    caption: ProfileModel
    vlm: ProfileModel
    rerank: ProfileModel

    def models(self) -> tuple[ProfileModel, ...]:
        """Each different model once, in the order of the roles."""
        roles = (self.shared, self.text, self.caption, self.vlm, self.rerank)
        return tuple({model.name: model for model in reversed(roles) if model.name != "none"}.values())[::-1]


_NONE = ProfileModel(name="none")
_QWEN_2B = ProfileModel(
    name="hf:Qwen/Qwen3-VL-2B-Instruct",
    download_mb=4_260,
    memory_mb=4_300,
    licence="Apache-2.0",
    why="reads charts, tables and scans in 30 languages; the smallest whose answers rest on the page",
)
_QWEN_8B = ProfileModel(
    name="hf:Qwen/Qwen3-VL-8B-Instruct",
    download_mb=17_500,
    memory_mb=17_600,
    licence="Apache-2.0",
    why="long contexts of many pages and figures at once; strong on documents and charts",
)

PROFILES: Mapping[str, ProfileModels] = {
    "mini": ProfileModels(
        name="mini",
        runs_on="anything",
        notice=MINI_NOTICE,
        shared=ProfileModel(
            name="mini",
            memory_mb=120,
            licence="Apache-2.0",
            why="ships with ragmm: a small image tower trained into the space of all-MiniLM-L6-v2",
        ),
        text=ProfileModel(
            name="st:all-MiniLM-L6-v2",
            download_mb=88,
            memory_mb=91,
            licence="Apache-2.0",
            why="a package, or ragmm models pull mini; the same text vectors as the shared space",
        ),
        caption=ProfileModel(
            name="mini",
            memory_mb=10,
            licence="Apache-2.0",
            why="ships with ragmm: puts drawn pictures and charts into words, and knows what it does not know",
        ),
        vlm=ProfileModel(
            name="extractive",
            licence="Apache-2.0",
            why="the value that the bundled reader points at, or the sentences that answer best; nothing is written",
        ),
        rerank=_NONE,
    ),
    "standard": ProfileModels(
        name="standard",
        runs_on="a CPU with 16 GB of memory, or a GPU with 12 GB",
        notice="",
        shared=ProfileModel(
            name="open_clip:timm/ViT-B-16-SigLIP2-256",
            download_mb=1_540,
            memory_mb=1_500,
            licence="Apache-2.0",
            why="multilingual, knows photographs and documents; 768-d; about 10 images/s on one bfloat16 core",
        ),
        text=ProfileModel(
            name="st:ibm-granite/granite-embedding-97m-multilingual-r2",
            download_mb=200,
            memory_mb=390,
            licence="Apache-2.0",
            why="200 languages and a long context at the speed of a small model; 384-d",
        ),
        caption=_QWEN_2B,
        vlm=_QWEN_2B,
        rerank=ProfileModel(
            name="st:BAAI/bge-reranker-v2-m3",
            download_mb=2_290,
            memory_mb=2_270,
            licence="Apache-2.0",
            why="multilingual cross-encoder; orders the best 50 passages anew",
        ),
    ),
    "max": ProfileModels(
        name="max",
        runs_on="a GPU with 64 GB or more",
        notice="",
        shared=ProfileModel(
            name="st:Qwen/Qwen3-VL-Embedding-8B",
            download_mb=16_300,
            memory_mb=16_400,
            licence="Apache-2.0",
            why="one space for text, photographs, charts and whole page images; 4096-d",
        ),
        text=ProfileModel(
            name="st:Qwen/Qwen3-Embedding-4B",
            download_mb=8_050,
            memory_mb=8_100,
            licence="Apache-2.0",
            why="100 languages, 32k tokens; 2560-d",
        ),
        caption=_QWEN_8B,
        vlm=_QWEN_8B,
        rerank=ProfileModel(
            name="st:Qwen/Qwen3-VL-Reranker-2B",
            download_mb=4_270,
            memory_mb=4_300,
            licence="Apache-2.0",
            why="scores passages and images alike against the question",
        ),
    ),
}
