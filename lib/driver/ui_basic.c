/* The event stream in OfflineIMAP's words. */
#include "driver/ui_basic.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "driver/differ.h"
#include "driver/pipe.h"
#include "driver/words.h"
#include "plan/action.h"

#define WORDS_MAX	4000	/* bytes of one line's parts */

void
ui_basic_open(struct ui_basic *ui, struct sink *to)
{
	memset(ui, 0, sizeof(*ui));
	ui->to = to;
	changes_open(&ui->changes);
}

/* Between two accounts. */
static void
forget(struct ui_basic *ui)
{
	changes_close(&ui->changes);
	changes_open(&ui->changes);
	ui->ntold = 0;
	while (ui->nerrors > 0)
		free(ui->errors[--ui->nerrors]);
}

void
ui_basic_close(struct ui_basic *ui)
{
	forget(ui);
	changes_close(&ui->changes);
	free(ui->told);
	free(ui->errors);
}

/* 1 if it was said before in this account; remembers it. */
static int
said_before(struct ui_basic *ui, const char *text)
{
	size_t i;

	for (i = 0; i < ui->nerrors; i++)
		if (strcmp(ui->errors[i], text) == 0)
			return 1;
	if (ui->nerrors < 1000) {
		ui->errors = mem_grow(ui->errors, ui->nerrors + 1, sizeof(*ui->errors));
		ui->errors[ui->nerrors++] = mem_dup(text);
	}
	return 0;
}

/* 1 the first time that this is to be said of the gathered folder in this account. */
static int
first_time(struct ui_basic *ui, const char *what)
{
	const struct changes *c = &ui->changes;
	char *key = mem_printf("%s\n%s\n%s", c->remote, c->local, what);
	uint64_t told = digest_key(key, strlen(key));
	size_t i;

	free(key);
	for (i = 0; i < ui->ntold; i++)
		if (ui->told[i] == told)
			return 0;
	ui->told = mem_grow(ui->told, ui->ntold + 1, sizeof(*ui->told));
	ui->told[ui->ntold++] = told;
	return 1;
}

/* "Syncing F: IMAP -> Maildir", once per folder that changed. */
static void
announce(struct ui_basic *ui, const struct rec *rec)
{
	if (rec_is(rec, "create") || rec_is(rec, "keep") || rec_is(rec, "forget"))
		return;
	if (first_time(ui, ""))
		sink_say(ui->to, LEVEL_INFO, "Syncing %s: IMAP -> Maildir", ui->changes.remote);
}

/* What a line does, in words. */
static void
describe(const struct rec *rec, const struct account *a, struct buf *b)
{
	const char *r = rec->pos[1] != NULL ? rec->pos[1] : "-";
	const char *l = rec->pos[2] != NULL ? rec->pos[2] : "-";
	const char *uid = rec->npos > 3 && rec->pos[3] != NULL ? strchr(rec->pos[3], ':') : NULL;
	int side = summary_side(rec);

	if (rec_is(rec, "create"))
		buf_printf(b, "Creating folder %s[%s]", side == ON_REMOTE ? r : l,
		    side == ON_REMOTE ? a->remote.name : a->local.name);
	else if (rec_is(rec, "copy") && side == ON_LOCAL)
		buf_printf(b, "Copy message UID %s %s:%s -> %s:%s", uid != NULL ? uid + 1 : "-",
		    a->remote.name, r, a->local.name, l);
	else if (rec_is(rec, "copy"))
		buf_printf(b, "Copy message %s %s:%s -> %s:%s",
		    rec_get(rec, "name") != NULL ? rec_get(rec, "name") : "-",
		    a->local.name, l, a->remote.name, r);
	else
		buf_printf(b, "%s %s%s%s on %s", rec->verb, uid != NULL ? "message UID " : "",
		    uid != NULL ? uid + 1 : rec_get(rec, "name") != NULL ? rec_get(rec, "name") :
		    "folder", side == ON_LOCAL ? " locally" : side == ON_REMOTE ? " remotely" : "", r);
}

static const char *
number(const struct rec *rec, const char *key)
{
	const char *n = rec_get(rec, key);

	return n != NULL ? n : "-";
}

