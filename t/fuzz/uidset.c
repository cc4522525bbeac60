/* Sets of uids: two lines of text, parsed, printed, combined. */
#include "base/uidset.h"
#include "fuzz.h"

static void
text_of(struct uidset *s, size_t max, struct buf *b)
{
	size_t at = 0;

	uidset_sort(s);
	while (at < s->n) {
		if (b->len != 0)
			buf_byte(b, ',');
		uidset_text(s, &at, max, b);
	}
}

/* Printed, in one piece or in many, it reads as the same. */
static void
print(struct uidset *s)
{
	struct uidset back;
	struct buf whole, pieces;
	size_t i;

	uidset_init(&back);
	buf_init(&whole, 1u << 24);
	buf_init(&pieces, 1u << 24);
	text_of(s, SIZE_MAX, &whole);
	text_of(s, 10, &pieces);
	HOLDS(strcmp(buf_cstr(&whole), buf_cstr(&pieces)) == 0);
	HOLDS(s->n == 0 || uidset_parse(&back, buf_cstr(&whole)) == 0);
	uidset_sort(&back);
	HOLDS(back.n == s->n);
	for (i = 0; i < s->n; i++) {
		HOLDS(s->r[i].lo != 0 && s->r[i].lo <= s->r[i].hi);
		HOLDS(i == 0 || s->r[i].lo - 1 > s->r[i - 1].hi);
		HOLDS(back.r[i].lo == s->r[i].lo && back.r[i].hi == s->r[i].hi);
	}
	uidset_free(&back);
	buf_free(&whole);
	buf_free(&pieces);
}

/* One uid and its neighbours: in the results if it should be. */
static void
look(uint32_t uid, struct uidset *a, struct uidset *b, struct uidset *and, struct uidset *minus)
{
	uint64_t u;

	for (u = uid != 0 ? uid - 1 : 0; u <= (uint64_t)uid + 1 && u <= UINT32_MAX; u++) {
		int in_a = uidset_has(a, (uint32_t)u), in_b = uidset_has(b, (uint32_t)u);

		HOLDS(u != 0 || (!in_a && !in_b));
		HOLDS(uidset_has(and, (uint32_t)u) == (in_a && in_b));
		HOLDS(uidset_has(minus, (uint32_t)u) == (in_a && !in_b));
	}
}

static void
combine(struct uidset *a, struct uidset *b)
{
	struct uidset and, minus, part;
	size_t i;

	uidset_init(&and);
	uidset_init(&minus);
	uidset_init(&part);
	uidset_and(&and, a, b);
	uidset_minus(&minus, a, b);
	HOLDS(uidset_count(&and) + uidset_count(&minus) == uidset_count(a));
	for (i = 0; i < a->n; i++) {
		look(a->r[i].lo, a, b, &and, &minus);
		look(a->r[i].hi, a, b, &and, &minus);
	}
	for (i = 0; i < b->n; i++) {
		look(b->r[i].lo, a, b, &and, &minus);
		look(b->r[i].hi, a, b, &and, &minus);
	}
	if (b->n != 0) {
		uidset_part(&part, a, b->r[0].lo, b->r[0].hi);
		HOLDS(uidset_count(&part) <= uidset_count(&and));
	}
	print(&and);
	print(&minus);
	uidset_free(&and);
	uidset_free(&minus);
	uidset_free(&part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct food f = { data, size };
	struct uidset a, b;
	uint32_t validity;
	char *one = food_line(&f), *other = food_line(&f);

	uidset_init(&a);
	uidset_init(&b);
	uidset_parse(&a, one);		/* what was read before an error is a set, too */
	uidset_parse(&b, other);
	print(&a);
	print(&b);
	combine(&a, &b);
	combine(&b, &a);
	uidset_clear(&a);
	if (uidset_parse_id(&a, one, &validity) == 0)
		HOLDS(validity != 0 && uidset_count(&a) != 0);
	uidset_free(&a);
	uidset_free(&b);
	free(one);
	free(other);
	return 0;
}
