"""Completion as a script of each shell. Commands, options and words stand in it; columns are asked of `mlefit completion columns`.

bash: `source <(mlefit completion bash)`; zsh: the same with zsh; fish: `mlefit completion fish | source`; PowerShell:
`mlefit completion powershell | Out-String | Invoke-Expression`.
"""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from shlex import quote
from typing import Any, NamedTuple, get_args

from mlefit.cli.arguments import OF_A_FIT
from mlefit.cli.names import COMMANDS
from mlefit.options.declaration import Declared, declared
from mlefit.options.error_kind import PLAIN
from mlefit.version import __version__


class Taken(NamedTuple):
    """An option of a command: its `flags`, its `help`, the `words` that may follow it, and whether `columns` may, or anything."""

    flags: tuple[str, ...]
    help: str
    words: tuple[str, ...] = ()
    columns: bool = False
    value: bool = True


def options(command: str) -> list[Taken]:
    """The options of a command."""
    body = getattr(import_module(f"mlefit.cli.{command}"), command)
    asking = Taken(("-h", "--help"), "Show what it takes.", value=False)
    return [*(taken(found) for found in declared(body) if found.option.flags), asking]


def taken(found: Declared) -> Taken:
    """What may follow an option: the words of its type, columns where its metavar says so, or whatever."""
    option, metavar = found.option, found.option.metavar or ""
    words: tuple[str, ...] = tuple(word for word in get_args(found.type) if isinstance(word, str))
    if "--output" in option.flags:
        words = OF_A_FIT
    if "--se" in option.flags.split():
        words = (*PLAIN, "cluster:", "hac")
    if "--model" in option.flags:
        words = models()
    columns = metavar.startswith(("COLUMN", "A,B")) and "--order" not in option.flags
    return Taken(tuple(option.flags.split()), option.help, words, columns, not option.switch)


def models() -> tuple[str, ...]:
    """The names of the models."""
    from mlefit.noise import MODELS

    return tuple(MODELS)


def script(shell: str) -> str:
    """The script of a shell."""
    made: dict[str, Callable[[dict[str, list[Taken]]], Iterator[str]]] = {
        "bash": bash, "zsh": zsh, "fish": fish, "powershell": powershell}
    return "\n".join(made[shell]({command: options(command) for command in COMMANDS})) + "\n"


def cases(known: dict[str, list[Taken]]) -> Iterator[tuple[str, Taken]]:
    """Every option with a value that words or columns may fill, once, as the pattern of a case."""
    found: dict[tuple[str, ...], Taken] = {}
    for every in known.values():
        found |= {option.flags: option for option in every if option.value and (option.words or option.columns)}
    yield from (("|".join(flags), option) for flags, option in found.items())


def after(known: dict[str, list[Taken]]) -> str:
    """Options with another value, as the pattern of a case."""
    told = {flag for pattern, _ in cases(known) for flag in pattern.split("|")}
    return "|".join(dict.fromkeys(flag for every in known.values() for option in every if option.value
                                  for flag in option.flags if flag not in told))


def first(known: dict[str, list[Taken]]) -> Iterator[tuple[str, str]]:
    """The words that may follow the name of each command, besides files."""
    for command, every in known.items():
        words = " ".join(flag for option in every for flag in option.flags)
        more = {"explain": models(), "help": COMMANDS, "completion": ("bash", "zsh", "fish", "powershell")}.get(command, ())
        yield command, " ".join([words, *more])


def bash(known: dict[str, list[Taken]]) -> Iterator[str]:
    """A function for `complete`. What is behind the last comma of a list is completed."""
    yield f"# bash completion of mlefit {__version__}: source <(mlefit completion bash)"
    yield "_mlefit_columns() {"
    yield '    local word name head=""'
    yield '    [[ $cur == *,* ]] && head="${cur%,*},"'
    yield '    for word in "${COMP_WORDS[@]:1}"; do'
    yield '        if [[ -f $word ]]; then'
    yield "            while IFS= read -r name; do"        # compgen -W would expand what stands in a name
    yield '                [[ $name == "${cur##*,}"* ]] && COMPREPLY+=("$head$(printf %q "$name")")'
    yield '            done < <(mlefit completion columns "$word" 2>/dev/null)'
    yield "            compopt -o nospace 2>/dev/null; return"
    yield "        fi"
    yield "    done"
    yield "}"
    yield "_mlefit() {"
    yield '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}'
    yield "    case $prev in"
    for pattern, option in cases(known):
        do = "_mlefit_columns" if option.columns else f'COMPREPLY=($(compgen -W "{" ".join(option.words)}" -- "$cur"))'
        yield f"        {pattern}) {do}; return ;;"
    yield f"        {after(known)}) return ;;"
    yield "    esac"
    yield '    if [[ $COMP_CWORD == 1 ]]; then'
    yield f'        COMPREPLY=($(compgen -W "{" ".join(known)} --help --version" -- "$cur")); return'
    yield "    fi"
    yield "    case ${COMP_WORDS[1]} in"
    for command, words in first(known):
        guard = "" if command in ("explain", "help", "completion") else '[[ $cur == -* ]] && '
        yield f'        {command}) {guard}COMPREPLY=($(compgen -W "{words}" -- "$cur")) ;;'
    yield "    esac"
    yield "}"
    yield "complete -o default -o bashdefault -F _mlefit mlefit"


