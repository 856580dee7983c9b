"""How the bundled mini reader is made: data, model, training, evaluation, export."""
