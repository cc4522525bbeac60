/* Values of the state: whatever the file holds is a row that is written back as it was, or an error. */
#include "fuzz.h"
#include "state/codec.h"

static void
same(const struct buf *b, int written, const uint8_t *p, size_t n)
{
	HOLDS(written == 0);
	HOLDS(b->len == n && memcmp(b->data, p, n) == 0);
}

static void
folder(const uint8_t *p, size_t n, struct buf *b)
{
	struct state_folder f = { 0 };

	if (codec_folder_read(&f, p, n) == 0) {
		HOLDS(f.remote != NULL && f.local != NULL);
		same(b, codec_folder(b, &f), p, n);
	}
	state_folder_free(&f);
}

static void
msg(const uint8_t *p, size_t n, struct buf *b)
{
	struct state_msg m = { 0 };

	if (codec_msg_read(&m, p, n) == -1)
		return;
	HOLDS(state_kept_word(m.kept) != NULL || (m.kept == KEPT_NO && m.name != NULL));
	same(b, codec_msg(b, &m), p, n);
}

static void
intent(const uint8_t *p, size_t n, struct buf *b)
{
	struct state_intent it = { 0 };

	if (codec_intent_read(&it, p, n) == -1)
		return;
	HOLDS(it.name != NULL);
	same(b, codec_intent(b, &it), p, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(const uint8_t *, size_t, struct buf *) = { folder, msg, intent };
	struct food f = { data, size };
	unsigned kind = food_byte(&f) % 3;
	struct buf b;

	buf_init(&b, CODEC_VALUE_MAX);
	kinds[kind](f.p, f.n, &b);
	buf_free(&b);
	return 0;
}
