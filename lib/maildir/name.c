/* Message file names (OfflineIMAP's form). */
#include "maildir/name.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOST_MAX	64

/* A letter of an info part: what Python's \w takes of ASCII, whatever the locale. */
static int
is_letter(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '_';
}

/* Where the info part of a file name starts, or NULL. */
static const char *
find_info(const char *file, int infosep)
{
	const char *p = file, *other;

	for (; *p != '\0'; p++) {
		other = infosep != ':' ? strchr(p, infosep) : NULL;
		p = strchr(p, ':');
		if (p == NULL || (other != NULL && other < p))
			p = other;
		if (p == NULL || (p[1] == '2' && p[2] == ','))
			return p;
	}
	return NULL;
}

/* The number behind the first ",U=" that has digits; 0 if it is no uid. */
static uint32_t
find_uid(const char *base, const char *end)
{
	uint64_t n = 0;
	const char *p;

	for (p = base; (p = memchr(p, ',', (size_t)(end - p))) != NULL; p++)
		if (end - p > 3 && p[1] == 'U' && p[2] == '=' && isdigit((unsigned char)p[3]))
			break;
	if (p == NULL)
		return 0;
	for (p += 3; p < end && isdigit((unsigned char)*p); p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return 0;
	}
	return (uint32_t)n;
}

/* 1 if a base name (n bytes) has the ,FMD5= of this folder: mostly at its end. */
static int
is_ours(const char *base, size_t n, const char *fmd5)
{
	char mine[6 + 32] = ",FMD5=";

	memcpy(mine + 6, fmd5, 32);
	return (n >= sizeof(mine) && memcmp(base + n - sizeof(mine), mine, sizeof(mine)) == 0) ||
	    memmem(base, n, mine, sizeof(mine)) != NULL;
}

int
name_parse(const char *file, int infosep, const char *fmd5, struct mdname *name)
{
	const char *info, *p;

	memset(name, 0, sizeof(*name));
	if (*file == '\0' || *file == '.')
		return -1;
	info = find_info(file, infosep);
	name->base = info != NULL ? (size_t)(info - file) : strlen(file);
	if (info != NULL)
		for (p = info + 3; is_letter(*p); p++)
			name->flags |= flags_bit(*p);
	if (fmd5 == NULL || strlen(fmd5) != 32)
		return 0;
	if (is_ours(file, name->base, fmd5))
		name->uid = find_uid(file, file + name->base);
	return 0;
}

/* Makes a machine's name one that can stand in a base name. */
static void
clean_host(char host[HOST_MAX + 1])
{
	char *p;

	host[HOST_MAX] = '\0';
	if (host[0] == '\0')
		strlcpy(host, "localhost", HOST_MAX + 1);
	for (p = host; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr(".-_", *p) == NULL)
			*p = '-';
}

static char		own_host[HOST_MAX + 1];
static pthread_once_t	own_once = PTHREAD_ONCE_INIT;

/* Asked once: a first sync makes names by the 100,000. */
static void
ask_host(void)
{
	if (gethostname(own_host, sizeof(own_host)) == -1)
		own_host[0] = '\0';
	clean_host(own_host);
}

void
name_new(struct buf *out, time_t when, uint32_t uid, const char *fmd5, const char *host)
{
	static atomic_uint seq;
	char given[HOST_MAX + 1];
	const char *name = given;

	if (host == NULL) {
		pthread_once(&own_once, ask_host);
		name = own_host;
	} else {
		strlcpy(given, host, sizeof(given));	/* cut is fine: it only tells machines apart */
		clean_host(given);
	}
	/* Counting on through all seconds keeps names apart when the clock steps back. */
	buf_printf(out, "%lld_%u.%ld.%s,U=%u,FMD5=%s", (long long)when,
	    atomic_fetch_add(&seq, 1), (long)getpid(), name, uid, fmd5);
}

/* A base name without its ,U= and ,FMD5= parts. */
static void
put_rest(struct buf *out, const char *base)
{
	size_t n;

	for (; *base != '\0'; base += n) {
		n = 1 + strcspn(base + 1, ",");
		if (strncmp(base, ",U=", 3) != 0 && strncmp(base, ",FMD5=", 6) != 0)
			buf_put(out, base, n);
	}
}

int
name_without_uid(struct buf *out, const char *base)
{
	size_t start = out->len;

	put_rest(out, base);
	if (out->len != start && out->data[start] != '.')
		return 0;
	out->len = start;
	return -1;
}

int
name_with_uid(struct buf *out, const char *base, uint32_t uid, const char *fmd5)
{
	size_t n = strlen(base), start = out->len;

	/* with ours behind it, its end would begin an info part */
	if (n >= 2 && base[n - 1] == '2' && strchr(":!", base[n - 2]) != NULL)
		return -1;
	put_rest(out, base);
	buf_printf(out, ",U=%u,FMD5=%s", uid, fmd5);
	if (out->len - start <= NAME_BASE_MAX)
		return 0;
	out->len = start;
	return -1;
}

void
name_info(struct buf *out, const char *info, int infosep, unsigned add, unsigned del)
{
	unsigned char has[128] = { 0 };
	const char *p = info;
	unsigned bit;
	int c;

	buf_byte(out, infosep);
	buf_str(out, "2,");
	if (*p != '\0')
		for (p += 3; is_letter(*p); p++)
			has[(unsigned char)*p] = 1;
	for (c = 0; c < 128; c++) {
		bit = flags_bit((char)c);
		if (bit != 0 ? (has[c] && !(del & bit)) || (add & bit) : has[c])
			buf_byte(out, c);
	}
	buf_str(out, p);
}

int
name_prefer(const char *file, int where, const char *file2, int where2)
{
	size_t n = strlen(file), n2 = strlen(file2);

	if (where != where2)
		return where == 'c' ? -1 : 1;
	if (n != n2)
		return n > n2 ? -1 : 1;
	return -strcmp(file, file2);
}
