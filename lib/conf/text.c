/* Small things done to the text of options: blanks, lists, paths. */
#include "conf/text.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define PATH_LIMIT	65536	/* bytes of an expanded path */

void
list_add(struct list *l, const char *s, size_t len)
{
	l->v = mem_grow(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = mem_ndup(s, len);
}

void
list_free(struct list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	l->v = NULL;
	l->n = 0;
}

int
list_has(const struct list *l, const char *s)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return 1;
	return 0;
}

void
list_split(struct list *l, const char *text, char sep)
{
	const char *p, *end, *next;

	for (p = text; p != NULL; p = next) {
		next = strchr(p, sep);
		end = next != NULL ? next++ : p + strlen(p);
		text_trim(&p, &end);
		if (p < end)
			list_add(l, p, (size_t)(end - p));
	}
}

char *
list_join(const struct list *l)
{
	struct buf b;
	char *s;
	size_t i;

	buf_init(&b, 1u << 20);
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_str(&b, ", ");
		buf_str(&b, l->v[i]);
	}
	s = mem_dup(buf_cstr(&b));
	buf_free(&b);
	return s;
}

size_t
text_blank(const char *s, const char *end)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = (size_t)(end - s);

	if (n == 0)
		return 0;
	if (p[0] == ' ' || (p[0] >= 0x09 && p[0] <= 0x0d) || (p[0] >= 0x1c && p[0] <= 0x1f))
		return 1;
	if (n >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
		return 2;
	if (n < 3)
		return 0;
	/* U+1680, U+2000 to 200A, 2028, 2029, 202F, 205F, 3000 */
	if (p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80)
		return 3;
	if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x80 && p[2] <= 0x8a) ||
	    p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf))
		return 3;
	if ((p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f) ||
	    (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80))
		return 3;
	return 0;
}

void
text_trim(const char **p, const char **end)
{
	const char *q, *last;
	size_t n;

	while ((n = text_blank(*p, *end)) > 0)
		*p += n;
	for (q = last = *p; q < *end; ) {
		if ((n = text_blank(q, *end)) == 0)
			last = q + (n = 1);
		q += n;
	}
	*end = last;
}

void
text_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + ('a' - 'A'));
}

void
text_wipe(char *s)
{
	if (s != NULL)
		freezero(s, strlen(s) + 1);
}

const char *
text_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home != NULL && *home != '\0')
		return home;
	pw = getpwuid(getuid());
	return pw != NULL ? pw->pw_dir : NULL;
}

char *
text_tilde(const char *path)
{
	const char *home = NULL;
	const struct passwd *pw;
	size_t n = strcspn(path, "/");
	char *user;

	if (path[0] != '~')
		return mem_dup(path);
	if (n == 1)
		home = text_home();
	else {
		user = mem_ndup(path + 1, n - 1);
		if ((pw = getpwnam(user)) != NULL)
			home = pw->pw_dir;
		free(user);
	}
	if (home == NULL)
		return mem_dup(path);
	if (home[strspn(home, "/")] == '\0' && path[n] == '/')
		home = "";
	return mem_printf("%s%s", home, path + n);
}

/* The length of the reference at p ("$NAME" or "${NAME}"), 0 if it is none. */
static size_t
reference(const char *p, const char **name, size_t *len)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	if (p[1] == '{') {
		*name = p + 2;
		*len = strcspn(*name, "}");
		return (*name)[*len] == '}' ? *len + 3 : 0;
	}
	*name = p + 1;
	*len = strspn(*name, word);
	return *len > 0 ? *len + 1 : 0;
}

char *
text_path(const char *path)
{
	struct buf b;
	char *start = text_tilde(path), *name, *s;
	const char *p, *var, *val;
	size_t n, len;

	buf_init(&b, PATH_LIMIT);
	for (p = start; *p != '\0'; p += n) {
		n = 1;
		val = NULL;
		if (*p == '$' && (n = reference(p, &var, &len)) > 0) {
			name = mem_ndup(var, len);
			val = getenv(name);
			free(name);
		}
		n = n > 0 ? n : 1;
		if (val != NULL)
			buf_str(&b, val);
		else
			buf_put(&b, p, n);
	}
	s = mem_dup(buf_cstr(&b));
	buf_free(&b);
	free(start);
	return s;
}

char *
text_abspath(const char *path)
{
	char *s = text_path(path), *cwd, *abs;

	if (s[0] == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return s;
	abs = mem_printf("%s/%s", cwd, s);
	free(cwd);
	free(s);
	return abs;
}
