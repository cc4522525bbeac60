/* The configuration file's syntax: Python's configparser with its defaults. */
#include "conf/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define FILE_MAX	(4u << 20)	/* bytes of a configuration file */

struct parser {
	struct ini	*ini;
	struct err	*err;
	size_t		 sect;		/* where options go */
	int		 insect;	/* a header has been seen */
	struct ini_opt	*opt;		/* what a continuation line belongs to, or NULL */
	size_t		 indent;	/* of the last header or option, in characters */
	int		 line;
};

/* Adds a section at the end and returns its number. */
static size_t
add_sect(struct ini *ini, const char *name, size_t len, char *at)
{
	struct ini_sect *s;

	ini->sects = mem_grow(ini->sects, ini->nsects + 1, sizeof(*ini->sects));
	s = &ini->sects[ini->nsects];
	memset(s, 0, sizeof(*s));
	s->name = mem_ndup(name, len);
	s->at = at;
	return ini->nsects++;
}

/* The option of that name in this very section, NULL if there is none. */
static struct ini_opt *
own(const struct ini_sect *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nopts; i++)
		if (strcmp(s->opts[i].name, name) == 0)
			return &s->opts[i];
	return NULL;
}

/* Sets an option; takes name and at, copies the value.  Lives until the next call. */
static struct ini_opt *
set(struct ini_sect *s, char *name, const char *value, size_t len, char *at)
{
	struct ini_opt *o = own(s, name);

	if (o == NULL) {
		s->opts = mem_grow(s->opts, s->nopts + 1, sizeof(*s->opts));
		o = &s->opts[s->nopts++];
	} else {
		free(o->name);
		text_wipe(o->value);
		free(o->at);
	}
	o->name = name;
	o->value = mem_ndup(value, len);
	o->at = at;
	return o;
}

static void
warn_twice(struct parser *p, const char *what, const char *name, const char *before,
    const char *effect)
{
	char *s = mem_printf("%s:%d: %s '%s' stands twice (before at %s); %s",
	    p->ini->file, p->line, what, name, before, effect);

	list_add(&p->ini->warnings, s, strlen(s));
	free(s);
}

/* A "[name]" line; what follows the last bracket is ignored. */
static void
header(struct parser *p, const char *name, size_t len)
{
	struct ini *ini = p->ini;
	size_t i;

	p->opt = NULL;
	p->insect = 1;
	for (i = 0; i < ini->nsects; i++)
		if (strlen(ini->sects[i].name) == len && memcmp(ini->sects[i].name, name, len) == 0)
			break;
	p->sect = i;
	if (i == ini->nsects)
		add_sect(ini, name, len, mem_printf("%s:%d", ini->file, p->line));
	else if (i > 0)
		warn_twice(p, "section", ini->sects[i].name, ini->sects[i].at,
		    "both are taken together");
}

/* A "name = value" or "name: value" line. */
static int
option(struct parser *p, const char *s, const char *end)
{
	struct ini_sect *sect = &p->ini->sects[p->sect];
	const char *sep, *nend;
	struct ini_opt *old;
	char *name;

	for (sep = s; sep < end && *sep != '=' && *sep != ':'; sep++)
		;
	nend = sep;
	text_trim(&s, &nend);
	if (sep == end || s == nend)
		return err_conf(p->err, "%s:%d: neither a [section] nor an 'option = value' line",
		    p->ini->file, p->line);
	name = mem_ndup(s, (size_t)(nend - s));
	text_lower(name);
	s = sep + 1;
	text_trim(&s, &end);
	if ((old = own(sect, name)) != NULL)
		warn_twice(p, "option", name, old->at, "the last one counts");
	p->opt = set(sect, name, s, (size_t)(end - s),
	    mem_printf("%s:%d", p->ini->file, p->line));
	return 0;
}

/* Another line of the present option's value. */
static void
continuation(struct ini_opt *o, const char *s, size_t len)
{
	size_t old = strlen(o->value);
	char *v = mem_alloc(old + len + 2);

	memcpy(v, o->value, old);
	v[old] = '\n';
	memcpy(v + old + 1, s, len);
	text_wipe(o->value);
	o->value = v;
}

/* The characters before the first that is no blank. */
static size_t
indent_of(const char *s, const char *text)
{
	size_t n = 0;

	for (; s < text; s += text_blank(s, text))
		n++;
	return n;
}

static int
line(struct parser *p, const char *s, const char *end)
{
	const char *start = s, *close;
	size_t indent;

	text_trim(&s, &end);
	if (s == end) {
		if (p->opt != NULL)
			continuation(p->opt, "", 0);
		return 0;
	}
	if (*s == '#' || *s == ';')
		return 0;
	indent = indent_of(start, s);
	if (p->opt != NULL && indent > p->indent) {
		continuation(p->opt, s, (size_t)(end - s));
		return 0;
	}
	p->indent = indent;
	if (*s == '[' && (close = memrchr(s, ']', (size_t)(end - s))) != NULL && close > s + 1) {
		header(p, s + 1, (size_t)(close - s - 1));
		return 0;
	}
	if (!p->insect)
		return err_conf(p->err, "%s:%d: this line stands before the first [section]",
		    p->ini->file, p->line);
	return option(p, s, end);
}

