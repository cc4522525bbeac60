/* A queue of lines that spills to a temporary file. */
#include "base/queue.h"

#include <string.h>

#include "base/mem.h"
#include "base/rec.h"

#define CHUNK_MAX	(QUEUE_MEMORY + REC_LINE_MAX + 1)

void
queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	spill_init(&q->spill);
	buf_init(&q->head, 2 * CHUNK_MAX);
	buf_init(&q->tail, CHUNK_MAX);
}

void
queue_free(struct queue *q)
{
	buf_free(&q->head);
	buf_free(&q->tail);
	spill_clear(&q->spill);
}

/* Moves the tail to the end of the file. */
static int
spill(struct queue *q)
{
	if (spill_write(&q->spill, q->tail.data, q->tail.len, q->wpos) == -1)
		return -1;
	q->wpos += (off_t)q->tail.len;
	buf_clear(&q->tail);
	return 0;
}

int
queue_put(struct queue *q, const char *line, size_t len)
{
	if (q->tail.len + len + 1 > QUEUE_MEMORY && q->tail.len != 0 && spill(q) == -1)
		return -1;
	buf_put(&q->tail, line, len);
	buf_byte(&q->tail, '\n');
	ENSURE(!buf_bad(&q->tail));
	q->lines++;
	return 0;
}

/* Brings more lines to the head; there are some. */
static int
refill(struct queue *q)
{
	off_t left = q->wpos - q->rpos;
	struct buf swap;
	ssize_t n;
	char *to;

	buf_drop(&q->head, q->at);
	q->at = 0;
	if (q->rpos == q->wpos) {
		if (q->head.len == 0) {
			swap = q->head;
			q->head = q->tail;
			q->tail = swap;
			q->head.max = 2 * CHUNK_MAX;
			q->tail.max = CHUNK_MAX;
		} else {
			buf_put(&q->head, q->tail.data, q->tail.len);
			buf_clear(&q->tail);
		}
		return 0;
	}
	to = buf_room(&q->head, QUEUE_MEMORY);
	ENSURE(to != NULL);
	n = spill_read(&q->spill, to, left < QUEUE_MEMORY ? (size_t)left : QUEUE_MEMORY, q->rpos);
	if (n == -1)
		return -1;
	q->head.len += (size_t)n;
	q->rpos += n;
	if (q->rpos == q->wpos) {
		/* all read: its space is free again */
		spill_clear(&q->spill);
		q->rpos = q->wpos = 0;
	}
	return 0;
}

int
queue_get(struct queue *q, char **line, size_t *len)
{
	char *lf;

	if (q->lines == 0)
		return 0;
	while (q->at == q->head.len || (lf = memchr(q->head.data + q->at, '\n',
	    q->head.len - q->at)) == NULL)
		if (refill(q) == -1)
			return -1;
	*line = q->head.data + q->at;
	*len = (size_t)(lf - *line);
	*lf = '\0';
	q->at += *len + 1;
	q->lines--;
	return 1;
}