def zsh(known: dict[str, list[Taken]]) -> Iterator[str]:
    """A function for `compdef`."""
    yield "#compdef mlefit"
    yield f"# zsh completion of mlefit {__version__}: source <(mlefit completion zsh)"
    yield "_mlefit_columns() {"
    yield "    local word"
    yield '    compset -P "*,"'
    yield "    for word in ${words[2,-1]}; do"
    yield "        if [[ -f $word ]]; then"
    yield '            compadd -- ${(f)"$(mlefit completion columns $word 2>/dev/null)"}; return'
    yield "        fi"
    yield "    done"
    yield "}"
    yield "_mlefit() {"
    yield "    local previous=${words[CURRENT-1]} current=${words[CURRENT]}"
    yield "    case $previous in"
    for pattern, option in cases(known):
        do = "_mlefit_columns" if option.columns else f"compadd -- {' '.join(option.words)}"
        yield f"        {pattern}) {do}; return ;;"
    yield f"        {after(known)}) _files; return ;;"
    yield "    esac"
    yield f"    if (( CURRENT == 2 )); then compadd -- {' '.join(known)}; _files; return; fi"
    yield "    case ${words[2]} in"
    for command, words in first(known):
        guard = "" if command in ("explain", "help", "completion") else "[[ $current == -* ]] && "
        yield f"        {command}) {guard}compadd -- {words} ;;"
    yield "    esac"
    yield "    _files"
    yield "}"
    yield "compdef _mlefit mlefit"


def fish(known: dict[str, list[Taken]]) -> Iterator[str]:
    """One `complete` for each option of each command."""
    yield f"# fish completion of mlefit {__version__}: mlefit completion fish | source"
    yield "function __mlefit_columns"
    yield "    for word in (commandline -opc)[2..-1]"
    yield "        if test -f $word"
    yield "            set -l head (string replace -r '[^,]*$' '' -- (commandline -ct))"
    yield "            for name in (mlefit completion columns $word 2>/dev/null); echo $head$name; end"
    yield "            return"
    yield "        end"
    yield "    end"
    yield "end"
    yield f"complete -c mlefit -n __fish_use_subcommand -a {quote(' '.join(known))}"
    for command, every in known.items():
        for option in every:
            flags = " ".join(f"-s {flag[1:]}" if len(flag) == 2 else f"-l {flag[2:]}" for flag in option.flags)
            offered = "(__mlefit_columns)" if option.columns else " ".join(option.words)
            value = f" -x -a {quote(offered)}" if offered else " -r" if option.value else ""
            yield f"complete -c mlefit -n '__fish_seen_subcommand_from {command}' {flags}{value} -d {quote(option.help)}"


def powershell(known: dict[str, list[Taken]]) -> Iterator[str]:
    """A completer of native commands."""
    yield f"# PowerShell completion of mlefit {__version__}: mlefit completion powershell | Out-String | Invoke-Expression"
    yield "Register-ArgumentCompleter -Native -CommandName mlefit -ScriptBlock {"
    yield "    param($word, $line, $place)"
    yield "    $typed = @($line.CommandElements | ForEach-Object { $_.ToString() })"
    yield "    $previous = if ($word) { $typed[-2] } else { $typed[-1] }"
    yield "    function columns {"
    yield "        $file = $typed | Where-Object { Test-Path $_ -PathType Leaf } | Select-Object -First 1"
    yield "        if ($file) { mlefit completion columns $file | ForEach-Object {"
    yield "            if ($_ -match '[^\\w.-]') { \"'\" + ($_ -replace \"'\", \"''\") + \"'\" } else { $_ } } }"
    yield "    }"
    yield "    $words = switch -CaseSensitive -Regex ($previous) {"
    for pattern, option in cases(known):
        offered = "columns" if option.columns else listed(option.words)
        yield f"        '^({pattern})$' {{ {offered}; break }}"
    yield "        default {"
    yield "            switch ($typed[1]) {"
    for command, words in first(known):
        yield f"                '{command}' {{ {listed(words.split())} }}"
    yield f"                default {{ {listed(list(known))} }}"
    yield "            }"
    yield "        }"
    yield "    }"
    yield "    $head = $word -replace '[^,]*$', ''"
    yield "    $words | ForEach-Object { \"$head$_\" } | Where-Object { $_ -like \"$word*\" } |"
    yield "        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }"
    yield "}"


def listed(words: Sequence[Any]) -> str:
    """Words as a list of PowerShell."""
    return ", ".join(f"'{word}'" for word in words)
