/* File names of messages: taken apart, put together, compared. */
#include "fuzz.h"
#include "maildir/name.h"

#define FMD5	"7e33429f656f1e6e9d79b29c3f82c57e"	/* of INBOX */

/* Flags change as told; all else of the name stays, however often it is done. */
static void
info(const char *file, const struct mdname *n, int sep, unsigned add, unsigned del)
{
	struct buf name, again;
	struct mdname now;

	buf_init(&name, 1u << 24);
	buf_init(&again, 1u << 24);
	buf_put(&name, file, n->base);
	name_info(&name, file + n->base, sep, add, del);
	HOLDS(name_parse(buf_cstr(&name), sep, FMD5, &now) == 0);
	HOLDS(now.base == n->base && now.uid == n->uid);
	HOLDS(now.flags == ((n->flags & ~del) | add));
	buf_put(&again, name.data, now.base);
	name_info(&again, buf_cstr(&name) + now.base, sep, 0, 0);
	HOLDS(strcmp(buf_cstr(&name), buf_cstr(&again)) == 0);
	buf_free(&name);
	buf_free(&again);
}

/* A message that got its uid: the name tells it, and stays as it is when it gets it again. */
static void
uid(const char *file, const struct mdname *n, int sep, uint32_t number)
{
	char *base = mem_ndup(file, n->base);
	struct buf name, again;
	struct mdname now;

	buf_init(&name, 1u << 24);
	buf_init(&again, 1u << 24);
	if (name_with_uid(&name, base, number, FMD5) == 0) {
		HOLDS(name.len <= NAME_BASE_MAX);
		HOLDS(name_parse(buf_cstr(&name), sep, FMD5, &now) == 0);
		HOLDS(now.base == name.len && now.uid == number && now.flags == 0);
		HOLDS(name_with_uid(&again, buf_cstr(&name), number, FMD5) == 0);
		HOLDS(strcmp(buf_cstr(&name), buf_cstr(&again)) == 0);
	} else
		HOLDS(name.len == 0);
	buf_free(&name);
	buf_free(&again);
	free(base);
}

/* A fresh name, whatever the machine is called. */
static void
fresh(const char *host, uint32_t number)
{
	struct mdname now;
	struct buf name;

	buf_init(&name, 1u << 16);
	name_new(&name, 1700000000, number, FMD5, host);
	HOLDS(strchr(buf_cstr(&name), '/') == NULL && name.len <= NAME_BASE_MAX);
	HOLDS(name_parse(buf_cstr(&name), ':', FMD5, &now) == 0);
	HOLDS(now.base == name.len && now.uid == number);
	buf_free(&name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	unsigned bits = food_byte(&f), add = bits & FLAG_ALL, del = food_byte(&f) & FLAG_ALL & ~add;
	int sep = bits & 128 ? '!' : ':', order;
	uint32_t number = (uint32_t)food_number(&f, 4);
	char *file = food_line(&f), *other = food_line(&f);
	struct mdname n;

	if (name_parse(file, sep, FMD5, &n) == 0) {
		HOLDS(n.base <= strlen(file) && (n.flags & ~(unsigned)FLAG_ALL) == 0);
		info(file, &n, sep, add, del);
		uid(file, &n, sep, number);
	}
	fresh(other, number);
	order = name_prefer(file, 'c', other, 'c');
	HOLDS((order == 0) == (strcmp(file, other) == 0));
	HOLDS((order < 0) == (name_prefer(other, 'c', file, 'c') > 0));
	HOLDS(name_prefer(file, 'c', other, 'n') < 0 && name_prefer(file, 'n', other, 'c') > 0);
	free(file);
	free(other);
	return 0;
}
