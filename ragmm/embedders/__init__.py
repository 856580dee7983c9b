"""From texts and images to vectors: one contract, sentence-transformers and OpenCLIP behind it.

Nothing is imported here, so that reading the settings of a pipeline file costs no numpy.
"""
