/* Reasons, summaries, quoted words: what people read. */
#include <stdlib.h>

#include "base/err.h"
#include "driver/pipe.h"
#include "driver/summary.h"
#include "driver/words.h"

#include "unit.h"

static const struct {
	const char *word;
	enum level level;
	int status;
	const char *part;	/* of the sentence */
} words[] = {
	{ "uidvalidity", LEVEL_WARNING, EXIT_CONF, "renumbered" },
	{ "failed", LEVEL_ERROR, EXIT_FAIL, "could not be listed" },
	{ "unreadable", LEVEL_WARNING, EXIT_FAIL, "cannot be read" },
	{ "maxdelete", LEVEL_WARNING, EXIT_DONE, "--allow-delete" },
	{ "replaced", LEVEL_WARNING, EXIT_DONE, "--allow-delete" },
	{ "refused", LEVEL_INFO, EXIT_DONE, "refused" },
	{ "archive", LEVEL_INFO, EXIT_DONE, "for good" },
	{ "loop", LEVEL_ERROR, EXIT_FAIL, "INFINITE FOLDER CREATION DETECTED" },
	{ "name-slash", LEVEL_WARNING, EXIT_DONE, "rename" },	/* of sync-pair */
	{ "never-heard-of", LEVEL_WARNING, EXIT_DONE, "never-heard-of" },
	{ NULL, LEVEL_WARNING, EXIT_DONE, "no reason" },
};

static const struct {
	const char *line;
	const char *want;
	int status;
} lines[] = {
	{ "copy\tlocal\tA\tA\t5:1", "1 new; ", 0 },
	{ "done=5:1\tcopy\tremote\tA\tA\t-", "1 uploaded; ", 0 },
	{ "done\tcreate\tlocal\tA\tA", "1 folder created; ", 0 },
	{ "done\tadopt\tboth\tA\tA\t5:1", "1 paired; ", 0 },
	{ "done\tdelete\tremote\tA\tA\t5:1", "1 deleted remotely; ", 0 },
	{ "done\tmove\tremote\tA\tA\t5:1\tB\t-", "1 moved to the remote trash; ", 0 },
	{ "done\tmove\tlocal\tA\tA\t5:1\t-\tB", "1 moved to the local trash; ", 0 },
	{ "done\tkeep\tremote\tA\tA\t5:1\twhy=maxdelete", "1 held by maxdelete; ", 0 },
	{ "keep\tboth\tA\tA\t-\twhy=uidvalidity", "1 kept; ", EXIT_CONF },
	{ "skip=x\tflags\tlocal\tA\tA\t5:1", "1 skipped; ", 0 },
	{ "fail=x\tcopy\tlocal\tA\tA\t5:1", "1 failed; ", EXIT_FAIL },
	{ "skip\tprobe\tremote\tA\tA\t5:1", "nothing changed; ", 0 },
	{ "skip\tmark\tremote\tA\tA", "nothing changed; ", 0 },
	{ "stat\tmsgs=3", "nothing changed; ", 0 },
	{ "plan\t1\taccount=A", "nothing changed; ", 0 },
};

static void
summarize(const char *line, const char *want, int status)
{
	struct event ev = { .kind = EVENT_RECORD };
	struct summary s;
	struct rec rec;
	struct err e;
	struct buf b;
	char scratch[256];

	unit_row("%s", line);
	CHECK_NUM(rec_parse(&rec, line, strlen(line), scratch, &e), 0);
	ev.rec = &rec;
	summary_open(&s, 0, 0);
	summary_hear(&s, &ev);
	summary_close(&s);
	buf_init(&b, 1000);
	summary_words(&s, &b);
	if (!CHECK(strncmp(buf_cstr(&b), want, strlen(want)) == 0))
		printf("\tgot \"%s\"\n", buf_cstr(&b));
	CHECK_NUM(s.status, status);
	buf_free(&b);
}

static const struct {
	uint64_t n;
	const char *want;
} sizes[] = {
	{ 0, ", 0 B down" }, { 9999, ", 9999 B down" }, { 10000, ", 10 kB down" },
	{ 1234567, ", 1235 kB down" }, { 12345678, ", 12 MB down" },
	{ UINT64_MAX, ", 18 EB down" },
};

static void
figures(void)
{
	struct summary s;
	struct buf b;
	size_t i;

	buf_init(&b, 1000);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unit_row("%llu bytes", (unsigned long long)sizes[i].n);
		memset(&s, 0, sizeof(s));
		s.down = sizes[i].n;
		s.turns = 1;
		buf_clear(&b);
		summary_words(&s, &b);
		if (!CHECK(strstr(buf_cstr(&b), sizes[i].want) != NULL))
			printf("\tgot \"%s\"\n", buf_cstr(&b));
		CHECK(strstr(buf_cstr(&b), " 1 turn, ") != NULL);
	}
	buf_free(&b);
}

static const struct {
	const char *word, *want;
} quotes[] = {
	{ "plain-Word_1./:,=+@%", "plain-Word_1./:,=+@%" },
	{ "", "''" },
	{ "a b", "'a b'" },
	{ "it's", "'it'\\''s'" },
	{ "$x`y`\"\\", "'$x`y`\"\\'" },
	{ "~", "'~'" },
	{ "\xc3\xa9", "'\xc3\xa9'" },
};

int
main(void)
{
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		unit_row("%s", words[i].word != NULL ? words[i].word : "no word");
		CHECK_NUM(words_find(words[i].word)->level, words[i].level);
		CHECK_NUM(words_find(words[i].word)->status, words[i].status);
		CHECK(strstr(words_text(words[i].word), words[i].part) != NULL);
	}
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		summarize(lines[i].line, lines[i].want, lines[i].status);
	figures();
	buf_init(&b, 1000);
	for (i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		unit_row("%s", quotes[i].word);
		buf_clear(&b);
		pipe_quote(&b, quotes[i].word);
		CHECK_STR(buf_cstr(&b), quotes[i].want);
	}
	unit_row("printf");
	buf_clear(&b);
	pipe_print(&b, "a\tb%20\\'\n");
	CHECK_STR(buf_cstr(&b), "printf 'a\\tb%%20\\\\'\\''\\n'");
	buf_free(&b);
	return unit_end("driver_words");
}
