"""How often each language writes each of its characters beyond ASCII, as logarithms.

Counts of running text, in groups: what is frequent, the rest of what the language's own code table holds,
and signs, which every language may write alone (≥ ℃ → ①).
"""

from __future__ import annotations

from functools import lru_cache
from math import log

Weights = dict[str, float]

_SIMPLIFIED = (
    "的一是不了在有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而"
    "方后多定行学法所民得经进着等部度家电力里如水化高自理起小物现实加量都两体制机当使点从业本去把性好应开它合还"
    "因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条没"
    "结解问意建月公无系军很情者最立代想已通并提直题程展果料象员入常文总次品式活设及管特件长求老头基资边流路级图"
    "山统接知较将组见计别手角期根论运农指区强放决西被干做必先回则任取完安装请错误配置运行文件系统"
)
_SIMPLIFIED_TOO = (
    "模型推答务服器引写存群每示需只持版例支话户测启索参卡读档名片书页飞试更码按显之权口令什址列息源改查据块调消输字认送少限网容考默目复算值录载秒换处台哪标擎包密怎再构端保段单己打评类项节收注供选步检钥格空"
    "缓带才该执几修何编板整署维环给序拒留词验除吞吐始连否阅张茴香记境具夹即功优译集准让效聊添确简速队填布找略含共键落证介交志绝预案脚创续切告搜旧占离快语适排备低掉细链访近言思径像致态绍候钮断某位另架走精择"
    "详依负谁撤率函互导策达操库失符识册轮帮赖盘增真签额照超况许判转控缀随丢退钟传兼助括首份非东响句号删英败升批磁终报受停且信映获闭演替顺约护固属待三际章足恢租击束影印站射客办闲遇追规便返域色专历采述够骤减"
    "继校核概局短毫远缺降均史景似扩仓析独百称差诉房二浏览止吗倍场越辟须半刻拿未状忙逐十混久镜极视免尝南荐官框造杀享希弃遵仍虑纯串声拷缩谢套旁延费盖门太静订至仅觉充避您责故异防望审抓企住万释栏篇画隧融训练络"
    "循遍叠补移覆积槛拉截软隔余议联警靠贡献损"
)
_TRADITIONAL = (
    "的一是不了在有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而"
    "方後多定行學法所民得經進著等部度家電力裡如水化高自理起小物現實加量都兩體制機當使點從業本去把性好應開它合還"
    "因由其些然前外天政四日那社義事平形相全表間樣與關各重新線內數正心反你明看原又麼利比或但質氣第向道命此變條沒"
    "結解問意建月公無系軍很情者最立代想已通並提直題程展果料象員入常文總次品式活設及管特件長求老頭基資邊流路級圖"
    "山統接知較將組見計別手角期根論運農指區強放決西被幹做必先回則任取完安裝請錯誤配置執行檔案"
)
_KOREAN = (
    "이다는을의에가고하지로기한를은사서어나인자도아시대정리일그해부제수라으상있원전장비과들주게보여동조성선게니와"
    "스면안습세경공구신만트마했우유분연국문방용관었까되것무말할설오위거음실요소생드파야화행등중간입결모요않없저때"
)
_KANJI = (
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員"
    "九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制"
    "治度務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百"
    "派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任"
    "引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争"
    "談能無再位置企真流格有疑口過局少放税検常料状工語球営空職証土与急止送援供可役構木割聞身費付切由説転食比難防補"
    "車優夫研収断井何南石足違消境神番規術護展態導鮮備害配副算視条幹独警究育席輸訪楽起万着店述残想線率農州武声質念"
    "待試族象銀域助労例然早張映限親額監環験追審商葉義伝働形景好退準技低毎医復仕姿味負閣渡失移差個門写評課末守若種"
    "美命福望非観察段横型深字答夜製音申様財港識注呼達響阻図順版録類像索接般覧概詳細管器既存適項除択照登稿縮更遅率"
    "換釈環覚旧処理依頼障復帰削含域囲範値押左右即冊頁編欄載担該誤宛紙宿客係巻戻込払込伸扱"
)
_SIGNS = (
    ("─│├└┌┐┘┤┬┴┼━┃", 0.03),
    ("℃°×±≥≤≧≦≠≈→←↑↓…—·●■★√＋＝－", 0.03),
    (
        "①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ※№§÷≈≠≒∞■□○◎◆◇☆▲△▼▽⇒⇔αβγδεθλμπσφωΔΣΩ￥＄％‰∑∏∈∩∪∫∴∵＜＞／～｜㎡㎏㎜㎝㏄㈱〒〇々〃",
        0.012,
    ),
)
"""What stands alone in a text that is otherwise ASCII, what does so less often, and their shares."""
_PUNCTUATION = "。，、：；？！（）《》“”‘’—…·「」『』　【】～％．－／"
_LATIN = (
    ("éäöüáèàóíñçß", 0.48),
    ("ãåøêôâæúûîïõìòùëœ", 0.16),
    ("ÉÜÖÄÀÈÇÅØÆŒÁÓÚÍÑÊÂÔÎ", 0.04),
    ("ýÿþðËÏÕÃŸÝ", 0.001),
)
_TYPED = (
    ("’“”–—…•·°©®™€£×±µ¡¿", 0.2),
    ("‘«»¡¿º²³½¼¾ª§\xa0¥÷¹†‡¢", 0.08),
    ("¦¨¬¯´¸¤¶‹›ˆ˜‰", 0.001),
)
_RUSSIAN = (
    ("о", 0.1), ("еа", 0.15), ("ин", 0.13), ("тс", 0.11), ("рв", 0.085), ("лк", 0.075), ("мдпу", 0.1),
    ("яыьгзбч", 0.11), ("йхжшю", 0.05), ("цщэф", 0.014), ("ъё", 0.003), ("іїєґ", 0.003),
)  # fmt: skip
_CENTRAL = (
    ("áíéąęłóśżěščřžýůćńźúťďňőűäöüßôăîâțșşţđ", 0.85),
    ("ĄĘŁÓŚŻĚŠČŘŽÝŮĆŃŹÁÍÉÚŤĎŇŐŰÄÖÜŞŢĐ", 0.04),
)
_HUNGARIAN = (("áéóöőíüúű", 0.45), ("ÁÉÓÖŐÍÜÚŰ", 0.04))
_ROMANIAN = (("ăâîşţ", 0.5), ("ĂÂÎŞŢ", 0.04))
_POLISH = (("ąęłóśżźćń", 0.6), ("ĄĘŁÓŚŻŹĆŃ", 0.04))
_CZECH = (("áéíěščřžýůúňťďó", 0.6), ("ÁÉÍĚŠČŘŽÝŮÚŇŤĎÓ", 0.04))
_TURKISH = (("ıişğüöç", 0.8), ("İŞĞÜÖÇâî", 0.1))
_GREEK = (("αοιετσνηυρπκμλςωδγχθφβξζψάέήίόύώϊϋ", 0.9), ("ΑΟΙΕΤΣΝΗΥΡΠΚΜΛΩΔΓΧΘΦΒΞΖΨΆΈΉΊΌΎΏ", 0.05))
_HEBREW = (
    ("יהו", 0.32), ("לארת", 0.24), ("שבמם", 0.17), ("נעדחכק", 0.15), ("פסצגזטן", 0.08), ("ךףץ", 0.01),
    ("׳״־", 0.002),
)  # fmt: skip
_ARABIC = (
    ("ال", 0.23), ("يمونرت", 0.34), ("بةعدسفهأ", 0.25), ("كقحج", 0.08), ("شصطخضزثذإىء", 0.08),
    ("ئغظؤآ", 0.015),
    ("،؛؟ـ", 0.02), ("ًٌٍَُِّْ", 0.005),
)  # fmt: skip
_THAI = (
    ("านรอ", 0.24), ("กเง่ม้ัยว", 0.34), ("ลีดทสตะปบคหแิ", 0.27), ("ไขจืใพชุโถู็์ำ", 0.13), ("ึผณศธภญซฟฉษฐฝๆฯ", 0.04),
    ("ฎฏฆฌฑฒฬฮฤ๐๑๒๓๔๕๖๗๘๙๊๋", 0.006),
)  # fmt: skip


