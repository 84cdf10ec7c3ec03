# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What tests/vm/run and tests/vm/kernel share: messages, the cache, and an apt state of the
# project's own, one for each architecture, so that Debian's arm64 packages can be fetched and
# unpacked while the machine's own package lists stay as they are.

me=${0##*/}
# shellcheck disable=SC2034
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/pwtrace

# Where kernels come from. Each suite has what the others no longer or not yet have.
suites=(trixie trixie-backports forky sid)

say() {
	printf '%s: %s\n' "$me" "$*" >&2
}

# die STATUS MESSAGE
die() {
	local status=$1

	shift
	say "$*"
	exit "$status"
}

# lock_cache: one writer at a time. The lock is gone with the process.
lock_cache() {
	mkdir -p "$cache"
	exec {cache_lock}> "$cache/lock"
	flock -n "$cache_lock" && return
	say "waiting for another process that is fetching into $cache"
	flock "$cache_lock"
}

# fresh FILE: written within the last day
fresh() {
	[[ -n $(find "$1" -mmin -1440 2>/dev/null) ]]
}

# mirror: the address of the Debian archive that this machine is configured to use
mirror() {
	local codename uri

	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016
	uri=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
		awk -v c="$codename" '$2 == c { print $1; exit }')
	# Without lists apt knows no codenames yet, but it can tell what it would ask for.
	[[ $uri ]] || uri=$(apt-get --print-uris update 2>/dev/null |
		sed -nE "s#^'(.*/)dists/($codename|oldstable|stable|testing)/InRelease'.*#\\1#p" |
		head -n 1)
	[[ $uri ]] && echo "${uri%/}" && return
	say "apt's sources name no archive for Debian '$codename': add one to /etc/apt/sources.list.d"
	return 1
}

# apt_state ARCH: lay out $cache/apt/ARCH. Signatures are checked; a mirror that lags is good enough
# for the kernel of a throw-away guest.
apt_state() {
	local d=$cache/apt/$1 key suite uri

	mkdir -p "$d/lists/partial" "$d/cache/archives/partial"
	: > "$d/status"
	uri=$(mirror) || return
	for key in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		[[ -e $key ]] && break
	done
	for suite in "${suites[@]}"; do
		echo "deb [arch=$1 target=Packages signed-by=$key] $uri $suite main"
	done > "$d/sources.list"
	cat > "$d/apt.conf" <<-END
		#clear APT::Architectures;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Architecture "$1";
		APT::Architectures { "$1"; };
		APT::Sandbox::User "root";
		Acquire::Check-Valid-Until "false";
		Acquire::GzipIndexes "true";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		Acquire::https::Timeout "20";
		Dir::State "$d";
		Dir::State::Lists "$d/lists";
		Dir::State::status "$d/status";
		Dir::Cache "$d/cache";
		Dir::Cache::pkgcache "pkgcache.bin";
		Dir::Cache::srcpkgcache "";
		Dir::Etc::SourceList "$d/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
	END
}

# refresh ARCH: bring $cache/apt/ARCH/names, the packages there are, up to date, at most once a
# day. Without the network the old ones stay and are tried again in an hour. Fails if there are
# none at all. The cache is locked by the caller.
refresh() {
	local d=$cache/apt/$1 retries=2

	fresh "$d/stamp" && [[ -s $d/names ]] && return
	if [[ ${PWTRACE_OFFLINE:-} ]] || ! apt_state "$1"; then
		[[ -s $d/names ]]
		return
	fi
	say "updating the $1 package lists (once a day)"
	# With lists of another day at hand it is not worth waiting for a network that is not there.
	[[ -s $d/names ]] && retries=0
	if apt-get -c "$d/apt.conf" -o Acquire::Retries="$retries" -qq --error-on=any update \
		2> "$d/log"
	then
		touch "$d/stamp"
	else
		say "not all package lists could be updated: $(grep -m1 '^[EW]:' "$d/log")"
		touch -d '23 hours ago' "$d/stamp"
	fi
	if apt-cache -c "$d/apt.conf" pkgnames > "$d/names.new" 2>> "$d/log" && [[ -s $d/names.new ]]
	then
		grep -E '^(linux-|busybox-static$)' "$d/names.new" | sort -V > "$d/names"
	fi
	rm -f "$d/names.new"
	[[ -s $d/names ]]
}

# has_package ARCH NAME
has_package() {
	grep -qxF -e "$2" "$cache/apt/$1/names" 2>/dev/null
}

# download ARCH NAME...: fetch the packages into the current folder
download() {
	local arch=$1 log=$cache/apt/$1/log

	shift
	[[ ${PWTRACE_OFFLINE:-} ]] && say "PWTRACE_OFFLINE is set: not downloading $*" && return 1
	say "downloading $*"
	apt-get -c "$cache/apt/$arch/apt.conf" -q download "$@" > "$log" 2>&1 && return
	say "cannot download $*: $(grep -m1 '^E:' "$log")"
	return 1
}
