"""The command line, the environment and the log of LMDeploy's api_server."""

from __future__ import annotations

from bot.config.settings import LLMSettings, Settings
from tests.fake_lmdeploy import parser
from worker.engines.turbomind.gpu import GraphicsCard
from worker.engines.turbomind.launch import (
    ServerPlan,
    command,
    environment,
    needs_remote_code,
    reason_of_death,
    server_plans,
    stage,
)

CARD = GraphicsCard(0, "NVIDIA RTX 4090", 24 << 30, 23 << 30, 8.9)


def test_command_line_for_a_card_is_what_lmdeploy_takes() -> None:
    (plan,) = server_plans(Settings(), (CARD,))
    line = command(LLMSettings(), plan, transformers="5.17.0")
    given = parser().parse_args(line[3:])
    assert (given.model_path, given.model_name) == ("internlm/internlm2-chat-7b", "internlm2-chat-7b")
    assert (given.server_name, given.server_port) == ("127.0.0.1", 23333)
    assert given.enable_prefix_caching
    assert not given.trust_remote_code
    assert 0 < given.cache_max_entry_count <= 0.8
    assert given.session_len == 8192
    assert plan.memory is not None
    assert plan.memory.fits


def test_settings_of_the_operator_win() -> None:
    llm = LLMSettings(
        session_len=4096, cache_max_entry_count=0.3, quant_policy=4, max_batch_size=7, port=9000
    )
    (first, second) = server_plans(Settings(llm=llm), (CARD, CARD))
    given = parser().parse_args(command(llm, second, transformers="4.57.6")[3:])
    assert (given.session_len, given.cache_max_entry_count) == (4096, 0.3)
    assert (given.quant_policy, given.max_batch_size, given.server_port) == (4, 7, 9001)
    assert given.trust_remote_code
    assert first.url == "http://127.0.0.1:9000/v1"


def test_a_model_of_unknown_size_leaves_half_the_memory() -> None:
    llm = LLMSettings(model="acme/unknown")
    given = parser().parse_args(command(llm, ServerPlan(CARD, 1, None), transformers="5.17")[3:])
    assert (given.cache_max_entry_count, given.session_len, given.quant_policy) == (0.5, 8192, 0)


def test_environment_has_the_card_and_the_mirror_but_no_secret() -> None:
    base = {
        "PATH": "/bin",
        "FEISHU_APP_SECRET": "s",
        "FENNEL_LLM__API_KEY": "k",
        "OPENAI_API_KEY": "o",
        "HF_TOKEN": "t",
    }
    llm = LLMSettings(hf_endpoint="https://hf-mirror.com", use_modelscope=True)
    found = environment(llm, CARD, base)
    assert found == {
        "PATH": "/bin",
        "HF_TOKEN": "t",
        "CUDA_VISIBLE_DEVICES": "0",
        "HF_ENDPOINT": "https://hf-mirror.com",
        "LMDEPLOY_USE_MODELSCOPE": "True",
    }


def test_what_the_log_says() -> None:
    assert "driver" in reason_of_death("ImportError: libcublas.so.12: cannot open shared object file")
    assert "hf_endpoint" in reason_of_death("OSError: Repository Not Found for url")
    assert reason_of_death("all is well") == ""
    assert stage("Fetching 12 files:  25%|##\rFetching 12 files:  50%|####") == "Fetching 12 files:  50%"
    assert stage("") == ""
    assert not needs_remote_code("Qwen/Qwen2.5-7B-Instruct", "4.57.6")