def _shared(*groups: tuple[str, float]) -> Weights:
    """Character -> log of its likelihood: each group's share spread over its characters, the first group
    that has a character counts."""
    found: Weights = {}
    for characters, share in groups:
        own = dict.fromkeys(one for one in characters if one not in found)
        found.update(dict.fromkeys(own, log(share / max(len(own), 1))))
    return found


def _between(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


def _coded(encoding: str, leads: range, trails: range) -> str:
    """The characters that a range of a code table gives."""
    codes = (bytes((lead, trail)).decode(encoding, "ignore") for lead in leads for trail in trails)
    return "".join(code for code in codes if len(code) == 1)


def _capitals(groups: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """The groups with their capitals, which are as likely: what a capital costs is told from its word."""
    return tuple((letters + letters.upper(), 2 * share) for letters, share in groups)


_GB = range(0xA1, 0xFF)
_BIG5 = range(0x40, 0xFF)


@lru_cache(maxsize=1)
def languages() -> dict[str, Weights]:
    """Language -> how likely each of its characters beyond ASCII is."""
    level_one, level_two = _coded("gb2312", range(0xB0, 0xD8), _GB), _coded("gb2312", range(0xD8, 0xF8), _GB)
    often, seldom = _coded("big5", range(0xA4, 0xC7), _BIG5), _coded("big5", range(0xC9, 0xFA), _BIG5)
    kanji, rare_kanji = _coded("euc_jp", range(0xB0, 0xD0), _GB), _coded("euc_jp", range(0xD0, 0xF5), _GB)
    hiragana, katakana = _between(0x3041, 0x3093), _between(0x30A1, 0x30F6) + "ー"
    wide, half = _between(0xFF10, 0xFF5A), _between(0xFF61, 0xFF9F)
    drawn = (_between(0x1F300, 0x1FAFF) + _between(0x2500, 0x27BF) + "\ufe0f\u20e3", 0.005)
    latin = (*_LATIN, *_TYPED, (_between(0xC0, 0xFF), 0.002))
    found: dict[str, tuple[tuple[str, float], ...]] = {
        "simplified": (
            (_PUNCTUATION, 0.12),
            (_SIMPLIFIED, 0.48),
            (_SIMPLIFIED_TOO, 0.24),
            *_SIGNS,
            (level_one, 0.09),
            (level_two, 0.02),
            (wide, 0.004),
        ),
        "traditional": (
            (_PUNCTUATION, 0.12),
            (_TRADITIONAL, 0.45),
            *_SIGNS,
            (often, 0.35),
            (seldom, 0.02),
            (wide, 0.004),
        ),
        "japanese": (
            (_PUNCTUATION, 0.1),
            (hiragana, 0.42),
            (katakana, 0.16),
            (_KANJI, 0.2),
            *_SIGNS,
            (kanji, 0.05),
            (half, 0.01),
            (rare_kanji, 0.005),
            (wide, 0.01),
        ),
        "korean": (
            (_PUNCTUATION, 0.03),
            (_KOREAN, 0.6),
            *_SIGNS,
            (_coded("euc_kr", range(0xB0, 0xC9), _GB), 0.3),
        ),
        "western": latin,
        "central": (*_CENTRAL, *_TYPED),
        "hungarian": (*_HUNGARIAN, *_TYPED),
        "romanian": (*_ROMANIAN, *_TYPED),
        "polish": (*_POLISH, *_TYPED),
        "czech": (*_CZECH, *_TYPED),
        "turkish": (*_TURKISH, *_TYPED),
        "greek": (*_GREEK, *_TYPED),
        "hebrew": (*_HEBREW, *_TYPED),
        "arabic": (*_ARABIC, *_TYPED),
        "thai": (*_THAI, ("’“”–—…•", 0.02)),
        "russian": (*_capitals(_RUSSIAN), ("№«»—–“”…°©", 0.02), *_TYPED),
    }
    return {language: _shared(*groups, drawn) for language, groups in found.items()}
