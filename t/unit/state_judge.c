/* A state is judged: sound with all that it can hold, broken when one thing does not fit the rest. */
#include <sys/statvfs.h>
#include <unistd.h>

#include "state/codec.h"
#include "state/db.h"
#include "state/repair.h"
#include "unit.h"
#include "state.h"

#define ROWS	300	/* more than a page holds */

static struct state *st;
static uint32_t box, root, past;

/* Two folders: one with rows, an upload that was refused, and a past; the root folder. */
static char *
full_state(void)
{
	char *dir = state_temp();
	struct state_folder f = { .validity = 1 };
	struct state_msg m = { .name = "n" };
	struct state_intent in = { .name = "up", .validity = 2, .next = 9 };

	st = state_must_open(dir, STATE_WRITE);
	MUST(state_begin(st, 1, &unit_err));
	MUST(state_folder_make(st, "box", "box", &past, &unit_err));
	MUST(state_folder_make(st, "root", "", &root, &unit_err));
	f.id = past;
	MUST(state_folder_put(st, &f, &unit_err));
	m.uid = 7;
	MUST(state_msg_put(st, past, &m, &unit_err));
	MUST(state_folder_renew(st, past, 2, &box, &unit_err));
	for (m.uid = 1; m.uid <= ROWS; m.uid++)
		MUST(state_msg_put(st, box, &m, &unit_err));
	MUST(state_intent_put(st, box, &in, &unit_err));
	MUST(state_commit(st, &unit_err));
	return dir;
}

/* What is found of it: closes the state, removes it. */
static void
judged(char *dir, enum state_health wanted, const char *why)
{
	struct err e;

	state_close(st);
	CHECK_NUM(state_judge(dir, "A", &e), wanted);
	CHECK((e.status == 0) == (wanted == STATE_SOUND));
	if (wanted != STATE_SOUND && !CHECK(strstr(e.text, why) != NULL))
		printf("  %s\n", e.text);
	state_untemp(dir);
}

static void
test_sound(void)
{
	struct err e;
	char *dir;

	unit_row("full");
	judged(full_state(), STATE_SOUND, NULL);
	unit_row("the past settled, the rest dropped");
	dir = full_state();
	MUST(state_begin(st, 1, &unit_err));
	MUST(state_folder_settle(st, box, &unit_err));
	MUST(state_folder_drop(st, root, &unit_err));
	MUST(state_commit(st, &unit_err));
	judged(dir, STATE_SOUND, NULL);
	unit_row("new");
	dir = state_temp();
	st = state_must_open(dir, STATE_WRITE);
	judged(dir, STATE_SOUND, NULL);
	unit_row("none");
	dir = state_temp();
	st = NULL;
	judged(dir, STATE_UNKNOWN, "No such file");
	unit_row("another account's");
	dir = full_state();
	CHECK_NUM(state_judge(dir, "B", &e), STATE_UNKNOWN);
	CHECK(e.status != 0 && strstr(e.text, "belongs to account A") != NULL);
	judged(dir, STATE_SOUND, NULL);
}

/* Each takes one thing away, or makes it another, in the open transaction. */

static void
no_name(void)
{
	unsigned char key[CODEC_NAMEKEY];

	codec_name_key(key, 'l', "box");
	MUST(db_del(st, DB_NAME, key, sizeof(key), &unit_err));
}

static void
no_names(void)
{
	unsigned char key[CODEC_NAMEKEY];

	no_name();
	codec_name_key(key, 'r', "box");
	MUST(db_del(st, DB_NAME, key, sizeof(key), &unit_err));
}

static void
other_number(void)
{
	unsigned char key[CODEC_NAMEKEY], n[4];

	codec_put(n, root, 4);
	codec_name_key(key, 'l', "box");
	MUST(db_put(st, DB_NAME, key, sizeof(key), n, 4, 0, &unit_err));
	codec_name_key(key, 'r', "box");
	MUST(db_put(st, DB_NAME, key, sizeof(key), n, 4, 0, &unit_err));
}

static void
no_row(uint32_t folder, uint32_t uid)
{
	unsigned char key[CODEC_MSGKEY];

	codec_msg_key(key, folder, uid);
	CHECK_NUM(db_del(st, DB_MSG, key, sizeof(key), &unit_err), 1);
}

static void
row_missing(void)
{
	no_row(box, ROWS / 2);
}

static void
past_row_missing(void)
{
	no_row(past, 7);
}

static void
row_too_many(void)
{
	unsigned char key[CODEC_MSGKEY];
	MDB_val v;

	codec_msg_key(key, box, 1);
	CHECK_NUM(db_get(st, DB_MSG, key, sizeof(key), &v, &unit_err), 1);
	codec_msg_key(key, box, ROWS + 1);
	MUST(db_put(st, DB_MSG, key, sizeof(key), v.mv_data, v.mv_size, 0, &unit_err));
}

static void
no_intent(void)
{
	unsigned char key[CODEC_INTENTKEY];

	codec_intent_key(key, box, "up");
	CHECK_NUM(db_del(st, DB_INTENT, key, sizeof(key), &unit_err), 1);
}

static void
no_past(void)
{
	unsigned char key[4];

	codec_put(key, past, 4);
	CHECK_NUM(db_del(st, DB_FOLDER, key, 4, &unit_err), 1);
}

static void
no_record(void)
{
	unsigned char key[4];

	codec_put(key, box, 4);
	MUST(db_put(st, DB_FOLDER, key, 4, "\1", 1, 0, &unit_err));
}

static void
newer(void)
{
	MUST(db_put(st, DB_META, "format", 6, "\0\0\0\2", 4, 0, &unit_err));
}

static void
test_broken(void)
{
	static const struct {
		const char *title;
		void (*harm)(void);
		enum state_health health;
		const char *why;
	} rows[] = {
		{ "one name gone", no_name, STATE_BROKEN, "one of its names" },
		{ "both names gone", no_names, STATE_BROKEN, "a folder without its name" },
		{ "names of another", other_number, STATE_BROKEN, "a folder without its name" },
		{ "a row gone", row_missing, STATE_BROKEN, "counts other messages" },
		{ "a row too many", row_too_many, STATE_BROKEN, "counts other messages" },
		{ "a row of the past gone", past_row_missing, STATE_BROKEN, "counts other messages" },
		{ "an intent gone", no_intent, STATE_BROKEN, "counts other messages" },
		{ "the past gone", no_past, STATE_BROKEN, "a folder without its past" },
		{ "a record of one byte", no_record, STATE_BROKEN, "a folder's record" },
		{ "a newer format", newer, STATE_NEWER, "newer offlineimap" },
	};
	size_t i;
	char *dir;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit_row("%s", rows[i].title);
		dir = full_state();
		MUST(state_begin(st, 1, &unit_err));
		rows[i].harm();
		MUST(state_commit(st, &unit_err));
		judged(dir, rows[i].health, rows[i].why);
	}
}

int
main(void)
{
	test_sound();
	test_broken();
	return unit_end("state_judge");
}
