/*
 * Folders, rows, intents and the log against a model in plain arrays: random
 * changes, commits and aborts; the figures of a folder are exact at any time.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "state.h"

#define FOLDERS	4
#define UIDS	60
#define NAMES	12

struct model {
	uint32_t id[FOLDERS];			/* 0: not there */
	uint64_t gen[FOLDERS];
	uint64_t generation;
	struct {
		int there;
		unsigned kept;
		uint64_t size;
	} row[FOLDERS][UIDS + 1];
	int intent[FOLDERS][NAMES];
};

static const char *const remotes[FOLDERS] = { "INBOX", "b/c", "a", "b.c" };
static const char *const locals[FOLDERS] = { "", "b.c", "a", "x" };

static unsigned seed = 1;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static void
check_rows(struct state *st, const struct model *m, int f)
{
	struct state_msg row;
	uint32_t uid = 0;
	int got;

	while ((got = state_msg_next(st, m->id[f], uid, &row, &unit_err)) == 1) {
		for (uid++; uid < row.uid; uid++)
			CHECK(!m->row[f][uid].there);
		CHECK(m->row[f][uid].there && m->row[f][uid].kept == row.kept &&
		    m->row[f][uid].size == row.size);
	}
	CHECK(got == 0);
	while (++uid <= UIDS)
		CHECK(!m->row[f][uid].there);
}

/* Everything that the state says of a folder is what the model says. */
static void
check_folder(struct state *st, const struct model *m, int f)
{
	struct state_folder sf;
	struct state_intent *it;
	uint64_t rows = 0, kept = 0, intents = 0;
	size_t i, n;

	if (m->id[f] == 0) {
		CHECK(state_folder_find(st, remotes[f], locals[f], &sf, &unit_err) == 0);
		return;
	}
	if (!CHECK(state_folder_find(st, remotes[f], locals[f], &sf, &unit_err) == 1))
		return;
	for (i = 1; i <= UIDS; i++) {
		rows += m->row[f][i].there != 0;
		kept += m->row[f][i].there && m->row[f][i].kept != 0;
	}
	for (i = 0; i < NAMES; i++)
		intents += m->intent[f][i] != 0;
	CHECK_NUM(sf.rows, rows);
	CHECK_NUM(sf.kept, kept);
	CHECK_NUM(sf.intents, intents);
	CHECK_NUM(sf.gen, m->gen[f]);
	CHECK_NUM(sf.id, m->id[f]);
	state_folder_free(&sf);
	check_rows(st, m, f);
	CHECK(state_intents(st, m->id[f], &it, &n, &unit_err) == 0);
	CHECK_NUM(n, intents);
	for (i = 0; i < n; i++) {
		CHECK(m->intent[f][it[i].name[0] - 'a']);
		CHECK(i == 0 || strcmp(it[i - 1].name, it[i].name) < 0);
	}
	state_intents_free(it, n);
}

static void
check_all(struct state *st, const struct model *m)
{
	struct state_folder *all;
	size_t i, n, there = 0;
	int f;

	for (f = 0; f < FOLDERS; f++) {
		check_folder(st, m, f);
		there += m->id[f] != 0;
	}
	CHECK(state_folders(st, &all, &n, &unit_err) == 0);
	CHECK_NUM(n, there);
	for (i = 1; i < n; i++)
		CHECK(strcmp(all[i - 1].remote, all[i].remote) < 0);
	state_folders_free(all, n);
}

static void
make_folder(struct state *st, struct model *m, int f)
{
	struct state_folder sf;
	uint32_t id;

	MUST(state_folder_make(st, remotes[f], locals[f], &id, &unit_err));
	CHECK(m->id[f] == 0 || m->id[f] == id);
	m->id[f] = id;
	CHECK(state_folder_get(st, id, &sf, &unit_err) == 1);
	sf.validity = 7;
	sf.written_at = random_below(100);
	MUST(state_folder_put(st, &sf, &unit_err));
	state_folder_free(&sf);
}

static void
put_row(struct state *st, struct model *m, int f, uint32_t uid)
{
	struct state_msg row = { .uid = uid, .kept = random_below(3) * KEPT_EXPUNGE,
	    .size = random_below(1000) };

	if (row.kept == KEPT_NO || random_below(2))
		row.name = "name";
	MUST(state_msg_put(st, m->id[f], &row, &unit_err));
	m->row[f][uid].there = 1;
	m->row[f][uid].kept = row.kept;
	m->row[f][uid].size = row.size;
}

