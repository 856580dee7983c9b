"""ragmm: ask questions over a folder of mixed documents and see the pages, figures and photos the answer rests on."""

__version__ = "0.1.0"
