"""The section on how much of the information about each parameter the summary keeps."""

import numpy as np
from matplotlib.axes import Axes

from ..information import Retained
from ..plots import retained as plot_retained
from ._image import image
from ._parts import Figures, Section, Table, Text