/* A folder that the server has renumbered, and that is paired anew only if the user says so. */
static void
doubtful(struct ui_basic *ui, const struct rec *rec, const struct account *a)
{
	const char *r = rec->pos[1] != NULL ? rec->pos[1] : "-", *text = rec_get(rec, "text");
	struct buf b;

	buf_init(&b, WORDS_MAX);
	buf_str(&b, "offlineimap -o -a ");
	pipe_quote(&b, a->name);
	/* -f is a comma list: of such a name all folders are meant */
	if (strchr(r, ',') == NULL) {
		buf_str(&b, " -f ");
		pipe_quote(&b, r);
	}
	buf_str(&b, " --recover");
	sink_say(ui->to, words_uidvalidity->level, "UID validity problem for folder %s (repo %s) "
	    "(saved %s; got %s); skipping it. %s%sPlease see FAQ and manual on how to handle this "
	    "(UIDVALIDITY in offlineimap(7)). To keep what either side has: %s",
	    r, a->remote.name, number(rec, "saved"), number(rec, "now"), text != NULL ? text : "",
	    text != NULL ? ". " : "", buf_bad(&b) ? "offlineimap -o --recover" : buf_cstr(&b));
	buf_free(&b);
}

/* A folder that the server has renumbered, and how its messages find each other again. */
static void
renewed(struct ui_basic *ui, const struct rec *rec, const char *prefix)
{
	sink_say(ui->to, LEVEL_WARNING, "%s%s: the server numbered its messages anew "
	    "(UIDVALIDITY %s -> %s): %s paired, %s to upload, %s to download, nothing to delete", prefix,
	    rec->pos[1] != NULL ? rec->pos[1] : "-", number(rec, "saved"), number(rec, "now"),
	    number(rec, "paired"), number(rec, "up"), number(rec, "down"));
}

/* A line about one folder as a whole that stays as it is. */
static void
kept_folder(struct ui_basic *ui, const struct rec *rec, const struct account *a)
{
	const char *why = rec_get(rec, "why");
	const struct word *w = words_find(why);
	const char *text = rec_get(rec, "text");
	/* what is only on disk goes by the name that it has there */
	int local = rec->pos[1] == NULL || (summary_side(rec) == ON_REMOTE && rec->pos[2] != NULL);
	const char *r = rec->pos[local ? 2 : 1];

	if (w == words_uidvalidity)
		doubtful(ui, rec, a);
	else
		sink_say(ui->to, w->level, "Skipping folder %s[%s]: %s%s%s",
		    r == NULL ? "-" : *r == '\0' ? "\"\"" : r,
		    local ? a->local.name : a->remote.name, words_text(why),
		    text != NULL ? ": " : "", text != NULL ? text : "");
}

/* Lines that the folder as a whole is the reason for: said once, however many there are. */
static int
of_folder(struct ui_basic *ui, const struct rec *rec, const struct account *a)
{
	const char *why = rec->detail;
	int readonly;

	if (why == NULL || strcmp(rec->outcome, "skip") != 0)
		return 0;
	readonly = strcmp(why, ACTION_READONLY) == 0;
	if (!readonly && strcmp(why, ACTION_NOROOM) != 0)
		return 0;
	if (!(readonly && a->ignore_readonly) && first_time(ui, why))
		sink_say(ui->to, LEVEL_WARNING, "Skipped: changes for %s[%s]: %s", ui->changes.remote,
		    a->remote.name, why);
	return 1;
}

static void
outcome(struct ui_basic *ui, const struct rec *rec, const struct account *a)
{
	int failed = strcmp(rec->outcome, "fail") == 0;
	struct buf b;

	if (of_folder(ui, rec, a))
		return;
	buf_init(&b, WORDS_MAX);
	describe(rec, a, &b);
	sink_say(ui->to, failed ? LEVEL_ERROR : LEVEL_INFO, "%s%s: %s",
	    failed ? "ERROR: " : "Skipped: ", buf_bad(&b) ? rec->verb : buf_cstr(&b),
	    rec->detail != NULL ? rec->detail : failed ? "failed" : "it has changed meanwhile");
	buf_free(&b);
}

static void
note(struct ui_basic *ui, const struct event *ev)
{
	const char *text = rec_get(ev->rec, "text"), *subject = ev->rec->pos[0];

	if (text == NULL)
		return;
	if (subject == NULL || strcmp(subject, "r") == 0)
		subject = ev->account->name;
	else if (*subject == '\0')
		subject = ev->account->local.root;
	sink_say(ui->to, LEVEL_WARNING, "%s: %s", subject, text);
}

