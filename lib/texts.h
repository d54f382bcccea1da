/* SPDX-License-Identifier: ISC */
/*
 * Many short texts, kept close together: a hundred thousand names take what they need and no more. Pure.
 */
#ifndef DYNLEASE_TEXTS_H
#define DYNLEASE_TEXTS_H

struct texts_block;

/* Zero it to begin; free with texts_free(). */
struct texts {
	struct texts_block	*last;
};

const char	*texts_keep(struct texts *, const char *text);	/* a copy, which stays where it is; NULL: no memory */
void		 texts_free(struct texts *);

#endif
