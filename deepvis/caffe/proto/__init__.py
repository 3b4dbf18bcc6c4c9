"""pycaffe's ``caffe.proto``."""
