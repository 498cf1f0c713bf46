"""bot.metrics: one page over several processes; dashboards and alerts that name what exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml
from prometheus_client.mmap_dict import MmapedDict

from bot import metric_files, metrics
from bot.supervisor.redis_server import free_port
from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parents[1]
COUNT = (
    "from bot import metrics; metrics.EVENTS.labels('Message').inc({}); metrics.WEBHOOK_SECONDS.observe(0.01)"
)


@pytest.mark.slow
def test_counts_of_several_processes_are_added_up(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    for count in (2, 3):
        subprocess.run([sys.executable, "-c", COUNT.format(count)], env=environment, cwd=ROOT, check=True)
    show = "from bot import metrics; print(metrics.exposition(lambda: {'fennel_redis_up': 1}).decode())"
    page = subprocess.run(
        [sys.executable, "-c", show], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert 'fennel_events_total{type="Message"} 5.0' in page
    assert "fennel_webhook_seconds_count 2.0" in page
    assert "fennel_redis_up 1.0" in page
    assert page.count("# TYPE fennel_events_total counter") == 1


def value_of(sample: str) -> float:
    line = re.search(rf"^{re.escape(sample)} (\S+)$", metrics.exposition().decode(), re.MULTILINE)
    return float(line.group(1)) if line else 0.0


def test_a_trace_is_counted() -> None:
    samples = {
        'fennel_decisions_total{verdict="answer"}': 1.0,
        'fennel_step_seconds_count{step="retrieve"}': 1.0,
        'fennel_engine_tokens_total{engine="test-engine",kind="prompt"}': 7.0,
    }
    before = {sample: value_of(sample) for sample in samples}
    facts = {
        "decision": "answer",
        "engine": "test-engine",
        "seconds": {"retrieve": 0.2, "total": 0.5},
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }
    metrics.count_answer(facts)
    metrics.count_answer({})
    assert {sample: value_of(sample) - before[sample] for sample in samples} == samples


def test_a_worker_can_serve_its_own_page() -> None:
    port = free_port()
    server, thread = metrics.serve(port)
    try:
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LIMIT).read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert b"fennel_answers_total" in page


GAUGES = {
    *("fennel_redis_up", "fennel_queue_waiting", "fennel_queue_running", "fennel_queue_oldest_seconds"),
    *("fennel_queue_parked", "fennel_workers", "fennel_ready", "fennel_degraded"),
}


def known_names() -> set[str]:
    names = set(re.findall(r"^# TYPE (\w+) ", metrics.exposition().decode(), re.MULTILINE))
    parts = {name + suffix for name in names for suffix in ("_bucket", "_sum", "_count")}
    return names | parts | GAUGES


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\bfennel_\w+", text))


def test_the_dashboard_and_the_alerts_name_only_what_exists() -> None:
    dashboard = json.loads((ROOT / "docs/grafana.json").read_text("utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    alerts = yaml.safe_load((ROOT / "docs/alerts.yaml").read_text("utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    expressions += [rule["expr"] for rule in rules]
    assert len(expressions) > 15
    assert named_in(" ".join(expressions)) - known_names() == set()
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["annotations"]["summary"]


COUNTING = """
import os, sys
if sys.argv[1] == "full":
    def full(*_): raise OSError(28, "No space left on device")
    os.posix_fallocate = full
from bot import metrics
for number in range(2_000):
    metrics.EVENTS.labels(f"type-{number}").inc()
"""


def test_the_room_of_its_files_is_taken_before_it_counts(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COUNTING, "room"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    files = list(tmp_path.glob("*.db"))
    assert files
    for file in files:
        assert file.stat().st_blocks * 512 >= file.stat().st_size >= metric_files.BYTES, "no holes"


def test_a_file_that_another_release_began_with_holes_gets_its_room_and_keeps_its_counts(
    tmp_path: Path,
) -> None:
    file = tmp_path / "counter_1.db"
    with file.open("wb") as out:
        out.truncate(4 << 20)
    begun = MmapedDict(str(file))
    begun.write_value("asked", 7.0, 0.0)
    begun.close()
    assert file.stat().st_blocks * 512 < file.stat().st_size, "it is mostly holes"
    kept = metric_files.WholeFile(str(file))
    assert kept.read_value("asked")[0] == 7.0
    kept.close()
    assert file.stat().st_blocks * 512 >= file.stat().st_size >= 4 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_on_a_full_disk_it_counts_in_memory_and_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COUNTING, "full"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert "counts are kept in memory" in done.stderr
    assert not list(tmp_path.iterdir()), "an empty file would break the page of the others"
