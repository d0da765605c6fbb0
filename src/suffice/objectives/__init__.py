"""What makes a summary informative: each objective holds all that is learned, and brings its loss."""

from ._ratio import Ratio as Ratio
