"""The settings of the toolbox and their defaults.

To change one, write it into settings_local.py beside this file; the command line overrides both.
The names of the 2015 toolbox are accepted there too. Paths are relative to the file that holds
them, and %DVT_ROOT% stands for its folder. Printed by: python -m deepvis.settings.table"""

# ---- The network

# Name or folder of the model (see deepvis models); None: the embedded default. Type: a text.
model = None

# Your own network: FILE.py:NAME or package.module:NAME, code of yours that makes a torch.nn.Module;
# torchvision:NAME, timm:NAME; FILE.pt2; or Caffe's deploy.prototxt. Type: a text.
network = None

# The same, as it is called for Caffe's networks. Type: a text.
prototxt = None

# Its weights: a .caffemodel; .pth, .pt or .safetensors for a module. Type: a text.
weights = None

# Layers without weights keep their initial values. Type: True or False.
fill = False

# Run what a .pt2 brings along to be run when it is read. Type: True or False.
trust_file = False

# Its mean: .npy, .binaryproto, or one number per channel, on the scale of 0 to input_scale, in the
# network's channel order. Type: a file (.npy, .binaryproto) or one number per channel.
mean = None

# One number per channel: x = (pixel / 255 * input_scale - mean) / std. Type: one number above 0 per
# channel.
std = None

# Text file with a class name per line. Type: a text.
labels = None

# Layers whose channels are the classes. Type: a list of names.
label_layers = None

# Layer of the class probabilities, for the top 5. Type: a text.
prob_layer = None

# Blob that takes the picture, where a network has several inputs. Type: a text.
data_blob = None

# NAME=FILE.npy of inputs that take no picture; else zeros. Type: a list of names.
inputs = None

# (height, width) of the network's input. Type: two whole numbers above 0, (height, width).
input_size = None

# Channels of the network's input, where the network does not tell. Type: a whole number, 0 or more.
channels = None

# How a module takes pictures; None: it is found. Type: one of NCHW, NHWC.
layout = None

# Order of the network's colour channels. Type: one of BGR, RGB.
channel_order = None

# Value of a white pixel before mean and std: 255, or 1. Type: a number above 0.
input_scale = None

# True for layers to leave out of the window. Type: a function of a layer's name.
layer_filter = None

# Layer's name -> name in the layer list. Type: a function of a layer's name.
short_name = None

# Folder of the unit images (unit_jpg_vis). Type: a text.
unit_image_dir = None

# Layers that have unit images; None: look. Type: a list of names.
unit_image_layers = None

# Layer -> the layer whose unit images it borrows. Type: a dictionary of layer names.
remap = None

# ---- Where it runs

# engine, caffe (an installed pycaffe) or auto. Type: one of auto, engine, caffe, fake.
backend = "engine"

# auto, cpu, cuda or cuda:N. Type: auto, cpu, cuda or cuda:N.
device = "auto"

# Checkout of Caffe whose python/ the caffe backend imports. Type: a text.
caffe_root = None

# ---- Input

# Photos to show: a folder, one file, or a text file of paths. Type: a text.
images = None

# Number of the camera; None: no camera. Type: a whole number, 0 or more.
camera = 0

# Video file or address to play in the camera's place. Type: a text.
video = None

# Stretch pictures to the network's shape rather than crop them. Type: True or False.
stretch = False

# Show the camera as a mirror does. Type: True or False.
mirror = True

# ---- The window

# Size of the window, 1: 1500 x 930 pixels. Type: a number above 0.
scale = 1.0

# (height, width) of the window in pixels. Type: two whole numbers above 0, (height, width).
window_size = None

# Size of the text. Type: a number above 0.
font_scale = 1.0

# Pane -> (row, column, height, width), None: leave it out. Type: pane names with (row, column, height,
# width).
panes = None

# Class names and probabilities from the start (key C). Type: True or False.
label_predictions = True

# Unit images from the start (key U). Type: True or False.
unit_images = True

# Back projection from the start (key b); auto: deconv where nothing is asked for but the default, else
# off. Type: one of auto, off, gradient, deconv, guided.
back_mode = "auto"

# Gamma boost from the start: place in 1, 0.7, 0.5, 0.3 (key t). Type: a whole number, 0 or more.
gamma_boost = 0

# Individual boost from the start: place in 0, 0.3, 0.5, 0.8, 1 (key T). Type: a whole number, 0 or more.
individual_boost = 0

# How values become brightness: readable, or 2015: linear from 0 to the layer's largest value in every
# pane. Type: one of readable, 2015.
look = "readable"

# Colours of tiles, Unit pane and zoom (key V). Type: one of gray, viridis, cividis, magma, signed.
colormap = "gray"

# Each layer keeps its scale, from the start (key E). Type: True or False.
fixed_scale = False

# Back projection over the input from the start: place in off, 40 %, 70 % (key A). Type: a whole number,
# 0 or more.
overlay = 0

# Debug level from the start (key D). Type: a whole number, 0 or more.
debug = 0

# Further keys of commands, as {"debug_level": "5"}: each key then does that alone. Type: names of
# commands, or of the original's bindings, with a key or a list of keys.
key_bindings = None

# Distance of a fast move. Type: a whole number, 0 or more.
fast = 3

# Bytes that the cache of unit images may hold. Type: a whole number, 0 or more.
unit_image_cache = 268435456

# Folder for the pictures that key p saves. Type: a text.
pictures = "."