/* Values end in neither blanks nor empty lines. */
static void
trim_values(struct ini *ini)
{
	struct ini_opt *o;
	const char *s, *end;
	size_t i, j;

	for (i = 0; i < ini->nsects; i++)
		for (j = 0; j < ini->sects[i].nopts; j++) {
			o = &ini->sects[i].opts[j];
			s = o->value;
			end = s + strlen(s);
			text_trim(&s, &end);
			/* only the end: a first line that is empty stays one */
			o->value[s == end ? 0 : end - o->value] = '\0';
		}
}

int
ini_parse(struct ini **out, const char *file, const char *text, size_t len, struct err *err)
{
	struct ini *ini = mem_alloc(sizeof(*ini));
	struct parser p = { .ini = ini, .err = err, .line = 1 };
	const char *end = text + len, *s = text, *eol;

	*out = NULL;
	ini->file = mem_dup(file);
	add_sect(ini, "DEFAULT", 7, mem_dup(file));
	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	for (; s < end; s = eol, p.line++) {
		for (eol = s; eol < end && *eol != '\n' && *eol != '\r' && *eol != '\0'; eol++)
			;
		if (eol < end && *eol == '\0') {
			err_conf(err, "%s:%d: a NUL byte; this is no text file", file, p.line);
			goto fail;
		}
		if (line(&p, s, eol) == -1)
			goto fail;
		if (eol < end)
			eol += *eol == '\r' && eol + 1 < end && eol[1] == '\n' ? 2 : 1;
	}
	trim_values(ini);
	*out = ini;
	return 0;
fail:
	ini_free(ini);
	return -1;
}

int
ini_read(struct ini **out, const char *file, struct err *err)
{
	/* One piece from the start: growing it would leave passwords behind. */
	static char text[FILE_MAX];
	size_t len = 0;
	ssize_t n = 0;
	int fd, rc = -1;

	*out = NULL;
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1) {
		if (errno == ENOENT)
			return err_fail(err, "%s: %s", file, strerror(errno));
		return err_conf(err, "%s: %s", file, strerror(errno));
	}
	while (len < FILE_MAX && ((n = read(fd, text + len, FILE_MAX - len)) > 0 ||
	    (n == -1 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	if (n == -1)
		err_conf(err, "%s: %s", file, strerror(errno));
	else if (len == FILE_MAX)
		err_conf(err, "%s: this is too long for a configuration file", file);
	else
		rc = ini_parse(out, file, text, len, err);
	explicit_bzero(text, len);
	close(fd);
	return rc;
}

void
ini_free(struct ini *ini)
{
	struct ini_sect *s;
	size_t i, j;

	if (ini == NULL)
		return;
	for (i = 0; i < ini->nsects; i++) {
		s = &ini->sects[i];
		for (j = 0; j < s->nopts; j++) {
			free(s->opts[j].name);
			text_wipe(s->opts[j].value);
			free(s->opts[j].at);
		}
		free(s->opts);
		free(s->name);
		free(s->at);
	}
	free(ini->sects);
	list_free(&ini->warnings);
	free(ini->file);
	free(ini);
}

const struct ini_sect *
ini_section(const struct ini *ini, const char *name)
{
	size_t i;

	for (i = 0; i < ini->nsects; i++)
		if (strcmp(ini->sects[i].name, name) == 0)
			return &ini->sects[i];
	return NULL;
}

const struct ini_opt *
ini_find(const struct ini *ini, const struct ini_sect *s, const char *name)
{
	const struct ini_opt *o = s != NULL ? own(s, name) : NULL;

	return o != NULL ? o : own(&ini->sects[0], name);
}

int
ini_override(struct ini *ini, const char *arg, struct err *err)
{
	const char *eq = strchr(arg, '='), *colon, *key = arg;
	const struct ini_sect *s;
	char *section, *name, *p;

	if (eq == NULL || eq == arg)
		return err_conf(err, "-k %s: not of the form [section:]option=value", arg);
	colon = memchr(arg, ':', (size_t)(eq - arg));
	section = colon != NULL ? mem_ndup(arg, (size_t)(colon - arg)) : mem_dup("general");
	key = colon != NULL ? colon + 1 : arg;
	name = mem_ndup(key, (size_t)(eq - key));
	text_lower(name);
	for (p = section; colon != NULL && *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	if ((s = ini_section(ini, section)) == NULL && colon != NULL) {
		memcpy(section, arg, (size_t)(colon - arg));
		s = ini_section(ini, section);
	}
	if (s == NULL || *name == '\0' || !ini_percent(eq + 1)) {
		if (s == NULL)
			err_conf(err, "-k %.*s: %s has no section [%s]", (int)(eq - arg), arg,
			    ini->file, section);
		else
			err_conf(err, "-k %.*s: %s", (int)(eq - arg), arg, *name == '\0' ?
			    "no option is named" : "a lone % in the value; write %% for a percent sign");
		free(section);
		free(name);
		return -1;
	}
	set(&ini->sects[s - ini->sects], name, eq + 1, strlen(eq + 1),
	    mem_printf("-k %.*s", (int)(eq - arg), arg));
	free(section);
	return 0;
}
