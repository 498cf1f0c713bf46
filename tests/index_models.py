"""Tiny models, made and saved by the tests, that sentence-transformers loads as it loads any other."""

from __future__ import annotations

from pathlib import Path

_TEXTS = [
    "install the package",
    "安装软件包",
    "quantize the kv cache",
    "量化缓存",
    "train a model",
    "训练模型",
] * 5


def save_static_embedding(folder: Path) -> None:
    """A StaticEmbedding over byte pairs, with random vectors from a fixed seed."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.trainers import BpeTrainer

    torch.manual_seed(0)
    tokenizer = Tokenizer(BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.train_from_iterator(
        _TEXTS, BpeTrainer(vocab_size=200, special_tokens=["[UNK]"], show_progress=False)
    )
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_dim=32), Normalize()], device="cpu"
    )
    model.save_pretrained(str(folder), create_model_card=False)


def save_cross_encoder(folder: Path) -> None:
    """A BERT of two small layers with one output, random from a fixed seed."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    letters = sorted({character for text in _TEXTS for character in text if not character.isspace()})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(str(folder))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(str(folder))
