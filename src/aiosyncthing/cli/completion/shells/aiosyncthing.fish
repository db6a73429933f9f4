# Completion of aiosyncthing for fish
function __aiosyncthing_complete
    COMP_LINE=(commandline -cp | string collect) _AIOSYNCTHING_COMPLETE=fish_complete aiosyncthing 2>/dev/null
end
complete --no-files --command aiosyncthing --arguments "(__aiosyncthing_complete)"
