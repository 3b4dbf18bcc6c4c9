"""Caffe's files and layers, turned into a graph."""
