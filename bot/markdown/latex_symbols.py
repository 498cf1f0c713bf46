"""Characters that stand for LaTeX commands; see `bot.markdown.latex`."""

from __future__ import annotations

_GREEK = """
alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ
lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ
chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
"""

_OPERATORS = """
times × div ÷ cdot · ast ∗ star ⋆ circ ∘ bullet ∙ pm ± mp ∓ oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ odot ⊙
dagger † sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ partial ∂ nabla ∇ infty ∞ propto ∝ surd √
angle ∠ degree ° le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ ll ≪ gg ≫ approx ≈ sim ∼ simeq ≃
cong ≅ equiv ≡ doteq ≐ prec ≺ succ ≻ preceq ⪯ succeq ⪰ mid ∣ nmid ∤ parallel ∥ perp ⊥ asymp ≍ triangleq
≜ coloneqq ≔ in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ cup ∪ cap ∩ bigcup ⋃
bigcap ⋂ setminus ∖ emptyset ∅ varnothing ∅ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ land ∧ wedge ∧ lor
∨ vee ∨ therefore ∴ because ∵ top ⊤ bot ⊥ vdash ⊢ models ⊨ uplus ⊎ sqcup ⊔ sqcap ⊓ bigoplus ⨁ bigotimes
⨂ bigwedge ⋀ bigvee ⋁
"""

_ARROWS = """
to → rightarrow → longrightarrow ⟶ leftarrow ← gets ← longleftarrow ⟵ leftrightarrow ↔ Rightarrow ⇒
implies ⟹ Longrightarrow ⟹ Leftarrow ⇐ impliedby ⟸ Leftrightarrow ⇔ iff ⟺ uparrow ↑ downarrow ↓
updownarrow ↕ mapsto ↦ hookrightarrow ↪ rightharpoonup ⇀ rightleftharpoons ⇌ nearrow ↗ searrow ↘ swarrow
↙ nwarrow ↖ leadsto ⇝
"""

_OTHERS = """
ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ prime ′ ell ℓ hbar ℏ Re ℜ Im ℑ aleph ℵ wp ℘ imath ı jmath ȷ
langle ⟨ rangle ⟩ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lvert | rvert | vert | lVert ‖ rVert ‖ Vert ‖ lbrace
{ rbrace } backslash \\ colon : checkmark ✓ square □ blacksquare ■ triangle △ diamond ⋄ clubsuit ♣
heartsuit ♥ copyright © lbrack [ rbrack ] cent ¢ pounds £ yen ¥ euro € S § P ¶ natural ♮ sharp ♯ flat ♭
"""

_FUNCTIONS = """
log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh max min sup inf lim liminf
limsup arg argmax argmin det dim ker deg gcd hom Pr softmax mod rank tr diag sgn sign
"""


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


SYMBOLS: dict[str, str] = {
    **_pairs(_GREEK), **_pairs(_OPERATORS), **_pairs(_ARROWS), **_pairs(_OTHERS),
    **{name: name for name in _FUNCTIONS.split()},
    "quad": "  ", "qquad": "    ", "space": " ", "pmod": "mod ", "bmod": " mod ",
}  # fmt: skip
"""Commands without arguments; the name without its backslash."""

SIGNS: dict[str, str] = {
    ",": " ", ";": " ", ":": " ", "!": "", " ": " ", ">": " ", "|": "‖", "\\": "\n",
    "{": "{", "}": "}", "%": "%", "$": "$", "&": "&", "#": "#", "_": "_", "-": "",
}  # fmt: skip
"""Commands of one sign, such as `\\,`."""

_LOOKS = """
text textbf textit textrm texttt textsf mathrm mathbf mathit mathsf mathtt mathnormal boldsymbol bm
operatorname mbox hbox emph mathop mathrel mathbin pmb underline overbrace underbrace boxed tag label
displaystyle textstyle scriptstyle limits nolimits left right big Big bigg Bigg bigl bigr Bigl Bigr
biggl biggr
"""

TRANSPARENT = frozenset(_LOOKS.split())
"""Commands that change looks alone: what they apply to stays."""

ACCENTS: dict[str, str] = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0305", "tilde": "\u0303",
    "widetilde": "\u0303", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c",
    "acute": "\u0301", "grave": "\u0300", "breve": "\u0306", "mathring": "\u030a",
}  # fmt: skip
"""Combining characters that follow each character of the argument."""

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

ALPHABETS: dict[str, dict[str, str]] = {
    "mathbb": dict(zip(_CAPITALS, "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ", strict=True)),
    "mathcal": dict(zip(_CAPITALS, "𝒜ℬ𝒞𝒟ℰℱ𝒢ℋℐ𝒥𝒦ℒℳ𝒩𝒪𝒫𝒬ℛ𝒮𝒯𝒰𝒱𝒲𝒳𝒴𝒵", strict=True)),
    "mathscr": dict(zip(_CAPITALS, "𝒜ℬ𝒞𝒟ℰℱ𝒢ℋℐ𝒥𝒦ℒℳ𝒩𝒪𝒫𝒬ℛ𝒮𝒯𝒰𝒱𝒲𝒳𝒴𝒵", strict=True)),
    "mathfrak": dict(zip(_CAPITALS, "𝔄𝔅ℭ𝔇𝔈𝔉𝔊ℌℑ𝔍𝔎𝔏𝔐𝔑𝔒𝔓𝔔ℜ𝔖𝔗𝔘𝔙𝔚𝔛𝔜ℨ", strict=True)),
}

SUPERSCRIPTS = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWTβγδθφ′∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵀᵝᵞᵟᶿᵠ′*",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
