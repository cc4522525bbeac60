/* %(name)s in values: configparser's BasicInterpolation. */
#include "conf/ini.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define DEPTH_MAX	10
#define VALUE_MAX	(1u << 20)	/* bytes of a value */
#define REFS_MAX	10000		/* references followed for one value */

struct interp {
	const struct ini	*ini;
	const struct ini_sect	*sect;
	const struct ini_opt	*opt;	/* the one that was asked for */
	struct buf		 out;
	unsigned		 refs;
	struct err		*err;
};

/* The length of the reference "%(name)s" at p, 0 if it is none. */
static size_t
reference(const char *p)
{
	size_t n;

	if (p[0] != '%' || p[1] != '(')
		return 0;
	n = strcspn(p + 2, ")");
	return n > 0 && p[n + 2] == ')' && p[n + 3] == 's' ? n + 4 : 0;
}

int
ini_percent(const char *p)
{
	size_t n;

	while ((p = strchr(p, '%')) != NULL) {
		if ((n = p[1] == '%' ? 2 : reference(p)) == 0)
			return 0;
		p += n;
	}
	return 1;
}

static int expand(struct interp *, const char *, int);

/* Puts in the value of the option that is named. */
static int
follow(struct interp *in, const char *name, size_t len, int depth)
{
	char *key = mem_ndup(name, len);
	/* "%(name)s" in a password may be a piece of it */
	int secret = strncmp(in->opt->name, "remotepass", 10) == 0;
	const struct ini_opt *to;
	int rc = 0;

	text_lower(key);
	to = ini_find(in->ini, in->sect, key);
	if (to == NULL)
		rc = err_conf(in->err, "%s: option '%s': there is no option '%s' in "
		    "its section for %%(...)s to name", in->opt->at, in->opt->name,
		    secret ? "..." : key);
	else if (strchr(to->value, '%') != NULL)
		rc = expand(in, to->value, depth + 1);
	else
		buf_str(&in->out, to->value);
	free(key);
	return rc;
}

static int
expand(struct interp *in, const char *p, int depth)
{
	size_t n;

	if (depth > DEPTH_MAX || ++in->refs > REFS_MAX)
		return err_conf(in->err, "%s: option '%s': %%(name)s refers to itself "
		    "or goes too deep", in->opt->at, in->opt->name);
	for (; *p != '\0'; p += n) {
		if (*p != '%') {
			n = strcspn(p, "%");
			buf_put(&in->out, p, n);
		} else if (p[1] == '%') {
			n = 2;
			buf_byte(&in->out, '%');
		} else if ((n = reference(p)) == 0)
			return err_conf(in->err, "%s: option '%s': a lone %% in the value; "
			    "write %%%% for a percent sign", in->opt->at, in->opt->name);
		else if (follow(in, p + 2, n - 4, depth) == -1)
			return -1;
		if (buf_bad(&in->out))
			return err_conf(in->err, "%s: option '%s': the value is too long",
			    in->opt->at, in->opt->name);
	}
	return 0;
}

char *
ini_value(const struct ini *ini, const struct ini_sect *sect, const struct ini_opt *opt,
    struct err *err)
{
	struct interp in = { .ini = ini, .sect = sect, .opt = opt, .err = err };
	char *value = NULL;

	/* room for all that a password may be, so that no growth leaves a copy behind */
	buf_init(&in.out, VALUE_MAX);
	buf_room(&in.out, 4096);
	if (expand(&in, opt->value, 1) == 0)
		value = mem_dup(buf_cstr(&in.out));
	if (in.out.data != NULL)
		explicit_bzero(in.out.data, in.out.cap);
	buf_free(&in.out);
	return value;
}
