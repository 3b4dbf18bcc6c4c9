"""The gallery: static pages of all units of a network, as the paper has on the web."""