static void
drop_folder(struct state *st, struct model *m, int f, int names)
{
	memset(m->row[f], 0, sizeof(m->row[f]));
	memset(m->intent[f], 0, sizeof(m->intent[f]));
	if (!names) {
		MUST(state_folder_clear(st, m->id[f], &unit_err));
		return;
	}
	MUST(state_folder_drop(st, m->id[f], &unit_err));
	m->id[f] = 0;
}

/* Goes through the rows and deletes or changes some on the way. */
static void
walk_and_change(struct state *st, struct model *m, int f)
{
	struct state_msg row;
	uint32_t uid = 0;

	while (state_msg_next(st, m->id[f], uid, &row, &unit_err) == 1) {
		CHECK(row.uid > uid);
		uid = row.uid;
		if (random_below(4) == 0) {
			MUST(state_msg_del(st, m->id[f], uid, &unit_err));
			m->row[f][uid].there = 0;
		} else if (random_below(4) == 0)
			put_row(st, m, f, uid);
	}
}

static void
change(struct state *st, struct model *m)
{
	char name[2] = "a";
	struct state_intent it = { .name = name, .kept = KEPT_REFUSED, .why = "NO" };
	int f = (int)random_below(FOLDERS);
	uint32_t uid = 1 + random_below(UIDS);
	unsigned what = random_below(20), n = random_below(NAMES);

	if (m->id[f] == 0 || what == 0) {
		make_folder(st, m, f);
	} else if (what < 10) {
		put_row(st, m, f, uid);
	} else if (what < 14) {
		MUST(state_msg_del(st, m->id[f], uid, &unit_err));
		if (!m->row[f][uid].there)
			return;
		m->row[f][uid].there = 0;
	} else if (what < 18) {
		name[0] = (char)('a' + n);
		if (random_below(2)) {
			MUST(state_intent_put(st, m->id[f], &it, &unit_err));
			m->intent[f][n] = 1;
		} else {
			MUST(state_intent_del(st, m->id[f], name, &unit_err));
			if (!m->intent[f][n])
				return;
			m->intent[f][n] = 0;
		}
	} else if (what == 18 && random_below(8) == 0) {
		drop_folder(st, m, f, random_below(2) != 0);
	} else if (what == 19 && random_below(4) == 0) {
		walk_and_change(st, m, f);
		put_row(st, m, f, uid);
	} else
		return;
	m->gen[f] = m->generation + 1;
}

/* What a commit makes of the model: the folders changed since the old one have its number. */
static void
model_commit(struct model *m, const struct model *old)
{
	int f, changed = 0;

	for (f = 0; f < FOLDERS; f++)
		changed |= m->gen[f] != old->gen[f] || m->id[f] != old->id[f];
	m->generation += changed != 0;
}

/* Inside the transaction a folder still has the generation that it had. */
static void
check_inside(struct state *st, const struct model *m, const struct model *old)
{
	struct model now = *m;
	int f;

	for (f = 0; f < FOLDERS; f++)
		now.gen[f] = m->id[f] == old->id[f] ? old->gen[f] : 0;
	check_all(st, &now);
}

static void
test_model(void)
{
	struct model m = { .generation = 0 }, before;
	char *dir = state_temp();
	struct state *st = state_must_open(dir, STATE_WRITE | STATE_NOSYNC);
	int round, i;

	for (round = 0; round < 400; round++) {
		unit_row("round %d", round);
		before = m;
		MUST(state_begin(st, 1, &unit_err));
		for (i = (int)random_below(40); i > 0; i--)
			change(st, &m);
		check_inside(st, &m, &before);
		if (random_below(4) == 0) {
			state_abort(st);
			m = before;
		} else {
			MUST(state_commit(st, &unit_err));
			model_commit(&m, &before);
		}
		if (random_below(8) == 0) {
			state_close(st);
			st = state_must_open(dir, STATE_WRITE | STATE_NOSYNC);
		}
		MUST(state_begin(st, 0, &unit_err));
		CHECK_NUM(state_generation(st), m.generation);
		check_all(st, &m);
		state_abort(st);
		state_relax(st);
	}
	state_close(st);
	state_untemp(dir);
}

