/* Choosing a user interface. */
#include "driver/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "conf/text.h"
#include "driver/sink.h"
#include "driver/ui_basic.h"
#include "driver/ui_plan.h"

struct ui {
	int		 records;	/* "plan": words go to standard error */
	struct sink	 sink;
	struct sink	 trace;		/* standard error, for -d */
	struct ui_basic	 basic;
};

enum { BASIC, QUIET, PLAN };

/* OfflineIMAP's names and what stands for them; the first three are ours. */
static const struct {
	const char *name;
	int is;
} names[] = {
	{ "basic", BASIC }, { "quiet", QUIET }, { "plan", PLAN },
	{ "ttyui", BASIC }, { "blinkenlights", BASIC }, { "machineui", BASIC },
	{ "syslog", QUIET },
};

/* Index into names, -1 if there is none. */
static int
find(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i].name, dot != NULL ? dot + 1 : name) == 0)
			return (int)i;
	return -1;
}

/* By -u: index into names, or -1 with the error. */
static int
asked_for(const char *name, char **warning, struct err *e)
{
	int i = find(name);

	if (i == -1)
		return err_fail(e, "there is no user interface \"%s\": use basic, quiet or plan", name);
	if (i > PLAN)
		*warning = mem_printf("the user interface \"%s\" is not in this build: %s is used",
		    name, names[names[i].is].name);
	else if (strchr(name, '.') != NULL)
		*warning = mem_printf("the user interface \"%s\" is called %s now", name,
		    names[i].name);
	return i;
}

/* By the option: index into names. */
static int
configured(const struct general *g, char **warning)
{
	struct list l = { NULL, 0 };
	int i, best = -1;
	size_t k;

	if (g->ui == NULL)
		return BASIC;
	list_split(&l, g->ui, ',');
	for (k = 0; k < l.n; k++) {
		i = find(l.v[k]);
		if (best == -1 || (best > PLAN && i != -1 && i <= PLAN))
			best = i;
	}
	list_free(&l);
	if (best == -1)
		*warning = mem_printf("%s: option 'ui': there is no user interface \"%s\": %s is used",
		    g->ui_at, g->ui, names[BASIC].name);
	else if (best > PLAN)
		*warning = mem_printf("%s: option 'ui': the user interface \"%s\" is not in this build: "
		    "%s is used", g->ui_at, g->ui, names[names[best].is].name);
	return best == -1 ? BASIC : best;
}

struct ui *
ui_open(const char *asked, const struct general *g, const char *log, char **warning,
    struct err *e)
{
	struct ui *ui;
	int i;

	*warning = NULL;
	i = asked != NULL ? asked_for(asked, warning, e) : configured(g, warning);
	if (i == -1)
		return NULL;
	ui = mem_alloc(sizeof(*ui));
	ui->records = names[i].is == PLAN;
	if (sink_open(&ui->sink, ui->records ? stderr : stdout,
	    names[i].is == BASIC ? LEVEL_INFO : LEVEL_WARNING, log, e) == -1) {
		free(ui);
		return NULL;
	}
	sink_open(&ui->trace, stderr, LEVEL_INFO, NULL, e);
	ui_basic_open(&ui->basic, &ui->sink);
	return ui;
}

void
ui_hear(struct ui *ui, const struct event *ev)
{
	if (ev->kind == EVENT_TRACE)
		sink_say(&ui->trace, LEVEL_INFO, "%s", ev->text);
	/* what differs is not said twice */
	if (!ui->records || !ev->verify || ev->kind != EVENT_RECORD)
		ui_basic_hear(&ui->basic, ev);
	if (ui->records)
		ui_plan_hear(stdout, ev);
}

int
ui_wants_records(const struct ui *ui)
{
	return ui->records;
}

int
ui_close(struct ui *ui, struct err *e)
{
	int r = sink_close(&ui->sink);

	if (fflush(stdout) != 0 || ferror(stdout))
		r = -1;
	if (r == -1)
		err_fail(e, "standard output: %s", strerror(errno));
	ui_basic_close(&ui->basic);
	free(ui);
	return r;
}
