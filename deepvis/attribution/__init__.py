"""Attribution: which part of a picture speaks for a unit."""
