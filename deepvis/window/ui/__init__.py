"""A scene drawn to pixels, and the window that shows them."""
