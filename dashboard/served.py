"""Under which path the assets are served: one that names their content, so that a browser may keep them for good.

All of one version come from one folder of their own: two versions never mix, and a page that is opened again asks for none of them.
"""

import hashlib
from pathlib import Path
from typing import Final

from dashboard import joined

ASSETS: Final = Path(__file__).with_name("assets")


def version(folder: Path = ASSETS) -> str:
    """Twelve hex digits that change with any name or byte below `folder`, and with how its files are joined."""
    found = hashlib.sha256(Path(joined.__file__).read_bytes())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
