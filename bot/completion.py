"""`python -m bot completion bash`: what Tab offers after `python -m bot`, `index` and `worker`.

The script holds every command and option as text, made from the commands themselves, so that Tab answers at
once and starts no Python. It completes `python`, `python3` and a path to them, such as `.venv/bin/python`;
what is no command of Fennel goes on to the completion that was there before, or to file names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import ConfigError

SHELLS = ("bash", "zsh", "fish")
Tree = Mapping[str, tuple[str, ...]]
"""Words so far, such as `index eval`, and what may come next: commands, then options."""


def tree(programs: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Everything that can be typed; `programs` are Typer's commands by the name behind `python -m`."""
    return {name: words for program, command in programs.items() for name, words in _below(program, command)}


def _below(name: str, command: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    commands = getattr(command, "commands", {})
    options = [option for one in command.params for option in one.opts if option.startswith("--")]
    switches = [option for one in command.params for option in one.secondary_opts]
    yield name, (*commands, *options, *switches, "--help")
    for word, under in commands.items():
        yield from _below(f"{name} {word}", under)


def script(shell: str, words: Tree) -> str:
    """The completion script for one shell. Raises ConfigError for another."""
    if shell not in SHELLS:
        raise ConfigError(f"completion: {shell} is not known here; give {', '.join(SHELLS)}")
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](words)


def _cases(words: Tree) -> str:
    return "\n".join(f"    '{name}') offered='{' '.join(next_)}' ;;" for name, next_ in words.items())


def _bash(words: Tree) -> str:
    return f"""# Fennel for bash: source <(python -m bot completion bash)
_fennel_words() {{
  local offered=''
  case "$1" in
{_cases(words)}
  esac
  printf '%s' "$offered"
}}
_fennel_before=$(complete -p python 2>/dev/null | sed -n 's/.*-F \\([^ ]*\\) .*/\\1/p')
[ "$_fennel_before" = _fennel ] && _fennel_before=''
_fennel() {{
  COMPREPLY=()
  local current="${{COMP_WORDS[COMP_CWORD]}}" here number longer
  if [ "${{COMP_WORDS[1]}}" != -m ] || [ "$COMP_CWORD" -lt 3 ] ||
    [ -z "$(_fennel_words "${{COMP_WORDS[2]}}")" ]; then
    [ -n "$_fennel_before" ] && "$_fennel_before" "$@"
    return
  fi
  here="${{COMP_WORDS[2]}}"
  for ((number = 3; number < COMP_CWORD; number++)); do
    longer="$here ${{COMP_WORDS[number]}}"
    [ -n "$(_fennel_words "$longer")" ] && here="$longer"
  done
  COMPREPLY=($(compgen -W "$(_fennel_words "$here")" -- "$current"))
}}
complete -o bashdefault -o default -F _fennel python python3
"""


def _zsh(words: Tree) -> str:
    return f"""# Fennel for zsh: source <(python -m bot completion zsh), after compinit
_fennel_words() {{
  local offered=''
  case "$1" in
{_cases(words)}
  esac
  print -rn -- "$offered"
}}
_fennel() {{
  local here number longer
  if [[ "${{words[2]}}" != -m || $CURRENT -lt 4 || -z "$(_fennel_words "${{words[3]}}")" ]]; then
    if (( $+functions[_python] )); then _python; else _files; fi
    return
  fi
  here="${{words[3]}}"
  for ((number = 4; number < CURRENT; number++)); do
    longer="$here ${{words[number]}}"
    [[ -n "$(_fennel_words "$longer")" ]] && here="$longer"
  done
  compadd -- ${{=$(_fennel_words "$here")}} || _files
}}
compdef _fennel python python3
"""


def _fish(words: Tree) -> str:
    lines = []
    for name, offered in words.items():
        files = "" if offered[0].startswith("-") else " -f"  # where a command must come, no file does
        lines.append(f"complete -c $name{files} -n '__fennel_at \"{name}\"' -a '{' '.join(offered)}'")
    known = " ".join(f"'{name}'" for name in words)
    return f"""# Fennel for fish: python -m bot completion fish | source
function __fennel_at
    set -l typed (commandline -opc)
    test (count $typed) -ge 3; and test "$typed[2]" = -m; or return 1
    set -l here $typed[3]
    for word in $typed[4..-1]
        contains -- "$here $word" {known}; and set here "$here $word"
    end
    test "$here" = "$argv[1]"
end
for name in python python3
{chr(10).join("    " + line for line in lines)}
end
"""
