#compdef aiosyncthing
# Completion of aiosyncthing for zsh
_aiosyncthing() {
    local -a lines described
    local word help prefix="$PREFIX"
    # Behind a quotation mark that is open, $PREFIX is the text, and otherwise what was typed.
    [[ $compstate[quote] == "'" ]] || prefix="${(Q)PREFIX}"
    local line="${(j: :)${(@qq)${(@Q)words[1,CURRENT-1]}}} ${(qq)prefix}"
    lines=("${(@f)$(COMP_LINE="$line" _AIOSYNCTHING_COMPLETE=zsh_complete aiosyncthing 2>/dev/null)}")
    local -a words_found helps
    for word help in "${lines[@]}"; do
        [[ -n $word ]] || continue
        words_found+=("$word")
        if [[ $help == _ ]]; then
            helps+=("$word")
        else
            helps+=("$word  -- $help")
        fi
    done
    (( $#words_found )) && compadd -V aiosyncthing -l -U -d helps -a words_found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _aiosyncthing "$@"
else
    compdef _aiosyncthing aiosyncthing
fi
