/* The module for TLS, loaded when it is needed. */
#include "net/tls.h"

#include <dlfcn.h>
#include <string.h>

static const struct tls_module *module;

/* It lies beside the program, where the run path leads (see the Makefile). */
static int
load(struct err *e)
{
	const struct tls_module *found = NULL;
	void *so;

	if (module != NULL)
		return 0;
	if ((so = dlopen("tls.so", RTLD_NOW)) == NULL || (found = dlsym(so, "tls_module")) == NULL)
		return err_fail(e, "no TLS without its module, which \"make install\" puts into"
		    " lib/offlineimap beside bin: %s", dlerror());
	if (strcmp(found->version, VERSION) != 0)
		return err_fail(e, "no TLS: lib/offlineimap/tls.so is of version %s, this is %s;"
		    " \"make install\" puts both in place", found->version, VERSION);
	module = found;
	return 0;
}

struct chan *
tls_new(const struct net_server *s, struct err *e)
{
	return load(e) == -1 ? NULL : module->prepare(s, e);
}

int
tls_start(struct chan *c, int fd, struct err *e)
{
	return module->start(c, fd, e);
}