/* Pairs whose partner changed are errors of status 2, a new validity needs an empty folder. */
static void
test_refused(void)
{
	char *dir = state_temp();
	struct state *st = state_must_open(dir, STATE_WRITE);
	struct state_msg row = { .uid = 5, .name = "n" };
	struct state_folder f;
	struct err e;
	uint32_t id, id2;

	unit_row("refused");
	MUST(state_begin(st, 1, &unit_err));
	MUST(state_folder_make(st, "r", "l", &id, &unit_err));
	MUST(state_folder_make(st, "r2", "l2", &id2, &unit_err));
	CHECK(state_folder_find(st, "r", "other", &f, &e) == -1 && e.status == EXIT_CONF);
	CHECK(strstr(e.text, "so far r went with local \"l\"") != NULL);
	CHECK(state_folder_find(st, "other", "l", &f, &e) == -1 && e.status == EXIT_CONF);
	CHECK(state_folder_find(st, "r", "l2", &f, &e) == -1 && e.status == EXIT_CONF);
	CHECK(state_folder_make(st, "r", "l2", &id2, &e) == -1 && e.status == EXIT_CONF);
	CHECK(state_msg_put(st, id, &row, &e) == -1 && strstr(e.text, "without a UIDVALIDITY"));
	CHECK(state_folder_get(st, id, &f, &e) == 1);
	f.validity = 1;
	MUST(state_folder_put(st, &f, &unit_err));
	MUST(state_msg_put(st, id, &row, &unit_err));
	f.validity = 2;
	CHECK(state_folder_put(st, &f, &e) == -1 && strstr(e.text, "from 1 to 2") != NULL);
	MUST(state_folder_clear(st, id, &unit_err));
	CHECK(state_folder_put(st, &f, &e) == 0);
	state_folder_free(&f);
	CHECK(state_msg_put(st, 999, &row, &e) == -1 && strstr(e.text, "number 999") != NULL);
	MUST(state_folder_drop(st, id, &unit_err));
	MUST(state_folder_drop(st, id, &unit_err));
	CHECK(state_folder_find(st, "r", "other", &f, &e) == 0);
	MUST(state_folder_make(st, "r", "other", &id2, &unit_err));
	CHECK(id2 > id);
	MUST(state_commit(st, &unit_err));
	state_close(st);
	state_untemp(dir);
}

/* A commit without a change writes nothing; rows up to the last uid; an empty name. */
static void
test_edges(void)
{
	char *dir = state_temp();
	struct state *st = state_must_open(dir, STATE_WRITE);
	struct state_msg row = { .uid = UINT32_MAX, .name = "" };
	struct state_folder f = { .id = 1, .validity = 1, .cur = { 1, 2, 3, 4, 5 } };
	uint32_t id;

	unit_row("edges");
	MUST(state_begin(st, 1, &unit_err));
	MUST(state_commit(st, &unit_err));
	MUST(state_begin(st, 1, &unit_err));
	CHECK_NUM(state_generation(st), 0);
	MUST(state_folder_make(st, "r", "l", &id, &unit_err));
	CHECK_NUM(state_generation(st), 1);
	MUST(state_folder_put(st, &f, &unit_err));
	MUST(state_msg_put(st, id, &row, &unit_err));
	row.uid = 1;
	MUST(state_msg_put(st, id, &row, &unit_err));
	MUST(state_commit(st, &unit_err));
	state_close(st);
	st = state_must_open(dir, STATE_READ);
	MUST(state_begin(st, 0, &unit_err));
	CHECK(state_msg_next(st, id, 1, &row, &unit_err) == 1 && row.uid == UINT32_MAX);
	CHECK_STR(row.name, "");
	CHECK(state_msg_next(st, id, UINT32_MAX, &row, &unit_err) == 0);
	CHECK(state_msg_next(st, id - 1, 0, &row, &unit_err) == 0);
	CHECK(state_folder_get(st, id, &f, &unit_err) == 1 && f.cur.ctime == 5 && !f.new.valid);
	CHECK(f.gen == 1);
	state_folder_free(&f);
	state_close(st);
	state_untemp(dir);
}

static void
test_log(void)
{
	char *dir = state_temp(), line[32];
	struct state *st = state_must_open(dir, STATE_WRITE);
	const char *got;
	uint64_t seq = 0, first = 0;
	size_t len, n = 0;
	int i, r;

	unit_row("log");
	for (i = 1; i <= 30; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		MUST(state_begin(st, 1, &unit_err));
		MUST(state_log_put(st, line, strlen(line), &unit_err));
		MUST(state_log_trim(st, 10, &unit_err));
		MUST(state_commit(st, &unit_err));
	}
	MUST(state_begin(st, 0, &unit_err));
	while ((r = state_log_next(st, seq, &seq, &got, &len, &unit_err)) == 1) {
		if (n++ == 0)
			first = seq;
		snprintf(line, sizeof(line), "line %d", (int)seq);
		CHECK(len == strlen(line) && memcmp(got, line, len) == 0);
	}
	CHECK(r == 0);
	CHECK_NUM(n, 10);
	CHECK_NUM(first, 21);
	state_close(st);
	state_untemp(dir);
}

int
main(void)
{
	test_model();
	test_refused();
	test_edges();
	test_log();
	return unit_end("state_rows");
}
