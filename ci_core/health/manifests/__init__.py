"""Which packages a repository says that it needs, from every kind of file that says so."""

from ci_core.health.manifests.reading import Manifests, is_manifest, read_manifests
from ci_core.health.manifests.values import Declared, Use

__all__ = ["Declared", "Manifests", "Use", "is_manifest", "read_manifests"]
