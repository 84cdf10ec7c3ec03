#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/bench/drgn.sh [KERNEL [CPU [--icount]]]: the whole kernel table by pwtrace, and the same leaves translated one by one by drgn
# of Debian 13, in one guest with 4K pages. Takes some minutes, and 20 MB of packages the first time. Both have to say the
# same of the linear map, of which all stays mapped. By the clock drgn takes more than 1000 times as long; half of that is
# for what else the machine does, which a process of some milliseconds feels more.

set -u -o pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh
. "$here/../vm/lib.sh"
kernel=${1:-newest} cpu=${2:-max} icount=${3:-} least=500 unit=ms
# a system call takes more time in QEMU than it has instructions
[[ ! $icount ]] || least=200 unit='million instructions'
root=$cache/drgn/root
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pwtrace-drgn.XXXXXX") || exit
trap 'rm -rf "$tmp"' EXIT

# fetch: python3-drgn of arm64 with all that it takes, unpacked into the cache
fetch() {
	local new deb

	lock_cache
	[[ -d $root ]] && return
	refresh arm64 && [[ ! ${PWTRACE_OFFLINE:-} ]] || return
	new=$(mktemp -d "$cache/.drgn.XXXXXX") && mkdir -p "$new/archives/partial" "$new/root" || return
	say "downloading python3-drgn and what it needs"
	apt-get -c "$cache/apt/arm64/apt.conf" -q -y -t trixie --no-install-recommends --download-only \
		-o Dir::Cache::archives="$new/archives" install python3-drgn > "$new/log" 2>&1 ||
		{ tail -n 3 "$new/log" >&2; rm -rf "$new"; return 1; }
	for deb in "$new"/archives/*.deb; do
		dpkg-deb -x "$deb" "$new/root" || return
	done
	# what a guest has no use for, and links that lead out of it
	rm -rf "$new/archives" "$new"/root/{etc,var} "$new"/root/usr/{share,lib/valgrind}
	find "$new/root" -xtype l -delete
	mkdir -p "$cache/drgn" && mv "$new/root" "$root" && rm -rf "$new"
}

fetch || die 77 "python3-drgn cannot be had"
exec {cache_lock}>&-

cat > "$tmp/guest.sh" <<'END'
pwtrace dump -q -j | grep -v '"type":"summary"' > runs
usr=/guest/root/usr
export PYTHONHOME=$usr PYTHONPATH=$usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
$usr/lib/ld-linux-aarch64.so.1 --library-path $usr/lib/aarch64-linux-gnu $usr/bin/python3.13 drgn.py \
	$(sed -n 's/ [a-zA-Z] swapper_pg_dir$//p' /proc/kallsyms) runs
END
"$here/../vm/run" ${icount:+--icount} --kernel "$kernel" --cpu "$cpu" --timeout 900 --add "$root" \
	--add "$here/drgn.py" --add "$tmp/guest.sh" -- sh guest.sh > "$tmp/out" || exit
awk -v least="$least" -v unit="$unit" '
	NF == 5 && $2 > 0 {
		printf "%d leaves: pwtrace dump --ptdump %.2f %s, drgn %.0f, %.0f times as much\n",
			$1, $2 * 1000, unit, $3 * 1000, $3 / $2
		printf "to drgn %d of the linear map are different, and %d of what changes meanwhile\n", $4, $5
		good = $4 == 0 && $3 >= least * $2
	}
	END { exit !good }' "$tmp/out"
