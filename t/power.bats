# Power lost in a two-way sync: what the disk could hold then, put in place and run again: the same end.
# Each step with SOAK=1 ("make soak").
load lib
load disturbed

# lost IMAGES POINTS SEEDS OPTION...: so many images of each step; all with SOAK=1
lost() {
	local images=(--images "$1")
	[ -z "${SOAK:-}" ] || images=()
	disturbed power "${@:2}" "${images[@]}"
}

@test "power: lost anywhere in a two-way sync" {
	lost 3 3 2
}

# bats test_tags=soak
@test "power: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	lost 2 1 2 --no-uidplus
}

@test "power: lost anywhere in a first sync, and with one syncfs for many downloads" {
	lost 2 1 1 --first
	lost 2 1 1 --many 70
}

# bats test_tags=soak
@test "power: lost in moves to the trash" {
	lost 3 2 1 --trash
}

# bats test_tags=soak
@test "power: lost in moves to the trash without MOVE and UIDPLUS" {
	server hide=UIDPLUS,MOVE
	lost 3 2 1 --trash --no-uidplus
}

# bats test_tags=soak
@test "power: lost behind a run that took up where a killed one had stopped" {
	lost 3 2 1 --again
}

# What would prove nothing if it found nothing here.
deaf() {
	run disturbed power 1 1 --images 2 --deaf "$@"
	[ "$status" -ne 0 ]
	[[ $output == *' lacks '* ]] || [[ $output == *'missing on'* ]]
}

@test "power: syncs that were left out are found" {
	deaf files
	deaf dirs
}
