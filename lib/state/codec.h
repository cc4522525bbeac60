/*
 * The bytes of keys and values.  All integers are big-endian; a string is its
 * length (2 bytes), its bytes and a NUL that the length does not count; every value
 * starts with the version of its layout, CODEC_VERSION.  In brackets what is there only
 * if its bit says so.
 *
 *   name    key    side 1 ('r' or 'l'), SHA-256 of the name 32
 *           value  id 4 (no version)
 *   folder  key    id 4
 *           value  version 1, gen 8, validity 4, bits 1 (1 rhead, 2 cur, 4 new, 8 rules,
 *                  16 mailboxid, 32 past, 64 age), [next 4, count 8, modseq 8], [cur: dev ino mtime ctime, 8
 *                  each], [new: the same], written_at 8, lastfull 8, rung 1, distrust 1,
 *                  rows 8, kept 8, intents 8, [past 4, was 8],
 *                  [age 1: 1 renewed, 2 old], remote string, local string,
 *                  [rules string], [mailboxid string]
 *   msg     key    folder 4, uid 4
 *           value  version 1, flags 1, kept 1, bits 1 (1 digest, 2 name, 4 kwset, 8 objid),
 *                  size 8, date 8, [digest 16], [name string], [kwset 8], [objid string]
 *   intent  key    folder 4, SHA-256 of the name 32
 *           value  version 1, bits 1 (1 digest, 2 refused, 4 why, 8 archive, 16 later, 32 stored), gen 8,
 *                  validity 4, next 4, size 8, date 8, [digest 16], name string, [why string]
 *   kw      key    folder 4, bit 1             value  the keyword (reserved)
 *   log     key    number 8                    value  the line
 *   meta    key    text                        value  format 4; generation 8; nextid 4;
 *                                                     account: text
 */
#ifndef STATE_CODEC_H
#define STATE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "state/folder.h"
#include "state/intent.h"
#include "state/msg.h"

#define CODEC_VERSION	1
#define CODEC_VALUE_MAX	(6u * 65536)	/* bytes; no value is longer */
#define CODEC_NAMEKEY	33
#define CODEC_MSGKEY	8
#define CODEC_INTENTKEY	36

/* The lowest n bytes of a number, big-endian; and back. */
void	 codec_put(unsigned char *, uint64_t, size_t n);
uint64_t codec_get(const unsigned char *, size_t n);

void	 codec_name_key(unsigned char [CODEC_NAMEKEY], char side, const char *name);
void	 codec_msg_key(unsigned char [CODEC_MSGKEY], uint32_t folder, uint32_t uid);
void	 codec_intent_key(unsigned char [CODEC_INTENTKEY], uint32_t folder, const char *name);

/*
 * Values.  Encoding appends to the buffer: 0, or -1 if a string is longer than 65535 bytes
 * or a number does not fit.  Decoding: 0, or -1 for an unknown version, unknown bits,
 * numbers or words, and any length but the exact one.  The id of a folder and the
 * uid of a row are in their keys and left alone here; a folder is to be all 0 before.
 */
int	 codec_folder(struct buf *, const struct state_folder *);
int	 codec_folder_read(struct state_folder *, const void *, size_t);	/* copies the strings */
int	 codec_msg(struct buf *, const struct state_msg *);
int	 codec_msg_read(struct state_msg *, const void *, size_t);	/* borrows the strings */
int	 codec_intent(struct buf *, const struct state_intent *);
int	 codec_intent_read(struct state_intent *, const void *, size_t);	/* borrows */

#endif
