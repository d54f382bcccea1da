/* SPDX-License-Identifier: ISC */
/*
 * Blocks of about a page. The last one has room left; those before it are full.
 */
#include "texts.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK	4000	/* bytes of text */

struct texts_block {
	struct texts_block	*before;
	size_t			 used, room;	/* bytes */
	char			 bytes[];
};

static struct texts_block *
add_block(struct texts *texts, size_t room)
{
	struct texts_block *block = malloc(sizeof(*block) + room);

	if (block != NULL) {
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

	if ((block == NULL || block->room - block->used < size) &&
	    (block = add_block(texts, size > BLOCK ? size : BLOCK)) == NULL)
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
