"""What docs/en/operations.md promises, sentence by sentence, each with the tests that show it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/en/operations.md"
STORIES = "tests/scenarios/"
AWAY, HOOK = f"{STORIES}test_feishu_away.py::", f"{STORIES}test_webhook.py::"
CHAOS = f"{STORIES}test_chaos.py::test_every_message_gets_exactly_one_final_card"

PROMISES: dict[str, tuple[str, ...]] = {
    "In production run the same commands under systemd": (
        "tests/test_deploy.py::test_units_start_what_there_is",
        "tests/test_runner.py::test_a_stop_hands_back_what_does_not_finish",
        CHAOS,
    ),
    "Ctrl+C, a kill or a closed terminal": (
        f"{STORIES}test_ending.py::test_up_leaves_no_process",
        f"{STORIES}test_ending.py::test_a_replay_leaves_no_process",
    ),
    "| `/healthz`": (f"{HOOK}test_operator_pages_are_on_their_own_port_whatever_headers_say",),
    "| `/readyz` | 200 when": ("tests/test_web.py::test_the_bare_readiness_is_yes_or_no",),
    "| `/readyz` | what is missing": (
        "tests/test_operator_pages.py::test_readiness_names_what_is_missing",
        "tests/test_operator_pages.py::test_a_redis_that_takes_no_write_is_not_ready",
        f"{STORIES}test_emptied_redis.py::test_a_dead_worker_is_missed_within_ten_seconds",
        f"{STORIES}test_model_server.py::test_without_its_server_it_answers_in_reduced_mode_and_says_so",
    ),
    "| `/metrics`": (
        "tests/test_operator_pages.py::test_metrics_show_the_queue",
        "tests/test_metrics.py::test_a_trace_is_counted",
        "tests/test_feishu.py::test_refusals_are_counted_by_code",
    ),
    "| `/rq`": (
        "tests/test_dashboard.py::test_nothing_without_the_token",
        "tests/test_dashboard.py::test_operators_see_the_queues",
    ),
    "One page shows web and workers together": (
        "tests/test_metrics.py::test_counts_of_several_processes_are_added_up",
    ),
    "A worker on another machine shows its own counts": (
        "tests/test_metrics.py::test_a_worker_can_serve_its_own_page",
    ),
    "`docs/grafana.json` is": (
        "tests/test_metrics.py::test_the_dashboard_and_the_alerts_name_only_what_exists",
    ),
    "Only `/feishu/event` must be reachable": (
        "tests/test_web.py::test_the_webhook_serves_no_operator_page_to_anybody",
    ),
    "The operator pages are told apart by the port": (
        f"{HOOK}test_operator_pages_are_on_their_own_port_whatever_headers_say",
        "tests/test_operator_pages.py::test_an_open_address_without_a_token_and_the_webhooks_own_port_are_refused",
    ),
    "Rate limits, HTTP 5xx": (f"{AWAY}test_whatever_passes_is_waited_for",),
    "They are written once and kept in Redis": (
        f"{STORIES}test_killed_while_waiting.py::test_the_same_answers_go_out_once",
        "tests/test_outage.py::test_of_all_callers_one_looks_and_its_success_lets_all_go_on",
        "tests/test_outage.py::test_looks_grow_rare_until_there_is_one_a_minute",
    ),
    "`/readyz` is 503 meanwhile": (
        "tests/test_operator_pages.py::test_not_ready_while_feishu_takes_no_answer",
    ),
    "When Feishu is back everything goes out": (
        f"{AWAY}test_a_thread_keeps_its_order_through_the_wait",
        f"{AWAY}test_a_day_without_feishu_then_every_answer_says_that_it_is_late",
    ),
    "A worker that is killed meanwhile": (
        f"{STORIES}test_killed_while_waiting.py::test_the_same_answers_go_out_once",
    ),
    "A job ends unsent only where": (
        f"{AWAY}test_a_group_that_is_gone_ends_the_job_and_it_is_listed_and_can_be_sent_again",
        f"{AWAY}test_after_two_days_it_is_given_up_listed_and_sent_when_asked_for",
        f"{STORIES}test_refused_content.py::test_refused_words_end_in_a_sentence_that_says_so",
        "tests/test_runner.py::test_a_failing_job_is_tried_again_and_then_parked",
    ),
    "Where a message still reaches the asker": (
        f"{STORIES}test_poison.py::test_a_poison_question_is_parked_with_a_card_and_an_alert",
    ),
    "`python -m bot failed` lists": (
        f"{AWAY}test_after_two_days_it_is_given_up_listed_and_sent_when_asked_for",
        f"{STORIES}test_admin.py::test_what_all_groups_share_needs_an_admin_of_all",
    ),
    "The alert is `FennelJobParked`": (
        f"{STORIES}test_poison.py::test_a_poison_question_is_parked_with_a_card_and_an_alert",
    ),
    "A bug, a library, a model server": (
        f"{STORIES}test_unforeseen.py::test_what_a_step_raises_is_said_in_one_card_at_once",
        f"{STORIES}test_unforeseen.py::test_an_engine_that_breaks_is_stood_in_for_by_a_quote",
        f"{STORIES}test_bad_input.py::test_nonsense_of_a_model_server_ends_in_an_answer_or_a_quote",
    ),
    "The log has the traceback (`unforeseen`)": (
        f"{STORIES}test_unforeseen.py::test_what_a_step_raises_is_said_in_one_card_at_once",
        "tests/test_metrics.py::test_the_dashboard_and_the_alerts_name_only_what_exists",
    ),
    "Every process writes its log to stderr": (
        "tests/test_logs.py::test_a_line_names_process_level_time_and_message",
    ),
    "Every line about a message carries its id": (
        f"{STORIES}test_group.py::test_the_log_tells_the_way_of_one_question",
    ),
    "No message text and no secret is logged": (f"{HOOK}test_the_log_holds_no_words_and_no_secret",),
    "`python -m bot audit` prints": (
        f"{STORIES}test_admin.py::test_the_log_is_read_from_the_command_line",
        "tests/test_dashboard.py::test_what_is_changed_there_is_audited",
    ),
    "Set `tracing.endpoint`": ("tests/test_spans.py::test_a_collector_gets_it_by_otlp",),
    "Each question becomes a trace": ("tests/test_spans.py::test_a_question_is_a_span_with_its_steps_below",),
    "What people wrote is not in it": (
        "tests/test_spans.py::test_no_word_of_anybody_is_in_it",
        f"{STORIES}test_tracing.py::test_an_answered_question_is_a_trace_without_a_word_of_it",
    ),
    "It is off by default": (
        "tests/test_spans.py::test_it_is_off_by_default_and_a_missing_package_is_a_sentence",
        f"{STORIES}test_tracing.py::test_a_collector_that_is_away_costs_no_answer",
    ),
    "Questions wait in Redis": ("tests/test_doctor.py::test_a_redis_that_may_forget_is_a_warning",),
    "With `appendfsync everysec` nothing is lost": (
        f"{HOOK}test_redis_gone_means_503_and_redis_back_loses_nothing",
    ),
    "`appendfsync always` loses nothing": (CHAOS,),
    "While Redis is away, full or read-only": (
        "tests/test_web.py::test_a_redis_that_is_away_gives_503_within_a_second",
        f"{STORIES}test_redis_refuses.py::test_what_is_being_answered_is_answered_when_redis_takes_writes_again",
    ),
    "A Redis that comes back empty": (
        f"{STORIES}test_emptied_redis.py::test_an_emptied_redis_is_known_again_and_a_restarted_web_takes_questions",
        f"{STORIES}test_emptied_redis.py::test_a_redis_that_comes_back_empty_is_recovered_from",
    ),
    "`python -m bot backup DIR` writes": (f"{STORIES}test_backup.py::test_all_is_lost_and_brought_back",),
    "`python -m bot restore DIR` brings": (
        f"{STORIES}test_backup.py::test_all_is_lost_and_brought_back",
        f"{STORIES}test_backup.py::test_a_redis_in_use_is_not_written_over_and_a_damaged_backup_is_named",
    ),
    "The index in `index.dir`": (
        "tests/test_incremental.py::test_a_build_after_a_change_writes_what_a_whole_build_writes",
    ),
    "Feishu waits 3 seconds": (
        "tests/test_simulator_pushes.py::test_push_is_repeated_four_times_at_growing_distances",
        f"{HOOK}test_one_message_pushed_to_all_processes_at_once_is_one_job",
        "tests/test_queue.py::test_dedup_outlives_a_finished_job_and_a_long_replay_window",
    ),
    "`worker.concurrency` sets": (
        "tests/test_runner.py::test_runs_as_many_jobs_at_once_as_there_are_slots",
        "tests/test_documentation.py::test_every_setting_is_explained_in_both_languages_with_its_default",
    ),
    "More worker processes or machines": (
        f"{STORIES}test_scale_out.py::test_a_worker_and_a_model_server_die_and_every_message_is_answered_once",
    ),
    "One group gets at most": (
        "tests/test_queue.py::test_threads_of_a_group_run_side_by_side_up_to_its_share",
    ),
    "Each group has a share": (
        f"{STORIES}test_burst.py::test_another_group_is_answered_while_one_bursts_and_gets_one_notice",
        "tests/test_queue.py::test_one_thread_runs_in_order_and_one_at_a_time",
    ),
    "From `limits.tell_position_from`": (
        "tests/test_web.py::test_an_asker_behind_a_long_queue_is_told_the_position",
    ),
    "Beyond `limits.queue_per_group`": (
        "tests/test_queue.py::test_full_group_is_refused_with_one_notice_in_a_lane_of_its_own",
        "tests/test_queue.py::test_rates_of_a_user_and_of_a_group",
        f"{STORIES}test_burst.py::test_another_group_is_answered_while_one_bursts_and_gets_one_notice",
    ),
    "With a mistake in config.yaml": (f"{HOOK}test_a_mistake_in_the_settings_ends_nothing_that_serves",),
    "`git pull`, `make setup`, restart": (f"{HOOK}test_a_reload_under_load_fails_nobody",),
    "Index versions stay valid": (
        f"{STORIES}test_admin.py::test_versions_of_another_release_are_left_out_and_not_gone_back_to",
        "tests/test_build.py::test_a_version_of_another_format_is_built_anew",
    ),
    "Several workers can run at once": (
        f"{STORIES}test_scale_out.py::test_a_worker_and_a_model_server_die_and_every_message_is_answered_once",
    ),
    "The page [Scale out]": (
        f"{STORIES}test_scale_out.py::test_a_worker_and_a_model_server_die_and_every_message_is_answered_once",
    ),
}
ADVICE = (
    "Running Fennel in production",
    "`.venv/bin/honcho start` runs",
    "On the webhook's port",
    "On the operator pages' address",
    "`make demo` keeps its logs",
    "Keep the files with your secrets",
    "Let nginx or Caddy",
    "A quarter more than the engine",
)
"""What a reader is told to do, and what introduces a table: it promises nothing."""


def sentences() -> list[str]:
    found: list[str] = []
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith(("| address", "|--")) or not line or line.startswith("#"):
            continue
        found += [line] if line.startswith("|") else re.split(r"(?<=[.!?])\s+(?=[A-Z`])", line)
    return found


def test_every_sentence_of_the_page_names_what_shows_it_or_is_advice() -> None:
    known = (*PROMISES, *ADVICE)
    assert [one for one in sentences() if not one.startswith(known)] == []
    assert [begins for begins in known if not any(one.startswith(begins) for one in sentences())] == []


def test_what_shows_it_exists() -> None:
    for promise, tests in PROMISES.items():
        for test in tests:
            file, _, name = test.partition("::")
            assert f"def {name}" in (ROOT / file).read_text("utf-8"), f"{promise}: there is no {test}"
