"""The documentation's own modules, as the site's configuration finds them."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "docs" / "extensions"), str(Path(__file__).parent)]
