/* All accounts, one after the other. */
#include "driver/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "driver/account.h"
#include "driver/loop.h"
#include "driver/ui.h"

struct run {
	const struct options *options;
	struct conf	*conf;
	struct ui	*ui;
	struct loop	 loop;
	size_t		 warned;	/* warnings of the configuration that were said */
	int		 status;
};

static void
say(struct run *r, enum event_kind kind, const char *text)
{
	struct event ev = { .kind = kind, .text = text };

	ui_hear(r->ui, &ev);
}

static void
failed(struct run *r, const struct err *e)
{
	r->status = err_worst(r->status, e->status);
	say(r, EVENT_ERROR, e->text);
}

/* Each warning of the configuration once, however many accounts are read. */
static void
warnings(struct run *r)
{
	const char *text;

	while ((text = conf_warning(r->conf, r->warned)) != NULL) {
		say(r, EVENT_WARNING, text);
		r->warned++;
	}
}

static void
one_account(struct run *r, const char *name)
{
	struct account *a = NULL;
	struct err e;
	int dryrun = r->options->dryrun || conf_general(r->conf)->dryrun;

	if (conf_account(r->conf, name, &a, &e) == -1)
		failed(r, &e);
	warnings(r);
	if (a != NULL)
		r->status = err_worst(r->status,
		    account_run(a, r->options, dryrun, &r->loop, r->ui));
	account_free(a);
}

static void
accounts(struct run *r)
{
	char **names = NULL;
	struct err e;
	size_t i, n = 0;

	warnings(r);
	if (conf_names(r->conf, r->options->accounts, &names, &n, &e) == -1) {
		failed(r, &e);
		return;
	}
	if (loop_open(&r->loop) == -1) {
		err_again(&e, "signalfd: %s", strerror(errno));
		failed(r, &e);
	} else {
		for (i = 0; i < n && r->loop.stop == 0; i++)
			one_account(r, names[i]);
		loop_close(&r->loop);
	}
	conf_names_free(names, n);
}

/* The user interface of -u, else of the configuration. */
static int
open_ui(struct run *r, struct err *e)
{
	const struct options *o = r->options;
	char *warning;
	size_t i;

	r->ui = ui_open(o->ui, conf_general(r->conf), o->log, &warning, e);
	if (r->ui == NULL)
		return -1;
	say(r, EVENT_START, NULL);
	if (warning != NULL)
		say(r, EVENT_WARNING, warning);
	free(warning);
	for (i = 0; i < o->nwarning; i++)
		say(r, EVENT_WARNING, o->warning[i]);
	return 0;
}

int
run(const struct options *o)
{
	struct run r = { .options = o };
	struct err e;

	if (conf_load(&r.conf, o->args.conffile, o->args.overrides, o->args.noverrides, &e) == -1 ||
	    open_ui(&r, &e) == -1)
		r.status = err_print("offlineimap", &e);
	else {
		accounts(&r);
		if (ui_close(r.ui, &e) == -1)
			r.status = err_worst(r.status, err_print("offlineimap", &e));
	}
	conf_free(r.conf);
	return r.status;
}
