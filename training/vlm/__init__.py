"""How the bundled `mini` vision-language model is made: questions, tower, language model, evaluation, export."""
