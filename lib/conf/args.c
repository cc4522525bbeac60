/* The options that all tools share. */
#include "conf/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/text.h"

int
args_add(struct args *a, int ch, char *value)
{
	switch (ch) {
	case 'a':
		a->account = value;
		return 1;
	case 'c':
		a->conffile = value;
		return 1;
	case 'd':
		a->debug++;
		return 1;
	case 'k':
		a->overrides = mem_grow(a->overrides, a->noverrides + 1, sizeof(*a->overrides));
		a->overrides[a->noverrides++] = value;
		return 1;
	default:
		return 0;
	}
}

void
args_free(struct args *a)
{
	free(a->overrides);
	memset(a, 0, sizeof(*a));
}

int
args_open(struct args *args, struct conf **c, struct account **a, struct err *err)
{
	struct list l = { NULL, 0 };
	char *all;
	int rc;

	*a = NULL;
	if (conf_load(c, args->conffile, args->overrides, args->noverrides, err) == -1)
		return -1;
	if (args->account != NULL)
		rc = conf_account(*c, args->account, a, err);
	else if ((rc = conf_names(*c, NULL, &l.v, &l.n, err)) == 0 && l.n == 1)
		rc = conf_account(*c, l.v[0], a, err);
	else if (rc == 0) {
		all = list_join(&l);
		rc = err_conf(err, "%s: there are several accounts (%s); choose one with -a",
		    conf_file(*c), all);
		free(all);
	}
	list_free(&l);
	if (rc == -1) {
		conf_free(*c);
		*c = NULL;
	}
	return rc;
}

char **
args_argv(const struct args *a, const char *tool, const char *account, int extra, int *argc)
{
	size_t i, n = 0;
	const char **v = mem_alloc((6 + 2 * a->noverrides + (size_t)extra) * sizeof(*v));

	v[n++] = tool;
	account = account != NULL ? account : a->account;
	if (account != NULL) {
		v[n++] = "-a";
		v[n++] = account;
	}
	if (a->conffile != NULL) {
		v[n++] = "-c";
		v[n++] = a->conffile;
	}
	for (i = 0; i < a->noverrides; i++) {
		v[n++] = "-k";
		v[n++] = a->overrides[i];
	}
	*argc = (int)n;
	/* as execv(3) wants it; nobody writes to them */
	return (char **)v;
}
