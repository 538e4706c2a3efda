#!/usr/bin/env bash
# What tests compare us with and npm does not have: dig, of BIND's. Installs it where that is possible
# (root, and Debian's packages), and says in a line where it is not. Never fails: the tests do, on CI.
set -uo pipefail

if command -v dig >/dev/null; then
	printf 'dig: %s\n' "$(dig -v 2>&1)"
	exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	printf 'dig is missing, and only root on Debian or Ubuntu can have it installed here: apt-get install bind9-dnsutils\n' >&2
	exit 0
fi
install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bind9-dnsutils
}
log="$(mktemp)"
if { install || { apt-get update -qq && install; }; } >"$log" 2>&1 </dev/null; then
	printf 'dig: installed, %s\n' "$(dig -v 2>&1)"
else
	tail -n 5 "$log" >&2
	printf 'dig could not be installed\n' >&2
fi
rm -f "$log"
exit 0
