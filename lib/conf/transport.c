/* Which command speaks to the server for a tool. */
#include "conf/transport.h"

#include <stdint.h>

#include "base/mem.h"

char **
transport_argv(const struct args *args, const struct account *a, const char *command, int *timeout)
{
	static char shell[] = "/bin/sh", dash_c[] = "-c";
	char **v;
	int argc;

	*timeout = command != NULL ? a->socktimeout : 0;
	if (command == NULL)
		return args_argv(args, "imap-connect", a->name, 0, &argc);
	v = mem_alloc(4 * sizeof(*v));
	v[0] = shell;
	v[1] = dash_c;
	v[2] = (char *)(uintptr_t)command;
	return v;
}
