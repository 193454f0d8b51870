#!/bin/sh
# What cargo runs a Windows program with. With a domain of ci/realworld (RW_STATE), Wine's NTLM asks that domain: it looks
# ntlm_auth up in PATH.
export LC_ALL=C.UTF-8 GATEPASS_WINE=1
[ -z "${RW_STATE:-}" ] || PATH=$RW_STATE/bin:$PATH
exec /usr/lib/wine/wine64 "$@"
