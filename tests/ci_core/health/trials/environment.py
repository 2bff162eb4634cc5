"""A small environment for the tests of a stand-in repository: pytest and nothing else, so that it starts fast."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


def small_environment(folder: Path, packages: tuple[str, ...] = PACKAGES) -> Path:
    """Make it below a folder, and give its interpreter."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    (folder / "bin" / "python").symlink_to(base)
    (folder / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    installed = Path(sysconfig.get_path("purelib"))
    for package in packages:
        for file in metadata.files(package) or ():
            top = file.parts[0]
            place, source = site / top, installed / top
            if top in {"..", "__pycache__"} or not source.exists() or place.exists():
                continue
            # No links: what they lead to may lie below /tmp, which the tests of a repository do not see.
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)
    return folder / "bin" / "python"
