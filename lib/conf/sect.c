/* Reading one section of a configuration. */
#include "conf/sect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/opt.h"

void
conf_warn(struct conf *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!list_has(&c->warnings, text))
		list_add(&c->warnings, text, strlen(text));
}

void
sect_open(struct sect *s, struct conf *c, const struct ini_sect *ini, unsigned where,
    struct err *err)
{
	s->conf = c;
	s->ini = ini;
	s->where = where;
	s->err = err;
	s->bad = 0;
}

const char *
sect_at(const struct sect *s, const char *name)
{
	const struct ini_opt *o = ini_find(s->conf->ini, s->ini, name);

	if (o != NULL)
		return o->at;
	return s->ini != NULL ? s->ini->at : s->conf->ini->file;
}

int
sect_has(const struct sect *s, const char *name)
{
	return ini_find(s->conf->ini, s->ini, name) != NULL;
}

void
sect_error(struct sect *s, const char *name, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	if (s->bad)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->bad = 1;
	err_conf(s->err, "%s: option '%s': %s", sect_at(s, name), name, text);
}

/* One option against the table. */
static void
check(struct sect *s, const struct ini_opt *o)
{
	const struct opt *t = opt_find(o->name, s->where);

	if (t == NULL || (t->act != OPT_WARN && t->act != OPT_STOP) || !opt_asks(t, o->value))
		return;
	if (t->act == OPT_STOP)
		sect_error(s, o->name, "not supported, and must not be ignored: %s", t->say);
	else
		conf_warn(s->conf, "%s: option '%s' is ignored: %s", o->at, o->name, t->say);
}

void
sect_check(struct sect *s)
{
	const struct ini_sect *dflt = &s->conf->ini->sects[0];
	size_t i;

	for (i = 0; s->ini != NULL && i < s->ini->nopts; i++)
		check(s, &s->ini->opts[i]);
	for (i = 0; i < dflt->nopts; i++)
		if (ini_find(s->conf->ini, s->ini, dflt->opts[i].name) == &dflt->opts[i])
			check(s, &dflt->opts[i]);
}

/*
 * The value that is written, else the default, malloc'ed; NULL for neither.
 * An option of one line with more is most likely the next option, indented by
 * accident.
 */
static char *
value(struct sect *s, const char *name)
{
	const struct opt *t = opt_find(name, s->where);
	const struct ini_opt *o = ini_find(s->conf->ini, s->ini, name);
	char *v;

	ENSURE(t != NULL && t->act == OPT_HONOUR);
	if (s->bad)
		return NULL;
	if (o == NULL)
		return mem_dup(t->dflt);
	v = t->type == OPT_PLAIN ? mem_dup(o->value) :
	    ini_value(s->conf->ini, s->ini, o, s->err);
	if (v == NULL) {
		s->bad = 1;
		return NULL;
	}
	if (t->type == OPT_LIST || t->type == OPT_LONG || strchr(v, '\n') == NULL)
		return v;
	sect_error(s, name, "the value goes over several lines; "
	    "is the line below it indented by accident?");
	text_wipe(v);
	return NULL;
}

/* The same, with NULL for the empty string too. */
static char *
nonempty(struct sect *s, const char *name)
{
	char *v = value(s, name);

	if (v == NULL || *v != '\0')
		return v;
	free(v);
	return NULL;
}

char *
sect_text(struct sect *s, const char *name)
{
	return nonempty(s, name);
}

static char *
changed(char *v, char *(*how)(const char *))
{
	char *path = v != NULL ? how(v) : NULL;

	free(v);
	return path;
}

char *
sect_path(struct sect *s, const char *name)
{
	return changed(nonempty(s, name), text_path);
}

char *
sect_abspath(struct sect *s, const char *name)
{
	return changed(nonempty(s, name), text_abspath);
}

int
sect_bool(struct sect *s, const char *name)
{
	char *v = value(s, name);
	int on = 0;

	if (v != NULL && opt_bool(v, &on) == -1)
		sect_error(s, name, "'%s' is neither yes nor no", v);
	free(v);
	return on;
}

int
sect_int(struct sect *s, const char *name, int min, int max)
{
	char *v = value(s, name);
	long long n = min;

	if (v != NULL && opt_int(v, min, max, &n) == -1)
		sect_error(s, name, "'%s' is no number from %d to %d", v, min, max);
	free(v);
	return (int)n;
}
