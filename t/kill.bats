# A two-way sync killed at every k-th step, then run again: the same end, nothing
# lost, doubled or altered.  All steps with SOAK=1 ("make soak").
load lib
load disturbed

@test "kill: a two-way sync stopped anywhere" {
	disturbed kill 7 3
}

# bats test_tags=soak
@test "kill: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed kill 7 3 --no-uidplus
}

@test "kill: moves to the trash" {
	disturbed kill 3 1 --trash
}

# bats test_tags=soak
@test "kill: moves to the trash without MOVE and UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed kill 3 1 --trash --no-uidplus
}

@test "kill: a folder made anew, and the state lost" {
	disturbed kill 3 1 --renumber
	disturbed kill 2 1 --forget
}
