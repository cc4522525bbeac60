/*
 * Rows of OfflineIMAP's SQLite LocalStatus, as localstatus gets them: a byte that says how many
 * bytes of uid follow, another one for the flags.  What is printed of them reads as the same.
 */
#include "base/buf.h"
#include "base/flags.h"
#include "fuzz.h"
#include "state/localstatus.h"

#define ROWS	64

struct row {
	int64_t		 uid;
	const char	*flags;
	size_t		 n;
};

static void
take(struct row *row, struct food *food)
{
	row->uid = (int64_t)food_number(food, food_byte(food) % 9);
	row->n = food_byte(food) % 64;
	if (row->n > food->n)
		row->n = food->n;
	row->flags = (const char *)food->p;
	food->p += row->n;
	food->n -= row->n;
}

static const struct row *
find(const struct row *rows, size_t n, int64_t uid)
{
	for (; n != 0; n--, rows++)
		if (rows->uid == uid)
			return rows;
	return NULL;
}

/* A message has the flags that we know of its row's letters. */
static void
check(const struct foreign_msg *m, const struct row *row)
{
	unsigned flags = 0;
	size_t i;

	HOLDS(row != NULL && m->near == row->uid);
	for (i = 0; i < row->n; i++)
		flags |= flags_bit(row->flags[i]);
	HOLDS(m->flags == flags);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food food = { data, size };
	struct row rows[ROWS], *row;
	char line[LOCALSTATUS_LINE];
	struct foreign f = { 0 };
	struct err e = { 0 };
	size_t n = 0, i;
	struct buf out;

	buf_init(&out, sizeof(line) * (ROWS + 1));
	buf_str(&out, LOCALSTATUS_MAGIC "2\n");
	while (n < ROWS && food.n != 0) {
		row = &rows[n];
		take(row, &food);
		/* the column is the table's key */
		if (localstatus_line(line, row->uid, row->flags, row->n) == -1 || find(rows, n, row->uid) != NULL)
			continue;
		HOLDS(strchr(line, '\n') == line + strlen(line) - 1);
		buf_str(&out, line);
		n++;
	}
	HOLDS(localstatus_parse(&f, "status", out.data, out.len, &e) == 0 && f.n == n);
	for (i = 0; i < f.n; i++)
		check(&f.msg[i], find(rows, n, f.msg[i].far));
	foreign_free(&f);
	buf_free(&out);
	return 0;
}
