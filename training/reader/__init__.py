"""How the bundled mini reader is made: data, model, training, evaluation, export.

**What it is.** MiniLM-L6 with a head for the start and the end of a span (place 0, `[CLS]`, stands for none) and a
logit of there being an answer, from `[CLS]` and what the two heads look at. Word and position vectors stay as they
are, so that only the difference of the layers ships: int8 rows, about 13 MB. Beside the word vectors stand three
small tables of its own.

1. *Matches*: of each word of the passage, whether the question has it (as a small word, a number, exactly, as another
   form, with its neighbour), and of each word of the question, whether the passage has it. A name or year of the
   question that the passage lacks is seen in the first layer: that is what refusing rests on, and what makes Chinese
   learnable.
2. *Shapes*: capital, capitals, year, number, letters with digits; once more for what stands before the passage. The
   vocabulary is in lower case, a name is seen by this alone.
3. *Own characters*: 5,000 ideographs that the English vocabulary does not know, from what stands beside them in the
   Chinese passages (PPMI and an SVD), of the length of MiniLM's word vectors.

**What it is shown.** Windows of whole sentences around the answer, 24 to 110 pieces, the answer anywhere in them: two
to three times the examples a second of whole paragraphs, and as long as what the product reads. 45 % have a file name
or headings before them; 15 % have their lines broken. A third cannot be answered: the real ones of SQuAD 2.0's two
thirds (with plain questions on the same passages, so that no passage alone means none), another paragraph of the
article, the paragraph without its sentence, a year, number or name of the question exchanged for another. 11 % are
documents made by code (`document_facts.txt`: minutes, bylaws, reports, budgets, data sheets, papers, mail), as
sentences, lines and lists, with neighbouring years, other members and other parts beside what is asked. 45 % of the
questions are changed: lower case, no question mark, slips, key words alone.

*Tables.* A second head over `[CLS]` scores options, each read like a passage (`pipelines/answer/options.py`): a row as
its label and what of it the question names, a column as its head with the value in the right row. Of each question the
right one and three wrong ones, mostly those that the words speak for, and none of score 0, which is right where the
right one was left out (a tenth). Tables of tested files are left out, and a tenth of the others, to fit weights on.
`--tables` says what share of the pieces they are.

**How.** float32, no dropout, AdamW 8e-5 (a tenth less a layer down, four times as much for the new tables), batches
of like length of 1,536 pieces, some twenty examples. 2e-4 and 3e-4 stood still after 8,000 examples. The rate falls
over the last stretch before a time of day; `before-fall.pt` is where a later run goes on. `batches.sources` is the
mix and may change between runs: each source remembers how far it was read.

    python -m training.reader.train --out /some/folder/run1 --until 14:48
    python -m training.reader.evaluate /some/folder/run1/last.pt --fit
    python -m training.reader.export /some/folder/run1/last.pt FOLDER
    python -m training.reader.train --out /some/folder/run2 --until 18:00 --from FOLDER

`--short` counts in bfloat16: what stays is rounded, what is learnt is not. On a processor that counts so it is 1.8
times as fast, 2,400 pieces a second and core.

*Later.* Each export weighs 13 MB in every clone for good. What is learnt on top of one moves the matrices by thin
products alone (`--rank`) and ships as a file of 2 MB beside it. Spans that learn on alone (`--tables 0`) forget tables,
and ship beside the reader as a second opinion (`--second`):

    python -m training.reader.train --out /some/folder/run3 --until 18:00 --from FOLDER --rank 48 --rate 1e-4 --short
    python -m training.reader.export /some/folder/run3/last.pt FOLDER --later 48
    python -m training.reader.export /some/folder/run4/last.pt FOLDER --later 48 --second
"""
