"""Text → vector, by all-MiniLM-L6-v2. PyTorch is needed once, at set-up; afterwards onnxruntime does the work.

`ensure_exported` runs at set-up (about 20 s the first time, then a fifth of a second); `load_encoder` in the app, the
CLI and the worker (0.3 s, then at once); `Encoder.encode` gives vectors of unit length, so that the dot product of two
is their cosine.
"""

from typing import TYPE_CHECKING, Any

from ci_core.embeddings.export import ensure_exported
from ci_core.embeddings.manifest import DIMENSIONS, MODEL_NAME

if TYPE_CHECKING:
    from ci_core.embeddings.model import Encoder, encode_query, load_encoder

__all__ = ["DIMENSIONS", "MODEL_NAME", "Encoder", "encode_query", "ensure_exported", "load_encoder"]


def __getattr__(name: str) -> Any:
    # Loading onnxruntime takes longer than a whole set-up that only asks whether the export is there.
    if name in __all__:
        from ci_core.embeddings import model

        return getattr(model, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
