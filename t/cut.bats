# The connection of a two-way sync cut behind its N-th byte, either way, or a server that stalls there;
# then run again: the same end.  Each byte with SOAK=1 ("make soak").
load lib
load disturbed

@test "cut: the connection of a two-way sync cut anywhere" {
	disturbed cut 2 1
}

# bats test_tags=soak
@test "cut: the same without UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed cut 1 1 --no-uidplus
}

@test "cut: a server that stalls anywhere" {
	disturbed cut 1 1 --stall --jobs 6
}

@test "cut: moves to the trash" {
	disturbed cut 1 1 --trash
}

# bats test_tags=soak
@test "cut: moves to the trash without MOVE and UIDPLUS" {
	server hide=UIDPLUS,MOVE
	disturbed cut 2 1 --trash --no-uidplus
}

# bats test_tags=soak
@test "cut: a server that stalls in moves to the trash" {
	disturbed cut 1 1 --stall --jobs 6 --trash
}

# bats test_tags=soak
@test "cut: the connection of each scenario cut" {
	scenarios cut 12/200
	quota 'quota_max_mail_size = 20k'
	disturbed cut 12/200 1 --scenario refused
}

# bats test_tags=soak
@test "cut: a folder made anew, the state lost, a first sync" {
	disturbed cut 6/300 1 --renumber
	disturbed cut 6/300 1 --forget
	disturbed cut 6/300 1 --first
}
