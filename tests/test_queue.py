"""bot.queue on a real Redis, with RQ's own worker at the other end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import Job
from rq.queue import Queue as RQQueue
from rq.rate_limit import RateLimitRegistry

from bot.config.settings import FeishuSettings, LimitSettings, Settings
from bot.errors import QueueFull, QueueUnavailable
from bot.events.events import CardPress, Message, Recall
from bot.queue.queue import PRESSES_PER_MINUTE, Queue, Submission
from bot.redis_keys import FOR_WORKERS, connect
from tests.silent_redis import MOST_TRIES, SilentRedis

Submit = Callable[..., Submission]


def message(
    name: str, *, chat: str = "oc_1", root: str = "", sender: str = "ou_1", kind: str = "group"
) -> Message:
    return Message(
        message_id=f"om_{name}",
        chat_id=chat,
        chat_type=kind,
        thread_id="",
        root_id=root,
        parent_id=root,
        sender_id=sender,
        sender_type="user",
        message_type="text",
        text=f"question {name} 中文",
        mentions=(),
        mention_all=False,
        create_time=1,
        event_id=f"event{name}",
    )


def limits(**values: int) -> Settings:
    roomy = {"questions_per_user_per_minute": 0, "questions_per_group_per_minute": 0, **values}
    return Settings(limits=LimitSettings(**roomy))


def jobs(redis: Redis, name: str = "answer") -> list[Job]:
    return RQQueue(name, connection=redis, serializer="json").jobs


def finish(redis: Redis, job: Job) -> None:
    """Ends a job the way RQ's worker does."""
    job.set_status("finished")
    RateLimitRegistry.from_job(job).release_and_enqueue(job.id)


def test_a_submitted_message_is_an_ordinary_rq_job(redis: Redis) -> None:
    asked = message("1")
    submission = Queue(redis, limits()).submit(asked)
    assert submission == Submission("0000000000000001-om_1", False, 0)
    (job,) = jobs(redis)
    assert job.id == submission.job_id
    assert job.func_name == "worker.jobs.answer"
    assert Message.from_json(job.args[0]) == asked
    assert job.kwargs == {}
    assert job.get_status() == "queued"
    assert job.origin == "answer"
    assert job.retries_left == 3
    assert job.retry_intervals == [0]
    assert job.timeout == 240
    assert job.description == "answer"
    assert redis.ttl("fennel:seen:om_1") > 11 * 3600


def test_no_text_in_the_description(redis: Redis) -> None:
    Queue(redis, limits()).submit(message("1"))
    assert "question" not in jobs(redis)[0].description


def test_repeated_pushes_from_several_processes_make_one_job(redis: Redis, redis_url: str) -> None:
    barrier = threading.Barrier(8)
    results: list[Submission] = []

    def push() -> None:
        with connect(redis_url, FOR_WORKERS) as connection:
            queue = Queue(connection, limits())
            barrier.wait()
            results.append(queue.submit(message("1")))

    threads = [threading.Thread(target=push) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.duplicate for result in results) == [False] + [True] * 7
    assert len({result.job_id for result in results}) == 1
    assert len(jobs(redis)) == 1


def test_dedup_outlives_a_finished_job_and_a_long_replay_window(redis: Redis) -> None:
    queue = Queue(redis, Settings(feishu=FeishuSettings(max_event_age=86400)))
    first = queue.submit(message("1"))
    finish(redis, Job.fetch(first.job_id, connection=redis, serializer="json"))
    redis.delete(f"rq:job:{first.job_id}")
    assert queue.submit(message("1")).duplicate
    assert redis.ttl("fennel:seen:om_1") > 86400


def test_one_thread_runs_in_order_and_one_at_a_time(redis: Redis) -> None:
    queue = Queue(redis, limits())
    for number in range(5):
        queue.submit(message(str(number), root="om_root"))
    order = []
    for _ in range(5):
        (job,) = jobs(redis)
        order.append(job.id)
        redis.lrem("rq:queue:answer", 0, job.id)
        finish(redis, job)
    assert [name.split("om_")[1] for name in order] == ["0", "1", "2", "3", "4"]


def test_private_chat_is_one_thread(redis: Redis) -> None:
    queue = Queue(redis, limits())
    for number in range(3):
        queue.submit(message(str(number), kind="p2p", chat="oc_p2p"))
    assert len(jobs(redis)) == 1


def test_threads_of_a_group_run_side_by_side_up_to_its_share(redis: Redis) -> None:
    queue = Queue(redis, limits(running_per_group=3))
    for number in range(10):
        queue.submit(message(str(number)))
    assert len(jobs(redis)) == 3
    late = queue.submit(message("other", chat="oc_2"))
    assert jobs(redis)[3].id == late.job_id, "another group stands right behind the first group's share"


