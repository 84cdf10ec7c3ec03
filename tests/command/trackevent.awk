# SPDX-License-Identifier: GPL-2.0-only
#
# What protoc makes of a trace of ours (tests/data/trackevent.proto), a line for each thing in it, fields
# with tabs between:
#
#   clock ID TIME
#   track UUID PARENT NAME PID TID UNIT
#   begin TRACK NAME TIME NOTES...     end TRACK TIME SINCE     instant TRACK NAME TIME NOTES...
#   count TRACK TIME VALUE
#
# NOTES are KEY=VALUE. SINCE is the time since the slice began that ends. What makes no sense is "bad WHY".

function text(line) {
	sub(/^[^"]*"/, "", line)
	sub(/"$/, "", line)
	return line
}

function packet_ends(   i, notes) {
	if ("name_iid" in field && !(field["name_iid"] in event_name))
		print "bad\tname " field["name_iid"] " was never told"
	notes = ""
	for (i = 1; i <= nr_notes; i++)
		notes = notes "\t" note_name[note_key[i]] "=" note_value[i]
	if (field["type"] == "TYPE_SLICE_BEGIN") {
		open[field["track_uuid"], ++depth_of[field["track_uuid"]]] = field["timestamp"]
		print "begin\t" field["track_uuid"] "\t" event_name[field["name_iid"]] "\t" field["timestamp"] notes
	} else if (field["type"] == "TYPE_SLICE_END") {
		if (!depth_of[field["track_uuid"]])
			print "bad\tnothing to end on track " field["track_uuid"]
		else
			printf "end\t%s\t%s\t%.0f\n", field["track_uuid"], field["timestamp"],
				field["timestamp"] - open[field["track_uuid"], depth_of[field["track_uuid"]]--]
	} else if (field["type"] == "TYPE_INSTANT") {
		print "instant\t" field["track_uuid"] "\t" event_name[field["name_iid"]] "\t" field["timestamp"] notes
	} else if (field["type"] == "TYPE_COUNTER") {
		print "count\t" field["track_uuid"] "\t" field["timestamp"] "\t" field["counter_value"]
	} else if ("uuid" in field) {
		known[field["uuid"]] = 1
		print "track\t" field["uuid"] "\t" field["parent_uuid"] "\t" field["track"] "\t" field["pid"] "\t" \
			field["tid"] "\t" field["unit"]
	}
	if ("track_uuid" in field && !(field["track_uuid"] in known))
		print "bad\ttrack " field["track_uuid"] " was never told"
	if ("timestamp" in field && field["timestamp_clock_id"] != 3)
		print "bad\tthe clock " field["timestamp_clock_id"]
	if (field["trusted_packet_sequence_id"] != 1)
		print "bad\tthe sequence " field["trusted_packet_sequence_id"]
}

/^ *[0-9]+[: ]/ { print "bad\tan unknown field: " $0 }
/\{$/ {
	path[++depth] = $1
	if ($1 == "packet") {
		split("", field)
		nr_notes = 0
	}
	next
}
/\}$/ {
	if (path[depth] == "packet")
		packet_ends()
	depth--
	next
}
{
	key = $1
	sub(/:$/, "", key)
	value = $0 ~ /"/ ? text($0) : $2
	where = path[depth]
	if (where == "clocks") {
		if (key == "clock_id")
			clock = value
		else
			print "clock\t" clock "\t" value
	} else if (where == "debug_annotation_names" || where == "event_names") {
		if (key == "iid")
			iid = value
		else if (where == "event_names")
			event_name[iid] = value
		else
			note_name[iid] = value
	} else if (where == "debug_annotations") {
		if (key == "name_iid") {
			note_key[++nr_notes] = value
			if (!(value in note_name))
				print "bad\tnote " value " was never told"
		} else {
			note_value[nr_notes] = value
		}
	} else if (where == "track_descriptor" && key == "name") {
		field["track"] = value
	} else {
		field[key] = value
	}
}
