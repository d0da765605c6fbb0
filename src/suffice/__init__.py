"""suffice finds the few numbers that suffice: learned summaries, their information, checked posteriors."""

__version__ = "0.1.0"
