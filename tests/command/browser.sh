# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A browser that does what a test says: headless Chromium by WebDriver. The test has tap.sh.

# shellcheck disable=SC2154 # tap.sh has tmp

browser=''

# browser_start: fails where there is none. It asks nobody for anything by itself.
browser_start() {
	local port='' args
	command -v chromium > /dev/null && command -v chromedriver > /dev/null &&
		command -v curl > /dev/null || return
	mkdir -p "$tmp/profile"
	chromedriver --port=0 > "$tmp/chromedriver.log" 2>&1 &
	browser_pid=$!
	for _ in {1..100}; do
		port=$(sed -nE 's/.*started successfully on port ([0-9]+).*/\1/p' "$tmp/chromedriver.log")
		[[ $port ]] && break
		sleep 0.1
	done
	[[ $port ]] || return
	args=$(printf '%s\n' --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--hide-scrollbars --window-size=1280,900 "--user-data-dir=$tmp/profile" | jq -R . | jq -cs .)
	browser=http://127.0.0.1:$port/session
	browser+=/$(curl -sS -m 60 -d '{"capabilities":{"alwaysMatch":{"goog:chromeOptions":{"args":'"$args"'},
		"goog:loggingPrefs":{"browser":"ALL","performance":"ALL"}}}}' "$browser" |
		jq -r '.value.sessionId // empty')
	[[ $browser != */ ]] || return
	# what it begins with has nothing to do with pages
	ask_browser url '{"url":"about:blank"}' > /dev/null
	complaints > /dev/null
	requests > /dev/null
}

browser_stop() {
	[[ $browser ]] && curl -sS -m 20 -X DELETE "$browser" > /dev/null 2>&1
	[[ ${browser_pid:-} ]] && kill "$browser_pid" 2> /dev/null && wait "$browser_pid" 2> /dev/null
	browser_pid=''
}

# ask_browser PATH JSON: what it answers, as JSON
ask_browser() {
	curl -sS -m 60 -d "$2" "$browser/$1" | jq -c .value
}

# open_page FILE
open_page() {
	ask_browser url "$(jq -nc --arg url "file://$1" '{$url}')" > /dev/null
}

# js BODY: what the script returns
js() {
	ask_browser execute/sync "$(jq -nc --arg script "$1" '{$script, args: []}')" | jq -r .
}

# press KEY...: one character each, or the name of a key
press() {
	local -A names=([Tab]=E004 [Enter]=E007 [Escape]=E00C [Left]=E012 [Up]=E013 [Right]=E014 [Down]=E015)
	local key

	for key; do
		[[ ${names[$key]:-} ]] && key=$(printf %b "\\u${names[$key]}")
		jq -nc --arg key "$key" '{type: "keyDown", value: $key}, {type: "keyUp", value: $key}'
	done | jq -cs '{actions: [{type: "key", id: "keyboard", actions: .}]}' > "$tmp/keys"
	ask_browser actions "@$tmp/keys" > /dev/null
}

# devtools COMMAND PARAMETERS
devtools() {
	ask_browser goog/cdp/execute "$(jq -nc --arg cmd "$1" --argjson params "$2" '{$cmd, $params}')" > /dev/null
}

# complaints: what is in the console since it was asked last
complaints() {
	ask_browser se/log '{"type":"browser"}' | jq -r '.[].message'
}

# requests: what was asked for since then, but the page itself
requests() {
	ask_browser se/log '{"type":"performance"}' |
		jq -r '.[].message | fromjson.message | select(.method == "Network.requestWillBeSent") |
			.params | select(.type != "Document") | .request.url'
}
