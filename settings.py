"""The settings of the toolbox and their defaults.

To change one, write it into settings_local.py beside this file; the command line overrides both.
The names of the 2015 toolbox are accepted there too. Paths are relative to the file that holds
them, and %DVT_ROOT% stands for its folder. Printed by: python -m deepvis.settings.printing"""

# ---- The network

# Name or folder of the model (see deepvis models); None: the embedded default. Type: a text. Option:
# --model.
model = None

# Your own network: FILE.py:NAME or package.module:NAME, code of yours that makes a torch.nn.Module and
# is run; torchvision:NAME, timm:NAME; FILE.onnx; FILE.pt2; or Caffe's deploy.prototxt. Type: a text.
# Option: --network.
network = None

# The same, as it is called for Caffe's networks. Type: a text. Option: --prototxt.
prototxt = None

# Its weights: a .caffemodel; .pth, .pt or .safetensors for a module. Type: a text. Option: --weights.
weights = None

# Layers without weights keep their initial values. Type: True or False. Option: --fill.
fill = False

# Run what a .pt2 brings along to be run when it is read. Type: True or False. Option: --trust-file.
trust_file = False

# Its mean: .npy, .binaryproto, or one number per channel, on the scale of 0 to input_scale, in the
# network's channel order. Type: a file (.npy, .binaryproto) or one number per channel. Option: --mean.
mean = None

# One number per channel: x = (pixel / 255 * input_scale - mean) / std. Type: one number above 0 per
# channel. Option: --std.
std = None

# Text file with a class name per line. Type: a text. Option: --labels.
labels = None

# Layers whose channels are the classes. Type: a list of names. Option: --label-layers.
label_layers = None

# Layer of the class probabilities, for the top 5. Type: a text. Option: --prob-layer.
prob_layer = None

# Blob that takes the picture, where a network has several inputs. Type: a text. Option: --data-blob.
data_blob = None

# NAME=FILE.npy of inputs that take no picture; else zeros. Type: a list of NAME=FILE.npy. Option:
# --input.
inputs = None

# (height, width) of the network's input. Type: two whole numbers of 1 to 65535, (height, width). Option:
# --input-size.
input_size = None

# Channels of the network's input, where the network does not tell. Type: a whole number of 1 to 65535.
# Option: --channels.
channels = None

# How a module takes pictures; None: it is found. Type: one of NCHW, NHWC. Option: --layout.
layout = None

# Order of the network's colour channels. Type: one of BGR, RGB. Option: --channel-order.
channel_order = None

# Value of a white pixel before mean and std: 255, or 1. Type: a number above 0. Option: --input-scale.
input_scale = None

# Dictionary of a layer, by deepvis dictionary: its atoms are a further layer. Type: a text. Option:
# --dictionary.
dictionary = None

# True for layers to leave out of the window. Type: a function of a layer's name.
layer_filter = None

# Layer's name -> name in the layer list. Type: a function of a layer's name.
short_name = None

# Folder of the unit images (unit_jpg_vis). Type: a text. Option: --unit-images.
unit_image_dir = None

# Layers that have unit images; None: look. Type: a list of names. Option: --unit-image-layers.
unit_image_layers = None

# Layer -> the layer whose unit images it borrows. Type: a dictionary of layer names.
remap = None

# ---- Where it runs

# engine, caffe (an installed pycaffe) or auto. Type: one of auto, caffe, engine, fake. Option:
# --backend.
backend = "engine"

# auto, cpu, cuda or cuda:N. Type: auto, cpu, cuda or cuda:N. Option: --device.
device = "auto"

# Checkout of Caffe whose python/ the caffe backend imports. Type: a text. Option: --caffe-root.
caffe_root = None

# A second network beside the first, on the same pictures: a model's name or folder, or a network's file.
# Type: a text. Option: --compare.
compare = None

# ---- Input

# Photos to show: a folder, one file, or a text file of paths. Type: a text. Option: --images.
images = None

# Number of the camera; None: no camera. Type: a whole number, 0 or more. Option: --camera.
camera = 0

# Video file or address to play in the camera's place. Type: a text. Option: --video.
video = None

# Stretch pictures to the network's shape rather than crop them. Type: True or False. Option: --stretch.
stretch = False

# Show the camera as a mirror does. Type: True or False. Option: --no-mirror.
mirror = True

# Seconds that autoplay shows each photo (key ctrl+a). Type: a number above 0. Option:
# --autoplay-seconds.
autoplay_seconds = 4.0

# ---- The window

# Size of the window, 1: 1500 x 930 pixels. Type: a number above 0, 20 at most. Option: --scale.
scale = 1.0

# (height, width) of the window in pixels. Type: two whole numbers of 150 to 16384, (height, width).
# Option: --size.
window_size = None

# Size of the text. Type: a number above 0, 20 at most. Option: --font-scale.
font_scale = 1.0

# Pane -> (row, column, height, width), None: leave it out. Type: pane names with [row, column, height,
# width], whole numbers of 0 or more, or None.
panes = None

# Class names and probabilities from the start (key C). Type: True or False. Option:
# --no-label-predictions.
label_predictions = True

# Unit images from the start (key U). Type: True or False. Option: --no-unit-images.
unit_images = True

# Back projection from the start (key b); auto: deconv where nothing is asked for but the default, else
# off. Type: one of auto, off, gradient, deconv, guided. Option: --back-mode.
back_mode = "auto"

# Gamma boost from the start: place in 1, 0.7, 0.5, 0.3 (key t). Type: a whole number of 0 to 3. Option:
# --gamma-boost.
gamma_boost = 0

# Individual boost from the start: place in 0, 0.3, 0.5, 0.8, 1 (key T). Type: a whole number of 0 to 4.
# Option: --individual-boost.
individual_boost = 0

# How values become brightness: readable, or 2015: linear from 0 to the layer's largest value in every
# pane. Type: one of readable, 2015. Option: --look.
look = "readable"

# Colours of tiles, Unit pane and zoom (key V). Type: one of gray, viridis, cividis, magma, signed.
# Option: --colormap.
colormap = "gray"

# Each layer keeps its scale, from the start (key E). Type: True or False. Option: --fixed-scale.
fixed_scale = False

# Back projection over the input from the start: place in off, 40 %, 70 % (key A). Type: a whole number
# of 0 to 2. Option: --overlay.
overlay = 0

# Attribution over the input from the start (key B). Type: one of off, grad_cam, layer_cam,
# input_x_gradient, integrated_gradients, smooth_grad, occlusion, lrp. Option: --attribution.
attribution = "off"

# Debug level from the start (key D). Type: a whole number of 0 to 2. Option: --debug.
debug = 0

# Presenter mode from the start: large text, and what was pressed (key f5). Type: True or False. Option:
# --presenter.
presenter = False

# First-minute hints, each until done once: on, off, again: all once more; auto: on, but not headless.
# Type: one of auto, on, off, again. Option: --hints.
hints = "auto"

# Further keys of commands, as {"debug_level": "5"}: each key then does that alone. Type: names of
# commands, or of the original's bindings, with a key or a list of keys.
key_bindings = None

# Distance of a fast move. Type: a whole number, 0 or more. Option: --fast.
fast = 3

# Bytes that the cache of unit images may hold. Type: a whole number, 0 or more. Option:
# --unit-image-cache.
unit_image_cache = 268435456

# Folder for the pictures that key p saves. Type: a text. Option: --pictures.
pictures = "."
