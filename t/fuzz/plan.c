/*
 * The planner and the verifier on a stream of anything.  What they print is a stream of records
 * with its end, and nothing is deleted of which the state had no row.
 */
#include "base/uidset.h"
#include "fuzz.h"
#include "plan/planner.h"
#include "plan/verify.h"

#define INPUT_MAX	65536

/* 1 if the listing has a row of the state with this id in the folder of that name. */
static int
had_row(int fd, const char *remote, const char *id)
{
	struct recin in;
	struct rec rec;
	struct err e;
	int here = 0, found = 0;

	lseek(fd, 0, SEEK_SET);
	recin_open(&in, fd, "fuzz");
	while (!found && rec_read(&in, &rec, &e) == 1) {
		if (rec_is(&rec, "pair"))
			here = rec_same(rec.pos[0], remote);
		else if (here && rec_of(&rec, "m", "s"))
			found = rec_same(rec.pos[1], id);
		else if (here && rec_of(&rec, "rows", "s"))
			found = 1;	/* a set, which is not looked into here */
	}
	recin_close(&in);
	return found;
}

static void
check(int from, int to)
{
	struct recin in;
	struct rec rec;
	struct err e;
	uint64_t lines = 0, told;
	int got, ended = 0;

	lseek(to, 0, SEEK_SET);
	recin_open(&in, to, "out");
	while ((got = rec_read(&in, &rec, &e)) == 1) {
		HOLDS(!ended);
		if (rec_last(&rec)) {
			HOLDS(rec_number(rec.pos[2], &told) == 0 && told == lines);
			ended = 1;
		}
		if (rec_is(&rec, "delete"))
			HOLDS(had_row(from, rec.pos[1], rec.pos[3]));
		lines++;
	}
	HOLDS(got == 0 && ended);
	recin_close(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	int verify = food_byte(&f) & 1, from, to, status = 0, r;
	struct recin in;
	struct recout out;
	struct err e = { 0 };

	if (f.n > INPUT_MAX)
		return 0;
	from = fuzz_file(f.p, f.n);
	to = fuzz_file("", 0);
	recin_open(&in, from, "fuzz");
	recout_open(&out, to);
	r = verify ? verify_run(&in, &out, &status, &e) : planner_run(&in, &out, &e);
	recin_close(&in);
	HOLDS(recout_close(&out) == 0);
	if (r == 0)
		check(from, to);
	else
		HOLDS(e.status != 0 && e.text[0] != '\0');
	close(from);
	close(to);
	return 0;
}
