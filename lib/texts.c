/* SPDX-License-Identifier: ISC */
/*
 * Blocks, each twice as large as the one before it: few are small, and large ones leave as one when they are freed. The
 * last one has room left; those before it are full.
 */
#include "texts.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_FIRST	4000	/* bytes of text */
#define BLOCK_MOST	1000000

struct texts_block {
	struct texts_block	*before;
	size_t			 used, room;	/* bytes */
	char			 bytes[];
};

/* With room for at least so much. */
static struct texts_block *
add_block(struct texts *texts, size_t least)
{
	struct texts_block *block;
	size_t room = BLOCK_FIRST;

	if (texts->last != NULL)
		room = 2 * texts->last->room < BLOCK_MOST ? 2 * texts->last->room : BLOCK_MOST;
	if (room < least)
		room = least;
	if ((block = malloc(sizeof(*block) + room)) != NULL) {
		*block = (struct texts_block){ .before = texts->last, .room = room };
		texts->last = block;
	}
	return block;
}

const char *
texts_keep(struct texts *texts, const char *text)
{
	const size_t size = strlen(text) + 1;
	struct texts_block *block = texts->last;
	char *copy;

	if ((block == NULL || block->room - block->used < size) && (block = add_block(texts, size)) == NULL)
		return NULL;
	copy = block->bytes + block->used;
	memcpy(copy, text, size);
	block->used += size;
	return copy;
}

void
texts_free(struct texts *texts)
{
	struct texts_block *before;

	for (struct texts_block *block = texts->last; block != NULL; block = before) {
		before = block->before;
		free(block);
	}
	*texts = (struct texts){ 0 };
}
