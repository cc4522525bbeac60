# A two-way sync killed at every k-th step, then run again: the same end, nothing
# lost, doubled or altered.  All steps with SOAK=1 ("make soak").
load lib
load disturbed

@test "kill: a two-way sync stopped anywhere" {
	disturbed kill 9 3
}

@test "kill: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed kill 9 3 --no-uidplus
}
