/* A whole configuration: accounts that are complete and within their limits, or an error. */
#include <sys/prctl.h>

#include "conf/account.h"
#include "fuzz.h"

static void
check(const struct account *a)
{
	const struct remote *r = &a->remote;

	HOLDS(a->name != NULL && a->statedir != NULL && a->lockfile != NULL);
	HOLDS(a->infosep == ':' || a->infosep == '!');
	HOLDS(r->port > 0 && r->port < 65536 && r->maxconnections >= 1);
	HOLDS(r->nauth != 0 && r->reference != NULL);
	HOLDS(a->local.root != NULL && strlen(a->local.sep) == 1);
}

static void
accounts(struct conf *c)
{
	struct account *a;
	struct err e = { 0 };
	char **names;
	size_t i, n;

	for (i = 0; conf_warning(c, i) != NULL; i++)
		continue;
	if (conf_names(c, NULL, &names, &n, &e) == -1) {
		HOLDS(e.status != 0 && e.text[0] != '\0');
		return;
	}
	for (i = 0; i < n; i++) {
		memset(&e, 0, sizeof(e));
		if (conf_account(c, names[i], &a, &e) == 0)
			check(a);
		else
			HOLDS(a == NULL && e.status != 0 && e.text[0] != '\0');
		account_free(a);
	}
	conf_names_free(names, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size);
	struct err e = { 0 };
	struct conf *c;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (conf_load(&c, path, NULL, 0, &e) == 0)
		accounts(c);
	else
		HOLDS(c == NULL && e.status != 0 && e.text[0] != '\0');
	conf_free(c);
	close(fd);
	/* what looks for leaks at the end could not look otherwise */
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}