def test_a_follow_up_stays_behind_its_question_when_other_slots_are_free(redis: Redis) -> None:
    queue = Queue(redis, limits(running_per_group=4))
    question = queue.submit(message("q"))
    follow_up = queue.submit(message("f", root="om_q"))
    assert [job.id for job in jobs(redis)] == [question.job_id]
    redis.lrem("rq:queue:answer", 0, question.job_id)
    finish(redis, Job.fetch(question.job_id, connection=redis, serializer="json"))
    assert [job.id for job in jobs(redis)] == [follow_up.job_id]


def test_a_question_whose_push_came_late_stays_behind_the_follow_up_that_was_taken_first(
    redis: Redis,
) -> None:
    queue = Queue(redis, limits(running_per_group=4))
    follow_up = queue.submit(message("f", root="om_q"))
    question = queue.submit(message("q"))
    assert [job.id for job in jobs(redis)] == [follow_up.job_id]
    redis.lrem("rq:queue:answer", 0, follow_up.job_id)
    finish(redis, Job.fetch(follow_up.job_id, connection=redis, serializer="json"))
    assert [job.id for job in jobs(redis)] == [question.job_id]


@pytest.mark.parametrize("share", [1, 4])
def test_an_asker_far_back_is_told_unless_a_question_of_the_thread_stands_before(
    redis: Redis, share: int
) -> None:
    """The notice opens the card that will hold the answer: it must not stand above the answer before it."""
    queue = Queue(redis, limits(running_per_group=share, tell_position_from=1))
    queue.submit(message("q", sender="ou_1"), mentioned=True)
    queue.submit(message("f", sender="ou_2", root="om_q"), mentioned=True)
    assert [job.func_name for job in jobs(redis)] == ["worker.jobs.answer"]
    queue.submit(message("p", sender="ou_3", chat="oc_p2p", kind="p2p"), mentioned=True)
    queue.submit(message("p2", sender="ou_4", chat="oc_p2p", kind="p2p"), mentioned=True)
    queue.submit(message("other", sender="ou_5"), mentioned=True)
    told = [job.args[0]["message_id"] for job in jobs(redis, "quick")]
    assert {job.func_name for job in jobs(redis, "quick")} == {"worker.jobs.waiting"}
    assert told == ["om_p", "om_other"]


def test_full_group_is_refused_with_one_notice_in_a_lane_of_its_own(redis: Redis) -> None:
    queue = Queue(redis, limits(queue_per_group=2))
    queue.submit(message("1"))
    queue.submit(message("2"))
    for name in ("3", "4"):
        with pytest.raises(QueueFull, match="group_full"):
            queue.submit(message(name, sender=f"ou_{name}"))
    assert len(jobs(redis)) == 2
    [notice] = jobs(redis, "quick")
    assert notice.func_name == "worker.jobs.busy"
    assert (notice.args[0]["message_id"], *notice.args[1:]) == ("om_3", "group_full", 2)
    assert queue.submit(message("3")).duplicate, "a refused message is settled"
    assert queue.submit(message("5", chat="oc_2")).position == 2


def test_a_full_queue_takes_commands_recalls_and_what_must_be_told(redis: Redis) -> None:
    queue = Queue(redis, limits(queue_total=1, queue_per_group=1))
    queue.submit(message("1"))
    with pytest.raises(QueueFull):
        queue.submit(message("2", chat="oc_2"))
    queue.submit_command(message("c"), "status", "")
    queue.submit_recall(Recall("om_1", "oc_1", "message_owner"))
    queue.submit_given_up("om_9", None)
    assert queue.submit_given_up("om_9", None).duplicate, "told once"
    names = [job.func_name.rsplit(".", 1)[1] for job in jobs(redis, "quick")]
    assert sorted(names) == ["busy", "command", "given_up", "recall"]
    assert queue.depth().waiting == 1, "only questions count as waiting"


def test_full_queue_frees_itself_when_jobs_end(redis: Redis) -> None:
    queue = Queue(redis, limits(queue_total=3))
    submitted = [queue.submit(message(str(number), chat=f"oc_{number}")) for number in range(3)]
    with pytest.raises(QueueFull, match="queue_full"):
        queue.submit(message("more", chat="oc_9"))
    finish(redis, Job.fetch(submitted[2].job_id, connection=redis, serializer="json"))
    assert not queue.submit(message("again", chat="oc_9")).duplicate


