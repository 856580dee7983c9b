"""How the weights of `ragmm.pipelines.answer.cells` are fitted, on published questions about tables."""
