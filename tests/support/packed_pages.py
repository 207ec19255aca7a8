"""The data packed into a page."""

import base64
import gzip
import json
import re


def packed_data(page):
    """Return the data from which a page's figures are drawn."""
    text = re.search(r"id='data'>([^<]*)<", page)[1]
    return json.loads(gzip.decompress(base64.b64decode(text)))


def assert_alone(page):
    """Check that a page asks for no other file."""
    assert not re.search(r"""(src|href)\s*=\s*['"](?!#)""", page.split("<script")[0])
    assert re.search(r"""<(img|link|iframe)|<script[^>]*src""", page) is None