static void
record(struct ui_basic *ui, const struct event *ev)
{
	const struct rec *rec = ev->rec;
	const char *prefix = ev->dryrun ? "[DRYRUN] " : "", *flaw;
	int one;
	struct buf b;

	if (rec_is(rec, "differ"))
		differ_tell(rec, ev->account, ui->to);
	if (ev->verify || rec->npos < 3 || rec_is(rec, "end") || rec_is(rec, "probe"))
		return;
	if (!changes_same(&ui->changes, rec)) {
		changes_tell(&ui->changes, ev->account, ui->to, prefix);
		changes_begin(&ui->changes, rec);
	}
	if (rec_is(rec, "keep") && rec->pos[3] == NULL && rec_get(rec, "name") == NULL) {
		kept_folder(ui, rec, ev->account);
		return;
	}
	announce(ui, rec);
	if (rec_is(rec, "mark"))
		return;
	if (rec->outcome != NULL && strcmp(rec->outcome, "done") != 0 && !rec_is(rec, "keep")) {
		outcome(ui, rec, ev->account);
		return;
	}
	if (rec_is(rec, "renew"))
		renewed(ui, rec, prefix);
	one = rec_is(rec, "create") || (rec_is(rec, "copy") && !ev->dryrun);
	if (!one) {
		changes_add(&ui->changes, rec);
		return;
	}
	/* of a copy it says which uid it got */
	flaw = rec_is(rec, "create") ? rec->detail : NULL;
	buf_init(&b, WORDS_MAX);
	describe(rec, ev->account, &b);
	sink_say(ui->to, flaw != NULL ? LEVEL_WARNING : LEVEL_INFO, "%s%s%s%s", prefix,
	    buf_bad(&b) ? rec->verb : buf_cstr(&b), flaw != NULL ? ": " : "", flaw != NULL ? flaw : "");
	buf_free(&b);
}

static void
finish(struct ui_basic *ui, const struct event *ev)
{
	const struct summary *s = ev->summary;
	struct buf b;

	changes_tell(&ui->changes, ev->account, ui->to, ev->dryrun ? "[DRYRUN] " : "");
	buf_init(&b, WORDS_MAX);
	summary_words(s, &b);
	sink_say(ui->to, LEVEL_INFO, "%sAccount %s: %s", ev->dryrun ? "[DRYRUN] " : "",
	    ev->account->name, buf_cstr(&b));
	buf_free(&b);
	sink_say(ui->to, LEVEL_INFO, "*** Finished account '%s' in %lld:%02lld", ev->account->name,
	    (long long)(s->ms / 60000), (long long)(s->ms / 1000 % 60));
	forget(ui);
}

void
ui_basic_hear(struct ui_basic *ui, const struct event *ev)
{
	const struct account *a = ev->account;

	switch (ev->kind) {
	case EVENT_START:
		sink_say(ui->to, LEVEL_INFO, "OfflineIMAP %s", VERSION);
		sink_say(ui->to, LEVEL_INFO, "  Licensed under the ISC licence");
		break;
	case EVENT_ACCOUNT:
		sink_say(ui->to, LEVEL_INFO, "*** Processing account %s", a->name);
		break;
	case EVENT_CONNECT:
		sink_say(ui->to, LEVEL_INFO, "Establishing connection to %s:%d (%s)",
		    a->remote.host != NULL ? a->remote.host : "-", a->remote.port, a->remote.name);
		break;
	case EVENT_RECORD:
		record(ui, ev);
		break;
	case EVENT_NOTE:
		note(ui, ev);
		break;
	case EVENT_SAID:
		if (!said_before(ui, ev->text))
			sink_say(ui->to, LEVEL_ERROR, "%s", ev->text);
		break;
	case EVENT_TRACE:
		break;
	case EVENT_INFO:
		sink_say(ui->to, LEVEL_INFO, "%s", ev->text);
		break;
	case EVENT_WARNING:
		sink_say(ui->to, LEVEL_WARNING, "%s", ev->text);
		break;
	case EVENT_ERROR:
		if (!said_before(ui, ev->text))
			sink_say(ui->to, LEVEL_ERROR, "ERROR: %s", ev->text);
		break;
	case EVENT_DONE:
		finish(ui, ev);
		break;
	}
}
