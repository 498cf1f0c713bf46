"""What a message means after others: thanks, pieces, follow-ups, new subjects, and what a model may write."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.talk.said import Part
from bot.talk.whole import goes_on, is_open, is_whole
from worker.conversation.follow_up import Earlier, Fit, Relation, points_back, standalone
from worker.conversation.log_lines import boiled_down, essence, is_log
from worker.conversation.parts import wait_for_more
from worker.conversation.rewriting import accepted
from worker.conversation.small_words import Small, small_word, without_thanks
from worker.conversation.spoken import corrected, spoken
from worker.conversation.swapped import new_thing

INSTALL = [Earlier("how do i install harbor")]


class Documents:
    """Know words by a list and fit by a table."""

    def __init__(self, **fits: tuple[float, float]) -> None:
        self.fits = fits
        self.asked: list[str] = []

    def subjects(self, text: str) -> Sequence[str]:
        self.asked.append(text)
        return [
            word for word in text.replace("?", "").split() if word not in ("how", "do", "i", "the", "a", "in")
        ]

    def fit(self, text: str) -> Fit:
        return Fit(*next((fit for word, fit in self.fits.items() if text.startswith(word)), (0.3, 0.1)))

    def likeness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        kinds = ({"ubuntu", "fedora"}, {"mysql", "redis"}, {"黑名单", "白名单"}, {"north", "south hub"})
        return [float(any({text.lower(), one.lower()} <= kind for kind in kinds)) for one in others]

    def is_common(self, word: str) -> bool:
        return self.project(word) != ""

    def project(self, text: str) -> str:
        return next((word for word in text.replace("?", "").split() if word in ("quay", "clair")), "")


@pytest.mark.parametrize(
    ("text", "small"),
    [
        ("谢谢", Small.THANKS),
        ("好的，非常感谢大佬！！", Small.THANKS),
        ("OK 👌", Small.THANKS),
        ("got it, thx", Small.THANKS),
        ("works now, thank you so much", Small.THANKS),
        ("🙏", Small.THANKS),
        ("哈哈谢啦明天见", Small.THANKS),
        ("嘿嘿，拜拜", Small.THANKS),
        ("lol thanks, see you tomorrow", Small.THANKS),
        ("ok bye", Small.THANKS),
        ("明天见客户要带什么", None),
        ("see you in the logs?", None),
        ("你好", Small.HELLO),
        ("Hello there!", Small.HELLO),
        ("你是谁？", Small.WHO),
        ("你能做什么？", Small.WHAT),
        ("怎么用", Small.WHAT),
        ("what can you do?", Small.WHAT),
        ("停止", Small.STOP),
        ("谢谢，那 Windows 呢", None),
        ("ok so how do I install it", None),
        ("怎么用 tiflash", None),
        ("好的模型有哪些", None),
        ("how do you use rollback", None),
        ("", None),
    ],
)
def test_small_words_are_told_from_questions(text: str, small: Small | None) -> None:
    assert small_word(text) is small


def test_thanks_before_a_question_are_left_out() -> None:
    assert without_thanks("谢谢，那 Windows 呢") == "那 Windows 呢"
    assert without_thanks("thanks! and on windows?") == "and on windows?"
    assert without_thanks("谢谢") == "谢谢"
    assert without_thanks("nice build!") == "nice build!"
    assert without_thanks("hi how do I install it") == "how do I install it"


def test_a_follow_up_takes_the_subject_before_it_and_a_new_subject_does_not() -> None:
    documents = Documents(swag=(0.9, 0.4), order=(0.8, 0.2))
    for text in ("and on windows?", "does it work on windows", "windows too?"):
        found = standalone(text, INSTALL, documents)
        assert found.relation is Relation.FOLLOW_UP, text
        assert found.searched == f"install harbor {text}"
    alone = standalone("swag order policy", INSTALL, documents)
    assert (alone.relation, alone.text) == (Relation.ALONE, "swag order policy")
    assert standalone("and on windows?", [], documents).relation is Relation.ALONE
    announced = standalone("另一个问题：缓存", INSTALL, documents)
    assert (announced.relation, announced.text) == (Relation.ALONE, "缓存")


@pytest.mark.parametrize(
    "text", ["and on windows?", "swag order policy", "windows", "install harbor", "no, I mean registry"]
)
def test_the_documents_are_asked_once_what_a_text_is_about(text: str) -> None:
    documents = Documents(swag=(0.9, 0.4), order=(0.8, 0.2))
    standalone(text, INSTALL, documents)
    assert len(documents.asked) == len(set(documents.asked))


LUNCH = Earlier("what shall we have for lunch?")


def test_talk_that_the_documents_do_not_answer_lends_no_word_to_the_question_after_it() -> None:
    documents = Documents(what=(0.01, 0.1), so=(0.02, 0.1), can=(0.8, 0.3))
    for text in ("can it scan an image?", "locked out, what to do?"):
        found = standalone(text, [LUNCH], documents, whole_anew=True)
        assert (found.relation, found.searched) == (Relation.ALONE, text)
    assert standalone("memory needed", [LUNCH], documents).relation is Relation.ALONE
    tired = Earlier("so tired today")
    assert standalone("how do I renew a token?", [tired], documents).relation is Relation.ALONE


def test_who_goes_on_after_talk_goes_on_from_the_question_before_it() -> None:
    documents = Documents(what=(0.01, 0.1), install=(0.9, 0.3))
    found = standalone("on windows", [*INSTALL, LUNCH], documents)
    assert (found.relation, found.searched) == (Relation.FOLLOW_UP, "install harbor on windows")


def test_a_question_that_was_declined_is_still_corrected_and_pointed_at() -> None:
    documents = Documents(what=(0.01, 0.1))
    asked = [Earlier("what does a harber robot cost?")]
    assert standalone("no, I mean harbor", asked, documents).relation is Relation.CORRECTION
    assert standalone("and that on windows?", asked, documents).relation is Relation.FOLLOW_UP


def test_whole_questions_of_a_main_chat_each_have_their_own_subject() -> None:
    documents = Documents(how=(0.7, 0.2), token=(0.7, 0.3))
    upgrade = "how do i upgrade harbor?"
    asked_before = [Earlier("how do i make a token of harbor")]
    assert standalone(upgrade, asked_before, documents).relation is Relation.FOLLOW_UP
    assert standalone(upgrade, asked_before, documents, whole_anew=True).relation is Relation.ALONE
    for text in ("how do i upgrade it?", "and on windows?", "windows?", "which windows version is needed?"):
        found = standalone(text, asked_before, documents, whole_anew=True)
        assert found.relation is Relation.FOLLOW_UP, text


@pytest.mark.parametrize(
    ("text", "fit", "relation"),
    [
        ("闸门 打不开 怎么办", 0.5, Relation.ALONE),
        ("闸门 打不开 怎么办", 0.3, Relation.FOLLOW_UP),
        ("失败 怎么办", 0.7, Relation.FOLLOW_UP),
        ("升级 失败 怎么办", 0.5, Relation.FOLLOW_UP),
        ("升级 失败 怎么办", 0.7, Relation.ALONE),
        ("那 闸门 打不开 怎么办", 0.7, Relation.FOLLOW_UP),
    ],
)
def test_in_a_main_chat_who_names_a_thing_of_their_own_asks_about_that(
    text: str, fit: float, relation: Relation
) -> None:
    first = text.split()[0]
    documents = Documents(**{first: (fit, 0.2), "录像": (0.9, 0.3)})
    found = standalone(text, [Earlier("录像 存在 哪里")], documents, whole_anew=True)
    assert found.relation is relation


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("Which port does the lighthouse use by default and how do I change the address it binds to?", False),
        ("Can the lamp be dimmed, and if so, who may do that?", False),
        ("灯塔的默认端口是多少，怎么修改它？", False),
        ("Which port does the lighthouse use, how do I change it, and must it be restarted?", False),
        ("Which port does it use and how do I change it?", True),
        ("how do I install, and where is it?", True),
        ("How do I change it?", True),
        ("And which port does the lighthouse use, and is it open?", True),
        ("怎么修改它，灯塔要重启吗？", True),
    ],
)
def test_a_pointer_at_the_first_half_of_its_own_question_points_at_nothing_before(
    text: str, back: bool
) -> None:
    assert points_back(text) is back


def test_a_subject_that_the_documents_do_not_know_is_lent_no_other() -> None:
    before = INSTALL
    weather = standalone("nice weather today", before, Documents(nice=(0.01, 0.1)))
    assert weather.relation is Relation.ALONE
    lunch, documents = "lunch, how?", Documents(lunch=(0.02, 0.1))
    assert standalone(lunch, before, documents, whole_anew=True).relation is Relation.ALONE
    assert standalone(lunch, before, documents).relation is Relation.FOLLOW_UP, "in a thread: one word is few"


@pytest.mark.parametrize(
    "text",
    [
        "什么是茴香豆的天气？",
        "请问什么是热更新",
        "啥叫增量索引？",
        "what is a webhook?",
        "What does TTL stand for?",
    ],
)
@pytest.mark.parametrize("whole_anew", [True, False])
def test_whoever_asks_what_a_thing_is_names_the_thing(text: str, whole_anew: bool) -> None:
    found = standalone(text, INSTALL, Documents(), whole_anew=whole_anew)
    assert (found.relation, found.text) == (Relation.ALONE, text)


@pytest.mark.parametrize(
    "text", ["what is the default?", "默认值是什么？", "什么是它的默认值？", "what is it?"]
)
def test_what_belongs_to_the_thing_before_goes_on_from_it(text: str) -> None:
    assert standalone(text, INSTALL, Documents()).relation is Relation.FOLLOW_UP


def test_a_correction_replaces_the_word_it_names() -> None:
    found = standalone("不是 mmpose，是 mmdet", [Earlier("mmpose 怎么转 onnx")], Documents())
    assert (found.relation, found.text) == (Relation.CORRECTION, "mmdet 怎么转 onnx")


@pytest.mark.parametrize(
    ("before", "text", "read"),
    [
        ("怎么给表设置 TTL 自动过期？", "怎么暂停呢", "怎么给表设置 TTL 自动过期，怎么暂停呢？"),
        ("请问一下，BR 全量备份怎么做", "增量的呢", "BR 全量备份怎么做，增量的呢？"),
        ("How do I book a room?", "Which tool is it?", "How do I book a room, and which tool is it?"),
        (
            "hi, how do I squeeze pages",
            "And only above 1 KB?",
            "how do I squeeze pages, and only above 1 KB?",
        ),
        ("How do I set up a relay?", "with several targets", "How do I set up a relay with several targets?"),
        ("怎么同步到 kafka", "and to pulsar?", "怎么同步到 kafka，and to pulsar？"),
        ("How do I stop it.", "no, I mean the whole host", "How do I stop it, I mean the whole host?"),
        ("怎么升级节点", "不是，我是说整个集群", "怎么升级节点，我是说整个集群？"),
    ],
)
def test_a_follow_up_reads_as_somebody_would_ask_it(before: str, text: str, read: str) -> None:
    assert standalone(text, [Earlier(before)], Documents()).text == read


@pytest.mark.parametrize(
    ("before", "text", "read"),
    [
        ("Hello world program?", "why", "Hello world program, and why?"),
        ("Hi-res images?", "why", "Hi-res images, and why?"),
        ("hello.py fails", "why?", "hello.py fails, and why?"),
        ("hello: command not found", "why?", "hello: command not found, and why?"),
        ("Hello there! How do I pack?", "and undo it?", "How do I pack, and undo it?"),
        ("Hi Fennel, how do I pack?", "and undo it?", "how do I pack, and undo it?"),
        ("请问下载失败怎么办", "重试呢", "下载失败怎么办，重试呢？"),
        ("请问一般怎么排查", "日志呢", "一般怎么排查，日志呢？"),
        ("各位置的参数怎么配", "默认呢", "各位置的参数怎么配，默认呢？"),
        ("How to deploy", "TO_DATE fails", "How to deploy, and TO_DATE fails?"),
        ("How to deploy", "To production", "How to deploy to production?"),
        ("How to deploy", "IS-IS routing?", "How to deploy, and IS-IS routing?"),
        ("How to deploy", "A100 support?", "How to deploy, and A100 support?"),
        ("How to deploy", "in-memory tables?", "How to deploy, and in-memory tables?"),
        ("How to deploy", "IT 部门怎么用", "How to deploy，IT 部门怎么用？"),
        ("redis 怎么装？", "How?", "redis 怎么装，how？"),
    ],
)
def test_names_stay_as_they_are_written_and_the_words_between_follow_the_language(
    before: str, text: str, read: str
) -> None:
    assert spoken([before], text) == read


def test_a_correction_of_a_chinese_question_is_joined_in_chinese() -> None:
    assert corrected(["怎么装 Redis"], "Valkey") == "怎么装 Redis，我是说 Valkey？"
    assert corrected(["How do I install Redis?"], "Valkey") == "How do I install Redis, I mean Valkey?"
    assert corrected(["Hello!"], "Valkey") == "Valkey?"


@pytest.mark.parametrize(
    ("before", "text", "searched"),
    [
        ("How do I uninstall Pi-hole?", "and how do I update it?", "Pi-hole and how do I update it?"),
        (
            "How do I pin cache",
            "and how do I clear it on windows?",
            "cache and how do I clear it on windows?",
        ),
        ("How do I stop harbor", "how do I stop it from asking?", "harbor how do I stop it from asking?"),
        ("How do I pin cache", "and how do I clear that file?", "cache and how do I clear that file?"),
        ("How do I backup", "and how do I restore it?", "backup and how do I restore it?"),
        ("怎么 卸载 harbor", "那怎么更新它？", "harbor 那怎么更新它？"),
        ("怎么 插入 账单", "更新呢", "怎么 账单 更新呢"),
        ("怎么 插入 账单", "那删除掉呢？", "怎么 账单 那删除掉呢？"),
        ("怎么 插入 账单", "更新策略呢", "怎么 插入 账单 更新策略呢"),
        ("what level 1 hides", "and level 3?", "what hides and level 3?"),
        ("keep logs 30 days", "and 60?", "keep logs days and 60?"),
        ("keep logs 30 days", "and 5 GB?", "keep logs 30 days and 5 GB?"),
        ("disk of 8GB", "what about 16GB", "disk of what about 16GB"),
        ("from 5.7 to 8.0 upgrade", "and 8.4?", "from 5.7 to 8.0 upgrade and 8.4?"),
        ("error 404 page", "and port 80?", "error 404 page and port 80?"),
    ],
)
def test_another_action_and_another_number_take_the_place_of_the_old(
    before: str, text: str, searched: str
) -> None:
    found = standalone(text, [Earlier(before)], Documents())
    assert found.searched == searched


def test_of_a_long_talk_the_first_and_the_last_question_are_kept() -> None:
    earlier = [
        Earlier("完全无关的问题？"),
        Earlier("分区表怎么建"),
        Earlier("怎么删分区", "分区表怎么建，怎么删分区？", "分区表 怎么删分区"),
        Earlier("改成 hash 的呢", "分区表怎么建，改成 hash 的呢？", "分区表 改成 hash 的呢"),
    ]
    found = standalone("那怎么改回来", earlier, Documents())
    assert found.text == "分区表怎么建，改成 hash 的呢，那怎么改回来？"


def test_a_log_before_is_cut_where_a_sentence_ends() -> None:
    report = "Starting the relay fails.\n" + "ERROR line of a log that nobody reads aloud\n" * 9
    found = standalone("and on windows?", [Earlier(report)], Documents())
    assert found.text == "Starting the relay fails, and on windows?"


def test_a_follow_up_of_a_question_that_a_model_wrote_out_reads_on_from_that() -> None:
    earlier = [Earlier("缓存在哪"), Earlier("能清吗", "怎么清空缓存？")]
    assert standalone("多久一次呢", earlier, Documents()).text == "怎么清空缓存，多久一次呢？"


def test_whole_questions_and_pieces() -> None:
    assert is_whole("怎么安装")
    assert is_whole("does it run on windows")
    assert not is_whole("我用的 windows 11")
    assert is_open("请问一下")
    assert is_open("环境如下：")
    assert goes_on("那清空呢")
    assert not goes_on("那个文件在哪")


def test_a_piece_yields_to_what_follows_and_the_last_one_takes_all() -> None:
    said = [Part("1", "请问一下", 1.0), Part("2", "我的 Harbor", 2.0), Part("3", "怎么清空缓存？", 3.0)]
    assert wait_for_more(said[0], lambda: said, 0) is None
    assert wait_for_more(said[1], lambda: said, 0) is None
    assert wait_for_more(said[2], lambda: said, 0) == said


def test_whole_questions_and_late_pieces_stay_apart() -> None:
    two = [Part("1", "怎么安装？", 1.0), Part("2", "怎么清空？", 2.0)]
    assert wait_for_more(two[0], lambda: two, 0) == two[:1]
    assert wait_for_more(two[1], lambda: two, 0) == two[1:]
    late = [Part("1", "我用的 windows", 1.0), Part("2", "怎么装？", 60.0)]
    assert wait_for_more(late[0], lambda: late, 0) == late[:1]
    thanked = [Part("1", "我用的 windows", 1.0), Part("2", "谢谢", 2.0)]
    assert wait_for_more(thanked[0], lambda: thanked, 0) == thanked[:1]


def test_what_a_model_writes_is_taken_only_if_it_can_be_the_question() -> None:
    earlier = ["lmdeploy 怎么做 w4a16 量化"]
    assert accepted("lmdeploy 的 kv cache 怎么量化？", "那 kv cache 呢", earlier)
    assert accepted("I cannot help with that.", "那 kv cache 呢", earlier) == ""
    assert accepted("使用 `--quant-policy 8` [1]。", "那 kv cache 呢", earlier) == ""
    assert accepted("一行\n两行", "那 kv cache 呢", earlier) == ""
    assert accepted("", "那 kv cache 呢", earlier) == ""


LOG = """\
[2026-11-20 10:00:01] INFO worker: started pid 4242
[2026-11-20 10:00:02] ERROR worker: failed to open /var/lib/tool/data/index.bin: No such file or directory
[2026-11-20 10:00:03] INFO worker: retry in 5 s
[2026-11-20 10:00:08] FATAL worker: giving up
"""


def test_a_log_is_boiled_down_to_its_error() -> None:
    assert is_log(LOG)
    found = essence(LOG)
    assert "failed to open" in found
    assert "index.bin: No such file or directory" in found
    assert "2026-11-20" not in found
    assert "/var/lib" not in found


def test_a_traceback_keeps_its_last_exception_and_the_words_around_it() -> None:
    text = (
        "装完跑 demo 就这样，怎么办？\nTraceback (most recent call last):\n"
        '  File "/home/x/y/demo.py", line 3, in <module>\n    import mmcv._ext\n'
        "ImportError: libcudart.so.11.0: cannot open shared object file\n"
    )
    found = boiled_down(text)
    assert found.startswith("装完跑 demo 就这样，怎么办？ ImportError: libcudart.so.11.0")
    assert "/home/x" not in found


@pytest.mark.parametrize("text", ["怎么安装 Harbor？", "1. 安装\n2. 配置\n3. 启动\n4. 怎么确认成功了？", ""])
def test_words_are_no_log(text: str) -> None:
    assert boiled_down(text) == text


@pytest.mark.parametrize(
    ("before", "text", "searched"),
    [
        ("how do i install quay in ubuntu", "and fedora?", "install quay and fedora?"),
        ("how do i install quay in ubuntu", "what about Fedora", "install quay what about Fedora"),
        ("how do i install quay in ubuntu", "Fedora too?", "install quay Fedora too?"),
        ("quay 怎么 连接 MySQL", "那 Redis 呢", "quay 怎么 连接 那 Redis 呢"),
        ("怎么 设置 黑名单", "白名单在哪", "怎么 设置 白名单在哪"),
        ("open the North Hub in quay", "and the South Hub?", "open quay and the South Hub?"),
        ("how do i install quay in ubuntu", "and the port?", "install quay ubuntu and the port?"),
        ("how do i install quay in ubuntu", "clair too?", "install quay ubuntu clair too?"),
        (
            "how do i install quay",
            "how do i remove a project then",
            "quay how do i remove a project then",
        ),
        ("how do i install quay", "how do i do that offline", "install quay how do i do that offline"),
    ],
)
def test_the_thing_in_the_place_of_which_another_is_named_is_not_searched(
    before: str, text: str, searched: str
) -> None:
    assert standalone(text, [Earlier(before)], Documents()).searched == searched


class FaintlyAlike(Documents):
    """All things are a little like each other."""

    def likeness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        return [0.35 if one != "cluster" else 0.45 for one in others]


@pytest.mark.parametrize(
    ("before", "text", "searched"),
    [
        ("start cluster on ubuntu", "and on windows?", "start cluster and on windows?"),
        ("nodes in podman", "what about in kubernetes", "nodes what about in kubernetes"),
        ("start node fast", "and on windows?", "start node fast and on windows?"),
        ("is hot reload possible", "and dark mode?", "possible and dark mode?"),
        ("is hot reload possible", "and on windows?", "is hot reload possible and on windows?"),
        ("hot reload", "and dark mode?", "hot reload and dark mode?"),
    ],
)
def test_what_stands_as_the_new_thing_does_gives_way_to_it(before: str, text: str, searched: str) -> None:
    assert standalone(text, [Earlier(before)], FaintlyAlike()).searched == searched


@pytest.mark.parametrize("text", ["里面的文件怎么恢复", "其中哪个最快", "那里面有几个副本"])
def test_what_is_in_it_goes_on_from_what_was_spoken_of(text: str) -> None:
    knows = Documents(**{text: (0.99, 0.5)})
    found = standalone(text, [Earlier("回收站 在哪")], knows)
    assert found.searched == f"回收站 在哪 {text}"
    assert not points_back("回收站里面的文件怎么恢复")


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("那 Redis 呢？", "Redis"),
        ("Spring Boot 也行吗", "Spring Boot"),
        ("k8s 上怎么弄", "k8s"),
        ("ARM 上怎么弄", "ARM"),
        ("离线的话呢", "离线"),
        ("what about an ASUS router?", "ASUS router"),
        ("does that also work for docker?", "docker"),
        ("and for part-time staff?", "part-time staff"),
        ("怎么开启", ""),
        ("删除会影响吗", ""),
        ("and how do I update it?", ""),
        ("only from one folder?", ""),
        ("那改成24h呢", ""),
    ],
)
def test_a_message_names_a_thing_and_asks_nothing_of_its_own(text: str, thing: str) -> None:
    assert new_thing(text) == thing


def test_a_question_in_a_thread_about_one_project_of_several_means_that_one() -> None:
    knows = Documents(default=(0.95, 0.3))
    earlier = [Earlier("how do i install quay")]
    text = "default admin password size"
    assert standalone(text, earlier, knows).searched == "quay default admin password size"
    assert standalone(f"{text} of clair", earlier, knows).searched == "default admin password size of clair"
    assert standalone(text, earlier, knows, whole_anew=True).searched == text
    assert standalone(text, [Earlier("how do i log in")], knows).searched == text


def test_a_correction_is_read_without_the_word_that_says_so() -> None:
    earlier = [Earlier("what is the size of a sync file")]
    found = standalone("no, I meant the encrypted ones", earlier, Documents())
    assert found.relation is Relation.CORRECTION
    assert found.text == "what is the size of a sync file, I mean the encrypted ones?"


def test_a_chinese_question_without_a_subject_goes_on_in_a_thread() -> None:
    earlier = [Earlier("录像 存在 哪里")]
    knows_nothing = Documents(能放到=(0.05, 0.1))
    text = "能放到 S3 上吗"
    assert standalone(text, earlier, knows_nothing).relation is Relation.FOLLOW_UP
    assert standalone(text, earlier, knows_nothing, whole_anew=True).relation is Relation.ALONE
