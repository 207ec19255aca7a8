"""The texts in a figure, as a reader sees them."""

from matplotlib.text import Text


def texts(figure):
    """Return all visible texts of a figure, one a line."""
    figure.draw_without_rendering()
    found = [each.get_text() for each in figure.findobj(Text) if each.get_visible()]
    return "\n".join(filter(None, found))
