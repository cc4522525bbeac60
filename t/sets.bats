# A folder whose files have not moved since the last run: its rows go through the pipe as
# sets.  What changes on disk behind the look at its head is the next run's.
bats_require_minimum_version 1.5.0
load lib

setup() {
	t_setup
	write_conf 'general:fsync = no' 'remote:expunge = no'
}

# What waits, up to the state's rows; and from there to the plan.
rows() { sync-state -H | imap-list -H | maildir-scan -H | sync-pair | sync-state; }
planned() { imap-list <"$1" | maildir-scan | sync-plan; }
# The file's letters.
has() {
	local file
	file=$(file_of "$@") || return 1
	case $file in *:2,*) printf '%s' "${file##*:2,}" ;; esac
}

@test "the right file is renamed and deleted; what moves meanwhile is found by the next run" {
	local f
	for f in flag gone race kept old; do
		imap create $f
		imap number $f 3
	done
	sync
	# the server keeps it, marked; the state has a row without a file
	rm "$(file_of 3 kept)"
	sync
	# heads of directories are told once they are two seconds old
	sleep 2.1
	sync
	imap store flag 2 +FLAGS '\Flagged'
	imap delete gone 2
	imap store race 1 +FLAGS '\Flagged'
	imap store race 2 +FLAGS '\Answered'
	imap delete race 3
	imap store kept 1 +FLAGS '\Flagged'
	imap store kept 3 -FLAGS '\Deleted'
	imap store old 1 +FLAGS '\Flagged'
	imap store old 2 +FLAGS '\Flagged'
	rows >state
	[ "$(grep -c '^folder.s.*kind=sets' state)" -eq 5 ]
	grep -q $'^m\ts\t.*:3\t.*kept=expunge' state
	[ "$(grep -c $'^m\ts' state)" -eq 1 ]
	[ "$(wc -c <state)" -lt 8192 ]
	# a mail reader, behind that look
	rm "$(file_of 1 race)"
	letters 2 S race
	letters 3 F race
	planned state >plan
	[ "$(grep -c '^\(flags\|delete\|copy\)' plan)" -eq 9 ]
	# another run before half of it is carried out
	grep $'\told\t' plan >late
	grep -v $'\told\t' plan | imap-fetch | sync-apply >report
	same "$(cut -f 1,2,4 report | grep -v '^\(stat\|end\)' | sort)" "$(sort <<-END
		done	copy	kept
		done	delete	gone
		done	flags	flag
		done	flags	kept
		done	flags	race
		skip=its%20flags%20changed%20meanwhile	delete	race
		skip=the%20file%20is%20gone	flags	race
	END
	)"
	[ "$(has 2 flag)" = F ] && [ -z "$(has 1 flag)" ] && [ -z "$(has 3 flag)" ]
	run ! file_of 2 gone
	file_of 1 gone && file_of 3 gone
	[ "$(has 2 race)" = RS ]
	[ "$(has 1 kept)" = F ] && file_of 3 kept
	sync
	[ "$(has 1 old)" = F ]
	# what the disk had is there, and nothing of it was forgotten
	imap ls race >left
	same "$(cut -f 2,3 left)" $'1\t\\Deleted \\Flagged\n2\t\\Answered \\Seen'
	run ! file_of 3 race
	[ "$(has 2 race)" = RS ]
	imap delete old 1
	sync
	sync-apply <late >report
	grep $'^skip=the%20state%20does%20not%20know%20it\tflags\tlocal\told' report
	[ "$(has 2 old)" = F ]
}
