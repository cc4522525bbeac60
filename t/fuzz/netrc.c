/* ~/.netrc, where a password may be for a user or for any. */
#include "base/buf.h"
#include "conf/netrc.h"
#include "fuzz.h"

static void
find(const char *path, const char *user)
{
	struct err e = { 0 };
	struct buf pass;
	char *login = NULL;
	int got;

	buf_init(&pass, 1u << 16);
	got = netrc_find(path, 0, "localhost", user, &login, &pass, &e);
	HOLDS(got >= 0);
	if (got == 1 && user != NULL && login != NULL)
		HOLDS(strcmp(login, user) == 0);
	free(login);
	buf_free(&pass);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size);
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	find(path, NULL);
	find(path, "me");
	close(fd);
	return 0;
}
