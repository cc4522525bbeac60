/* A folder that gets another UIDVALIDITY keeps its rows as its past, until that is settled. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "state.h"

static char *dir;
static struct state *st;

static void
begin(void)
{
	st = state_must_open(dir, STATE_WRITE);
	MUST(state_begin(st, 1, &unit_err));
}

/* What was done must be there again when it is opened anew. */
static void
commit(void)
{
	MUST(state_commit(st, &unit_err));
	state_close(st);
}

static void
put_rows(uint32_t id, uint32_t n)
{
	struct state_msg m = { .name = "a file" };

	for (m.uid = 1; m.uid <= n; m.uid++)
		MUST(state_msg_put(st, id, &m, &unit_err));
}

static uint64_t
count_rows(uint32_t id)
{
	struct state_msg m = { 0 };
	uint64_t n = 0;

	while (state_msg_next(st, id, m.uid, &m, &unit_err) == 1)
		n++;
	return n;
}

static void
put_intent(uint32_t id, const char *name, unsigned kept)
{
	struct state_intent it = { .name = name, .validity = 1, .next = 9, .kept = kept };

	MUST(state_intent_put(st, id, &it, &unit_err));
}

/* The folder as the state has it by its names; its number. */
static uint32_t
expect(const char *row, uint64_t rows, uint64_t was, uint32_t validity, uint64_t intents)
{
	struct state_folder f, *all;
	uint32_t id;
	size_t n;

	unit_row("%s", row);
	CHECK_NUM(state_folder_find(st, "r", "l", &f, &unit_err), 1);
	id = f.id;
	CHECK_NUM(f.rows, rows);
	CHECK_NUM(f.was, was);
	CHECK_NUM(f.validity, validity);
	CHECK_NUM(f.intents, intents);
	CHECK(!f.old && f.renewed == (validity != 1));
	CHECK(validity == 1 || (!f.rhead.valid && !f.cur.valid && !f.new.valid));
	CHECK_NUM(count_rows(id), rows);
	CHECK_NUM(f.past == 0 ? 0 : count_rows(f.past), was);
	state_folder_free(&f);
	MUST(state_folders(st, &all, &n, &unit_err));
	CHECK(n == 1 && all[0].id == id);
	state_folders_free(all, n);
	return id;
}

static void
test_renew(void)
{
	struct state_folder f = { .validity = 1, .rhead = { 1, 4, 3, 9 }, .cur = { 1, 2, 3, 4, 5 },
	    .rung = 2, .distrust = 1 };
	struct state_intent it;
	uint32_t id, first, now;

	begin();
	MUST(state_folder_make(st, "r", "l", &id, &unit_err));
	f.id = first = id;
	MUST(state_folder_put(st, &f, &unit_err));
	put_rows(id, 3);
	put_intent(id, "open", 0);
	put_intent(id, "refused", KEPT_REFUSED);
	put_intent(id, "archive", KEPT_ARCHIVE);
	expect("made", 3, 0, 1, 3);
	commit();

	begin();
	MUST(state_folder_renew(st, id, 2, &now, &unit_err));
	CHECK(now != id);
	expect("renewed", 0, 3, 2, 2);
	commit();
	begin();
	CHECK_NUM(expect("renewed, read again", 0, 3, 2, 2), now);
	CHECK_NUM(state_intent_get(st, now, "open", &it, &unit_err), 1);
	CHECK(it.validity == 1 && it.next == 9);
	CHECK_NUM(state_intent_get(st, now, "refused", &it, &unit_err), 0);
	CHECK_NUM(state_intent_get(st, now, "archive", &it, &unit_err), 1);
	CHECK(it.kept == KEPT_ARCHIVE);
	MUST(state_folder_get(st, now, &f, &unit_err));
	CHECK(f.rung == 2 && f.distrust == 1);
	state_folder_free(&f);

	/* nothing is known under the second: the past stays */
	MUST(state_folder_renew(st, now, 3, &id, &unit_err));
	CHECK_NUM(id, now);
	expect("renewed again", 0, 3, 3, 2);
	commit();

	/* but what is known takes its place */
	begin();
	put_rows(id, 1);
	expect("a row", 1, 3, 3, 2);
	MUST(state_folder_renew(st, id, 4, &now, &unit_err));
	CHECK(now != id);
	expect("a past of its own", 0, 1, 4, 2);
	CHECK_NUM(count_rows(first), 0);
	CHECK_NUM(state_folder_get(st, first, &f, &unit_err), 0);
	commit();

	/* another's head is put without harm to the past */
	begin();
	MUST(state_folder_get(st, now, &f, &unit_err));
	f.past = f.old = 0;
	f.was = 0;
	MUST(state_folder_put(st, &f, &unit_err));
	state_folder_free(&f);
	expect("put", 0, 1, 4, 2);
	put_rows(now, 5);
	MUST(state_folder_settle(st, now, &unit_err));
	expect("settled", 5, 0, 4, 2);
	CHECK_NUM(count_rows(id), 0);
	CHECK_NUM(state_folder_get(st, id, &f, &unit_err), 0);
	MUST(state_folder_settle(st, now, &unit_err));
	commit();
	begin();
	expect("settled, read again", 5, 0, 4, 2);

	unit_row("dropped with its past");
	MUST(state_folder_renew(st, now, 5, &id, &unit_err));
	MUST(state_folder_drop(st, id, &unit_err));
	CHECK_NUM(state_folder_find(st, "r", "l", &f, &unit_err), 0);
	CHECK(count_rows(now) == 0 && count_rows(id) == 0);
	CHECK_NUM(state_folder_get(st, now, &f, &unit_err), 0);
	commit();
}

int
main(void)
{
	dir = state_temp();
	test_renew();
	state_untemp(dir);
	return unit_end("state_renew");
}
