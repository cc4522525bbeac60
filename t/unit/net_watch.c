/* What a session that passes by is up to. */
#include "net/watch.h"
#include "unit.h"

#define UP	1
#define DOWN	2

/* After each step: does the client wait, stands it between commands, and the server between lines? */
struct step {
	int	 side;
	const char *bytes;
	int	 waits, up, down;
};

static const struct {
	const char *name;
	struct step steps[10];
	int	 logout;
	const char *bye;
} rows[] = {
	{ "a command and its answer", {
		{ UP, "o1 NO", 0, 0, 1 },
		{ UP, "OP\r\n", 1, 1, 1 },
		{ DOWN, "* 1 EXISTS\r\n", 1, 1, 1 },
		{ DOWN, "o1 O", 1, 1, 0 },
		{ DOWN, "K done\r\n", 0, 1, 1 } }, 0, "" },
	{ "answers out of order", {
		{ UP, "o1 NOOP\r\no2 NOOP\r\n", 1, 1, 1 },
		{ DOWN, "o2 OK\r\n", 1, 1, 1 },
		{ DOWN, "o1 NO\r\n", 0, 1, 1 } }, 0, "" },
	{ "LF alone, and empty lines", {
		{ UP, "\r\n\no1 NOOP\n", 1, 1, 1 },
		{ DOWN, "o1 OK\n", 0, 1, 1 } }, 0, "" },
	{ "a literal of the server", {
		{ UP, "o1 FETCH\r\n", 1, 1, 1 },
		{ DOWN, "* 1 FETCH (BODY[] {12}\r\n", 1, 1, 0 },
		{ DOWN, "o1 OK fake\r\n", 1, 1, 0 },
		{ DOWN, ")\r\n", 1, 1, 1 },
		{ DOWN, "o1 OK\r\n", 0, 1, 1 } }, 0, "" },
	{ "two literals of the server, one empty, one binary", {
		{ UP, "o1 FETCH\r\n", 1, 1, 1 },
		{ DOWN, "* 1 FETCH (A {0}\r\n B ~{3}\r\nxyz)\r\n", 1, 1, 1 },
		{ DOWN, "o1 OK\r\n", 0, 1, 1 } }, 0, "" },
	{ "free text that looks like a literal", {
		{ UP, "o1 NOOP\r\n", 1, 1, 1 },
		{ DOWN, "* OK see {5}\r\n", 1, 1, 1 },
		{ DOWN, "o1 OK see {5}\r\n", 0, 1, 1 },
		{ DOWN, "* BYE {5}\r\n", 0, 1, 1 } }, 0, "BYE {5}" },
	{ "a literal that is asked for", {
		{ UP, "o1 APPEND x {5}\r\n", 1, 0, 1 },
		{ DOWN, "+ go\r\n", 0, 0, 1 },
		{ UP, "ab\r", 0, 0, 1 },
		{ UP, "\nc", 0, 0, 1 },
		{ UP, "\r\n", 1, 1, 1 },
		{ DOWN, "o1 OK\r\n", 0, 1, 1 } }, 0, "" },
	{ "a literal that is refused", {
		{ UP, "o1 APPEND x {5}\r\n", 1, 0, 1 },
		{ DOWN, "o1 NO full\r\n", 0, 1, 1 },
		{ UP, "o2 NOOP\r\n", 1, 1, 1 } }, 0, "" },
	{ "an answer to another command while a literal is asked for", {
		{ UP, "o1 NOOP\r\no2 APPEND x {5}\r\n", 1, 0, 1 },
		{ DOWN, "o1 OK\r\n", 1, 0, 1 },
		{ DOWN, "+\r\n", 0, 0, 1 } }, 0, "" },
	{ "a literal that is not asked for", {
		{ UP, "o1 APPEND x {9+}\r\no2 LOGOUT", 0, 0, 1 },
		{ UP, "\r\n", 1, 1, 1 },
		{ DOWN, "o1 OK\r\n", 0, 1, 1 } }, 0, "" },
	{ "two literals in one command", {
		{ UP, "o1 APPEND {1+}\r\nx {2+}\r\nab {1+}\r\nc", 0, 0, 1 },
		{ UP, "\r\n", 1, 1, 1 } }, 0, "" },
	{ "in the middle of a literal while another answer is due", {
		{ UP, "o1 NOOP\r\no2 APPEND x {9+}\r\nabc", 1, 0, 1 },
		{ DOWN, "o1 OK\r\n", 0, 0, 1 } }, 0, "" },
	{ "IDLE", {
		{ UP, "o1 IDLE\r\n", 1, 0, 1 },
		{ DOWN, "+ idling\r\n", 0, 0, 1 },
		{ DOWN, "* 2 EXI", 1, 0, 0 },
		{ DOWN, "STS\r\n", 0, 0, 1 },
		{ UP, "DONE\r\n", 1, 1, 1 },
		{ DOWN, "o1 OK\r\n", 0, 1, 1 } }, 0, "" },
	{ "IDLE refused", {
		{ UP, "o1 idle\r\n", 1, 0, 1 },
		{ DOWN, "o1 BAD\r\n", 0, 1, 1 } }, 0, "" },
	{ "IDLE behind a command", {
		{ UP, "o1 NOOP\r\no2 IDLE\r\n", 1, 0, 1 },
		{ DOWN, "o1 OK\r\n+ idling\r\n", 0, 0, 1 } }, 0, "" },
	{ "LOGOUT", {
		{ UP, "o1 logout\r\n", 1, 1, 1 },
		{ DOWN, "* BYE see you\r\no1 OK\r\n", 0, 1, 1 } }, 1, "BYE see you" },
	{ "LOGOUT in a message is none", {
		{ UP, "o1 APPEND x {11+}\r\no2 LOGOUT\r\n", 0, 0, 1 } }, 0, "" },
	{ "no literals at all", {
		{ UP, "o1 X {}\r\no2 X {a}\r\no3 X {12\r\no4 X {+}\r\no5 X 12}\r\n", 1, 1, 1 },
		{ DOWN, "o1 BAD\r\no2 BAD\r\no3 BAD\r\no4 BAD\r\n", 1, 1, 1 },
		{ DOWN, "o5 BAD\r\n", 0, 1, 1 } }, 0, "" },
	{ "a word that is too long for a tag", {
		{ UP, "0123456789012345678901234567890123456789 NOOP\r\n", 1, 1, 1 },
		{ DOWN, "0123456789012345678901234567890123456789 OK\r\n", 0, 1, 1 } }, 0, "" },
	{ "answers nobody asked for", {
		{ DOWN, "o1 OK\r\no2 OK\r\n", 0, 1, 1 },
		{ UP, "o3 NOOP\r\n", 1, 1, 1 } }, 0, "" },
};

/* Feeds the bytes, in one piece or one by one. */
static void
feed(struct watch *w, const struct step *s, size_t piece)
{
	size_t n = strlen(s->bytes), i, k;

	for (i = 0; i < n; i += k) {
		k = n - i < piece ? n - i : piece;
		if (s->side == UP)
			watch_up(w, s->bytes + i, k);
		else
			watch_down(w, s->bytes + i, k);
	}
}

int
main(void)
{
	static const size_t pieces[] = { 1, 3, 1000 };
	struct watch w;
	size_t i, k, p;

	for (p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			watch_init(&w);
			for (k = 0; k < 10 && rows[i].steps[k].bytes != NULL; k++) {
				unit_row("%s, step %zu by %zu", rows[i].name, k, pieces[p]);
				feed(&w, &rows[i].steps[k], pieces[p]);
				CHECK_NUM(watch_waits(&w), rows[i].steps[k].waits);
				CHECK_NUM(watch_up_clean(&w), rows[i].steps[k].up);
				CHECK_NUM(watch_down_clean(&w), rows[i].steps[k].down);
			}
			CHECK_NUM(w.logout, rows[i].logout);
			CHECK_STR(w.bye, rows[i].bye);
		}
	return unit_end("net_watch");
}