def test_rates_of_a_user_and_of_a_group(redis: Redis) -> None:
    queue = Queue(redis, limits(questions_per_user_per_minute=2, questions_per_group_per_minute=3))
    for number in range(2):
        queue.submit(message(str(number)))
    assert queue.submit(message("0")).duplicate, "a repeated push does not count"
    with pytest.raises(QueueFull, match="user_limit"):
        queue.submit(message("3"))
    queue.submit(message("4", sender="ou_2"))
    with pytest.raises(QueueFull, match="group_limit"):
        queue.submit(message("5", sender="ou_3"))
    assert 0 < redis.ttl("fennel:rate:user:ou_1") <= 60


def test_commands_presses_and_recalls_go_ahead_and_are_deduplicated(redis: Redis) -> None:
    queue = Queue(redis, limits())
    queue.submit(message("1"))
    queue.submit_command(message("c"), "reindex", "docs")
    action = CardPress("e1", "ou_1", "om_card", "oc_1", "c-1", {"a": 1}, {}, "", "button")
    queue.submit_press(action)
    assert queue.submit_press(action).duplicate
    queue.submit_recall(Recall("om_1", "oc_1", "message_owner"))
    assert redis.get("fennel:cancelled:om_1") == b"1"
    names = [job.func_name.rsplit(".", 1)[1] for job in jobs(redis)]
    assert names == ["feedback", "answer"]
    recall, command = jobs(redis, "quick")
    assert recall.func_name == "worker.jobs.recall"
    assert command.args[1:] == ["reindex", "docs"]


def test_presses_of_one_person_are_limited(redis: Redis) -> None:
    queue = Queue(redis, limits())

    def press(event_id: str, person: str = "ou_1") -> CardPress:
        return CardPress(event_id, person, "om_card", "oc_1", "c-1", {}, {}, "", "button")

    for number in range(PRESSES_PER_MINUTE):
        queue.submit_press(press(f"e{number}"))
    with pytest.raises(QueueFull, match="user_limit"):
        queue.submit_press(press("e-one-more"))
    queue.submit_press(press("e-other", "ou_2"))
    queue.submit(message("1", sender="ou_1"))


def test_reindex_goes_to_the_other_queue(redis: Redis) -> None:
    queue = Queue(redis, limits())
    queue.submit_reindex({"message_id": "om_1", "paths": []})
    assert queue.submit_reindex({"message_id": "om_1", "paths": []}).duplicate
    queue.submit_reindex({"paths": []})
    assert jobs(redis) == []
    (job,) = jobs(redis, "index")
    assert job.timeout == 6 * 3600
    assert job.args == [{"message_id": "om_1", "paths": []}]


def test_depth_counts_what_is_unfinished(redis: Redis) -> None:
    queue = Queue(redis, limits())
    assert queue.depth().oldest_seconds == 0
    first = queue.submit(message("1"))
    queue.submit(message("2", root="om_1"))
    Job.fetch(first.job_id, connection=redis, serializer="json").set_status("started")
    depth = queue.depth()
    assert (depth.running, depth.waiting) == (1, 1)
    assert 0 <= depth.oldest_seconds < 60


@pytest.mark.parametrize("hanging", [False, True])
def test_unreachable_redis_is_named_within_a_second(hanging: bool) -> None:
    with SilentRedis(hanging=hanging) as silent:
        queue = Queue(connect(silent.url), limits())
        with pytest.raises(QueueUnavailable):
            queue.submit(message("1"))
        assert silent.tries() <= MOST_TRIES, "Feishu waits 3 s: the contract of connect()"


def test_rqs_own_worker_runs_what_was_submitted(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    # RQ's listener for commands looks once a minute whether it is to end.
    monkeypatch.setattr(SimpleWorker, "subscribe", lambda worker: None)
    queue = Queue(redis, limits())
    for number in range(4):
        queue.submit(message(str(number), root="om_root"), job="tests.test_queue.note")
    _NOTED.clear()
    SimpleWorker(["answer"], connection=redis, serializer="json").work(burst=True, logging_level="ERROR")
    assert _NOTED == ["om_0", "om_1", "om_2", "om_3"]
    assert queue.depth().waiting == 0


_NOTED: list[str] = []


def note(data: dict[str, str]) -> None:
    """The job of the test above."""
    _NOTED.append(data["message_id"])


def test_fields_are_what_rq_itself_writes(redis: Redis) -> None:
    """Guards against an RQ that stores jobs differently."""
    submitted = Queue(redis, limits()).submit(message("1"))
    ours = Job.fetch(submitted.job_id, connection=redis, serializer="json").to_dict()
    theirs = Job.create("x", connection=redis, serializer="json", origin="answer").to_dict()
    assert set(theirs) - set(ours) == set()
    assert json.loads(redis.hget(f"rq:job:{submitted.job_id}", "data"))[0] == "worker.jobs.answer"
