# Power lost in a two-way sync: what the disk could hold then, put in place and run again: the same end.
# Each step with SOAK=1 ("make soak").
load lib
load disturbed

# images N: of each step; all with SOAK=1
images() { [ -n "${SOAK:-}" ] || echo "--images $1"; }

@test "power: lost anywhere in a two-way sync" {
	disturbed power 3 2 $(images 3)
}

@test "power: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed power 1 2 $(images 2) --no-uidplus
}

@test "power: lost anywhere in a first sync, and with one syncfs for many downloads" {
	disturbed power 1 1 $(images 2) --first
	disturbed power 1 1 $(images 2) --many 70
}

# What would prove nothing if it found nothing here.
deaf() {
	run disturbed power 1 1 --images 2 --deaf "$@"
	[ "$status" -ne 0 ]
	[[ $output == *' lacks '* ]] || [[ $output == *'missing on'* ]]
}

@test "power: syncs that were left out are found" {
	deaf files
	deaf dirs --first
}
