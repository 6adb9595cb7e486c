// The completion scripts: thin, they ask agentd itself, so that they need no update when it gets new commands.

/** `COMP_WORDS` up to the cursor go to agentd, whose answers are used as they come; files are completed by the shell. */
const bash = `# bash completion for agentd: eval "$(agentd completion bash)"
_agentd() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  [[ $cur == "=" ]] && cur=
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("$line")
    fi
  done < <("\${COMP_WORDS[0]}" __complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _agentd agentd`;

const zsh = `#compdef agentd
# zsh completion for agentd: source <(agentd completion zsh), after compinit; or as a file _agentd in fpath
_agentd() {
  local line tab=$'\\t'
  local -a entries
  for line in "\${(@f)$("$words[1]" __complete zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then _files
    elif [[ $line == *$tab* ]]; then entries+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
    elif [[ -n $line ]]; then entries+=("\${line//:/\\\\:}")
    fi
  done
  (( $#entries )) && _describe -V agentd entries
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _agentd "$@"; else compdef _agentd agentd; fi`;

const fish = `# fish completion for agentd: agentd completion fish | source
function __agentd_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete fish -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c agentd -f -a '(__agentd_complete)'`;

export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };
